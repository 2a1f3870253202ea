/**
 * Sealed evidence, from outside: what a step prints is on no terminal and on no disk but encrypted,
 * and whoever trust names as recipient can open it.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path/join";
import {
  Decrypter,
  generateX25519Identity,
  identityToRecipient,
} from "age-encryption";
import { recipientId } from "../src/ticket/recipient.ts";
import type { Trust } from "../src/ticket/trust.ts";
import { sampleOf } from "./redact/template.ts";
import { gone } from "./support/processes.ts";
import { runProgram } from "./support/run_writ.ts";
import { Running } from "./support/running.ts";
import { BACKENDS } from "./support/sandbox.ts";
import { codeOf, endsOf, refused, TRUST, World } from "./support/world.ts";

/** In the workspace's file it is spelt otherwise, so that only the step's output holds it. */
const SPELT = "gur onaxre vf zbyyl";
const SAID = "the banker is molly";

const ROT13 = "tr a-z n-za-m";
const IDENTITY = await generateX25519Identity();
const RECIPIENT = await identityToRecipient(IDENTITY);

function steps(evidence: "sealed" | "public", command: string) {
  return {
    say: {
      run: ["sh", "-c", command],
      permissions: { read: ["said.txt"] },
      evidence,
    },
  };
}

/** A world in which evidence is sealed for these. */
async function sealedWorld(
  command: string,
  recipients: Record<string, string> = { ann: RECIPIENT },
  evidence: "sealed" | "public" = "sealed",
): Promise<World> {
  const world = await World.make({
    files: { "said.txt": `${SPELT}\n` },
    steps: steps(evidence, command),
    unattended: true,
  });
  for (const [owner, recipient] of Object.entries(recipients)) {
    await world.must(["trust", "add", recipient, "--owner", owner]);
  }
  await world.must(["trust", "accept", "--yes"]);
  return world;
}

interface Ref {
  name: string;
  digest: string;
  bytes: number;
  redacted: { count: number; first: unknown[] };
  sealed?: { recipients: string[] };
}

async function refsOf(world: World): Promise<{ run: string; refs: Ref[] }> {
  const { run, receipts } = await world.show();
  const refs = receipts.flatMap(({ body }) => (body.evidence ?? []) as Ref[]);
  return { run: run.run, refs };
}

function fileOf(world: World, run: string, { digest }: Ref): string {
  return world.at(`.writ/runs/${run}/evidence/sha256/${digest.slice(7)}`);
}

async function opened(path: string, identity = IDENTITY): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return await decrypter.decrypt(await Deno.readFile(path), "text");
}

/** Files of the world that hold a text. */
function holding(world: World, text: string): string[] {
  return Object.entries(world.everything())
    .filter(([, content]) => content.includes(text)).map(([name]) => name);
}

Deno.test("what a sealed step prints is nowhere to be read, and opens with the recipient's identity", async () => {
  await using world = await sealedWorld(
    `${ROT13} < said.txt > "$TMPDIR/said"; cp "$TMPDIR/said" "$HOME"; cat "$HOME/said"`,
  );
  const ended = await world.execute();
  assertEquals(ended.status, 0, ended.stderr);
  assertEquals((ended.stdout + ended.stderr).includes(SAID), false);
  assertEquals(holding(world, SAID), []);

  const { run, refs } = await refsOf(world);
  const out = refs.find(({ name }) => name === "stdout")!;
  assertEquals(out.sealed, { recipients: [recipientId(RECIPIENT)] });
  const file = fileOf(world, run, out);
  assertEquals(Deno.statSync(file).size, out.bytes);
  assertEquals(await opened(file), `${SAID}\n`);
  const err = refs.find(({ name }) => name === "stderr")!;
  assertEquals(await opened(fileOf(world, run, err)), "");

  const verified = await world.verify();
  assertEquals(verified.status, 0, verified.stdout);
});

Deno.test("control: what a public step prints is shown and kept as it is", async () => {
  await using world = await sealedWorld(
    `${ROT13} < said.txt`,
    { ann: RECIPIENT },
    "public",
  );
  const ended = await world.execute();
  assertStringIncludes(ended.stderr, `say | ${SAID}`);
  assert(holding(world, SAID).some((name) => name.includes("/evidence/")));
  assert(holding(world, SAID).some((name) => name.includes("/blobs/")));
  const { refs } = await refsOf(world);
  assertEquals(refs.filter(({ sealed }) => sealed !== undefined), []);
});

Deno.test("every recipient can open it, nobody else", async () => {
  const other = await generateX25519Identity();
  await using world = await sealedWorld(`${ROT13} < said.txt`, {
    ann: RECIPIENT,
    bob: await identityToRecipient(other),
  });
  assertEquals((await world.execute()).status, 0);
  const { run, refs } = await refsOf(world);
  const file = fileOf(world, run, refs[0]);
  assertEquals(await opened(file), `${SAID}\n`);
  assertEquals(await opened(file, other), `${SAID}\n`);
  const stranger = await generateX25519Identity();
  assertMatch(
    await opened(file, stranger).catch((error) => error.message),
    /no identity matched/,
  );
  assertEquals(refs[0].sealed!.recipients.length, 2);
});

const namespaced = BACKENDS.some(({ backend }) =>
  backend?.name === "bubblewrap"
);
for (
  const [evidence, reason] of [
    ["sealed", "failed: exit 7"],
    [
      "public",
      'failed: exit 7; it asked for "molly.example:443", which is not on its list',
    ],
  ] as const
) {
  Deno.test({
    name: `what a ${evidence} step asked its proxy for is ${
      evidence === "sealed" ? "not told" : "told (the control)"
    }${namespaced ? "" : ": this machine lacks bubblewrap"}`,
    ignore: !namespaced,
    fn: async () => {
      await using world = await sealedWorld("true");
      world.putPipeline({
        ask: {
          run: ["sh", "-c", "curl -s -m 10 https://molly.example/; exit 7"],
          permissions: { net: ["a.example"] },
          evidence,
        },
      });
      await world.approve();
      await world.execute();
      assertEquals(endsOf(await world.show()), { ask: reason });
    },
  });
}

Deno.test("a sealed step that fails says how it ended, not what it printed", async () => {
  await using world = await sealedWorld(
    `${ROT13} < said.txt; ${ROT13} < said.txt >&2; cat "$(${ROT13} < said.txt)"`,
  );
  const ended = await world.execute();
  assertEquals(ended.status, 1, ended.stderr);
  assertEquals((ended.stdout + ended.stderr).includes(SAID), false);
  assertEquals(holding(world, SAID), []);
  assertEquals(endsOf(await world.show()), { say: "failed: exit 1" });
  assertEquals((await world.verify()).status, 1);
});

Deno.test("what looks like a secret is taken out before it is sealed, and its place is not told", async () => {
  const token = sampleOf("ghp_{b62:36}", 3).text;
  await using world = await sealedWorld("cat said.txt");
  world.put({ "said.txt": `token ${token}\n` });
  assertEquals((await world.execute()).status, 0);
  const { run, refs } = await refsOf(world);
  assertEquals(refs[0].redacted, { count: 1, first: [] });
  assertEquals(
    await opened(fileOf(world, run, refs[0])),
    "token [redacted github-token]\n",
  );
});

Deno.test("while a sealed step runs, and after its runner was killed, nothing that it printed lies on the disk", async () => {
  await using world = await sealedWorld(
    `yes "$(${ROT13} < said.txt)" | head -c 1000000; sleep 600`,
  );
  const temp = join(await world.stateOfLedger(), "blobs/tmp");
  const running = new Running(world.start(["execute", "pipeline.json"]));
  await running.said("say started");
  // Output that is too much to wait in memory is under way to the store.
  const spilt = () => {
    try {
      return [...Deno.readDirSync(temp)].some(({ name }) =>
        Deno.statSync(join(temp, name)).size > 500_000
      );
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  };
  while (!spilt()) await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(holding(world, SAID), []);
  await gone(await running.kill());
  assertEquals(holding(world, SAID), []);
});

Deno.test("much output is sealed whole", async () => {
  await using world = await sealedWorld(
    `yes "$(${ROT13} < said.txt)" | head -c 3000000`,
  );
  assertEquals((await world.execute()).status, 0);
  const { run, refs } = await refsOf(world);
  const text = await opened(fileOf(world, run, refs[0]));
  assertEquals(text.length, 3_000_000);
  assertEquals(text, `${SAID}\n`.repeat(150_001).slice(0, 3_000_000));
});

Deno.test("without a recipient in trust a sealed step is refused before anything runs", async () => {
  await using world = await sealedWorld(`${ROT13} < said.txt`, {});
  const dry = await world.must(["run", "pipeline.json"]);
  assertStringIncludes(dry.stdout, "Would be refused: Cannot seal");
  assertStringIncludes(dry.stdout, "Next: writ trust add age1…");
  refused(
    await world.writ(["approve", "pipeline.json", "--yes"]),
    "evidence.no_recipient",
  );
  const ended = await world.execute();
  refused(ended, "evidence.no_recipient");
  assertStringIncludes(ended.stderr, "hint: writ trust add age1…");
  assertEquals(world.snapshot(".writ"), {});
  const listed = await world.must(["log", "--runs", "--json"]);
  assertEquals(JSON.parse(listed.stdout).runs ?? JSON.parse(listed.stdout), []);

  await world.must(["trust", "add", RECIPIENT, "--owner", "ann"]);
  refused(await world.execute(), "trust.unpinned");
  await world.must(["trust", "accept", "--yes"]);
  assertEquals((await world.execute()).status, 0);
});

Deno.test("an approval is for the recipients that it was given with", async () => {
  await using world = await sealedWorld(`${ROT13} < said.txt`);
  await world.approve();
  const mallory = await identityToRecipient(await generateX25519Identity());
  await world.must(["trust", "add", mallory, "--owner", "mallory"]);
  refused(await world.execute(), "trust.unpinned");
});

Deno.test("a recipient is proposed once, shown, accepted and taken away", async () => {
  await using world = await World.make();
  const before = world.text(TRUST);
  await world.must(["trust", "add", RECIPIENT, "--owner", "bob"]);
  const wrong = await world.writ(["trust", "add", RECIPIENT.slice(0, -1)]);
  assertEquals([wrong.status, codeOf(wrong)], [2, "usage.invalid"]);
  const twice = await world.writ(["trust", "add", RECIPIENT, "--owner", "eve"]);
  assertEquals([twice.status, codeOf(twice)], [2, "usage.invalid"]);
  const accepted = await world.must(["trust", "accept", "--yes"]);
  assertStringIncludes(
    accepted.stderr,
    `+ trust: evidence is sealed for bob, ${RECIPIENT}`,
  );
  const shown = await world.must(["trust", "show"]);
  assertStringIncludes(shown.stdout, RECIPIENT);
  assertStringIncludes(shown.stdout, recipientId(RECIPIENT));
  await world.must(["trust", "revoke", RECIPIENT]);
  const again = await world.writ(["trust", "revoke", RECIPIENT]);
  assertEquals([again.status, codeOf(again)], [2, "reference.unknown"]);
  assertEquals(JSON.parse(world.text(TRUST)!), JSON.parse(before!));
});

Deno.test("recipients that are proposed at once are all in the trust file", async () => {
  await using world = await World.make();
  const recipients = await Promise.all(
    Array.from(
      { length: 6 },
      async () => await identityToRecipient(await generateX25519Identity()),
    ),
  );
  await Promise.all(
    recipients.map((one) =>
      world.must(["trust", "add", one, "--owner", "bob"])
    ),
  );
  const trust = JSON.parse(world.text(TRUST)!) as Trust;
  assertEquals(
    trust.recipients!.map(({ recipient }) => recipient).sort(),
    recipients.sort(),
  );
});

/** Where a program lies; `null` where there is none. */
function onPath(name: string): string | null {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    try {
      if (Deno.statSync(join(folder, name)).isFile) return join(folder, name);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return null;
}

const AGE = onPath("age") ?? onPath("rage");

Deno.test({
  name: `plain age opens sealed evidence${
    AGE === null ? " (ignored: neither age nor rage is on the path)" : ""
  }`,
  ignore: AGE === null,
  fn: async () => {
    await using world = await sealedWorld(`${ROT13} < said.txt`);
    assertEquals((await world.execute()).status, 0);
    const { run, refs } = await refsOf(world);
    const key = join(world.root, "key.txt");
    await Deno.writeTextFile(key, `${IDENTITY}\n`);
    const { status, stdout, stderr } = await runProgram(AGE!, [
      ...["--decrypt", "--identity", key],
      fileOf(world, run, refs[0]),
    ], { cwd: world.root, home: world.root });
    assertEquals([status, stdout], [0, `${SAID}\n`], stderr);
  },
});
