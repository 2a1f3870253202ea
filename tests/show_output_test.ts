/**
 * `show --step`: which steps a run has, and with `--output` what one printed.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import {
  Decrypter,
  generateX25519Identity,
  identityToRecipient,
} from "age-encryption";
import { recipientId } from "../src/ticket/recipient.ts";
import { sampleOf } from "./redact/template.ts";
import { collect, gcWorld, later, pieces } from "./support/gc_world.ts";
import { executeHere, interrupted } from "./support/interrupted.ts";
import type { Ended } from "./support/run_writ.ts";
import { codeOf, runOf, World } from "./support/world.ts";

/** A world whose steps wait for nobody. */
function freeWorld(
  steps: Record<string, unknown>,
  files: Record<string, string> = {},
): Promise<World> {
  return World.make({ files, steps, unattended: true });
}

/** What `show --step STEP --output` prints some days from now. */
function printed(
  world: World,
  step: string,
  { run = "latest", days = 0 }: { run?: string; days?: number } = {},
): Promise<Ended> {
  return later(world, days, ["show", run, "--step", step, "--output"]);
}

/** Asserts what it printed: its answer, its talk. */
async function prints(
  world: World,
  step: string,
  stdout: string,
  stderr: string,
): Promise<void> {
  assertEquals(await printed(world, step), { status: 0, stdout, stderr });
}

function shell(script: string, more: Record<string, unknown> = {}) {
  return { run: ["sh", "-c", script], ...more };
}

Deno.test("what a step printed is shown as it was while it ran, and nothing in it is obeyed", async () => {
  const token = sampleOf("ghp_{b62:36}", 3).text;
  await using world = await freeWorld({
    say: shell(
      String
        .raw`printf 'one\r\n\033[31mred\033[0m\ttwo\007 \302\233 \342\200\256\n'; cat in.txt; printf 'no end'`,
      { permissions: { read: ["in.txt"] } },
    ),
    warn: shell(
      String
        .raw`echo 'error[writ.fault]: made up' >&2; printf '\033[2J\n' >&2; echo out`,
      { needs: ["say"] },
    ),
  }, { "in.txt": `token ${token}\n` });
  const live = await world.must(["execute", "pipeline.json"]);

  const say = await world.must(["show", "--step", "say", "--output"]);
  assertEquals(
    say.stdout,
    [
      "one",
      "\\u{1b}[31mred\\u{1b}[0m\ttwo\\u{7} \\u{9b} \\u{202e}",
      "token [redacted github-token]",
      "no end",
      "",
    ].join("\n"),
  );
  assertEquals(say.stderr, "");
  // The controls: so it was shown as it ran, and it is not so that it was kept.
  for (const line of say.stdout.split("\n").slice(0, -1)) {
    assertStringIncludes(live.stderr, `say | ${line}\n`);
  }
  assertStringIncludes(await world.evidence("stdout"), "\x1b[31mred");

  const warn = await world.must(["show", "--step", "warn", "--output"]);
  assertEquals(warn.stdout, "out\n");
  assertEquals(
    warn.stderr,
    "warn | error[writ.fault]: made up\nwarn | \\u{1b}[2J\n",
  );
});

Deno.test("output that was cut off says so, output that was not does not", async () => {
  await using world = await freeWorld({
    long: shell("yes | head -c 5000", { limits: { output: "1000B" } }),
  });
  assertEquals((await world.execute()).status, 1);
  const cut = await printed(world, "long");
  assertEquals(cut.status, 0);
  assertMatch(cut.stdout, /^(y\n){100}/);
  assertStringIncludes(
    cut.stderr,
    "stdout of long was cut off at the step's limit on output\n",
  );
  world.putPipeline({ long: shell("yes | head -c 5000") });
  await world.must(["execute", "pipeline.json"]);
  await prints(world, "long", "y\n".repeat(2500), "");
});

Deno.test("a step that printed nothing, and one that never ran, say so", async () => {
  await using world = await freeWorld({
    quiet: shell("true"),
    bad: shell("echo so far; exit 3"),
    after: shell("echo never", { needs: ["bad"] }),
  });
  assertEquals((await world.execute()).status, 1);
  await prints(world, "quiet", "", "quiet printed nothing\n");
  await prints(world, "bad", "so far\n", "");
  const after = await printed(world, "after");
  assertEquals([after.status, after.stdout], [0, ""]);
  assertMatch(after.stderr, /^after never ran: skipped, .*bad/);
});

Deno.test("of a run that was cut off the last attempt is shown, once it has ended", async () => {
  await using world = await freeWorld({
    first: shell("echo first"),
    second: shell("echo second", { needs: ["first"] }),
    third: shell("echo third", { needs: ["second"] }),
  });
  const run = await interrupted(world, "pipeline.json", { breakOff: 2 });
  await prints(world, "first", "first\n", "");
  await prints(
    world,
    "second",
    "",
    "second was begun, and its end is not recorded: what it printed is kept once it has ended\n",
  );
  await prints(world, "third", "", "third never ran\n");
  await executeHere(world, "pipeline.json", { resume: run });
  await prints(world, "second", "second\n", "");
  await prints(world, "third", "third\n", "");
});

Deno.test("of a step that was tried again the last attempt is shown", async () => {
  await using world = await freeWorld({
    again: shell("echo $$-$(date +%N); exit 1", { retries: 1 }),
  });
  assertEquals((await world.execute()).status, 1);
  const { run, receipts } = await world.show();
  const kept = receipts.flatMap(({ body }) => body.evidence ?? [])
    .filter(({ name }) => name === "stdout")
    .map(({ digest }) =>
      world.text(
        `.writ/runs/${run.run}/evidence/sha256/${digest.slice(7)}`,
      )!
    );
  assertEquals(new Set(kept).size, 2);
  await prints(world, "again", kept[1], "");
});

Deno.test("what has expired is not shown, and said to have", async () => {
  await using world = await gcWorld({ public: 30, sealed: 7 });
  const run = runOf(await world.must(["execute", "pipeline.json"]));
  await prints(world, "open", "what goes in\n", "");
  await collect(world, 31);
  const { refs } = await refsOf(world, run);
  const of = (step: string) => refs.find((ref) => ref.step === step)!;
  for (const step of ["open", "closed"]) {
    const { status, stdout, stderr } = await printed(world, step, { days: 31 });
    assertEquals([status, stdout], [0, ""]);
    const { bytes, digest } = of(step);
    assertStringIncludes(
      stderr,
      `stdout of ${step} has expired: gc removed its ${bytes} B, of ${digest}\n`,
    );
  }
  // Another run keeps the same bytes: they are not what this one may still show.
  await world.must(["execute", "pipeline.json"]);
  await prints(world, "open", "what goes in\n", "");
  const old = await printed(world, "open", { run });
  assertEquals(old.stdout, "");
  assertStringIncludes(old.stderr, "stdout of open has expired");
});

Deno.test("what is sealed is not shown: whoever can open it learns how", async () => {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  await using world = await gcWorld();
  await world.changeTrust((trust) => ({
    ...trust,
    recipients: [{ recipient, owner: "molly" }],
  }));
  await world.accept(world.ann);
  const run = runOf(await world.must(["execute", "pipeline.json"]));
  const { status, stdout, stderr } = await printed(world, "closed");
  assertEquals([status, stdout], [0, ""]);
  const said = `stdout of closed is sealed for molly (${
    recipientId(recipient)
  }); to open it: age --decrypt --identity KEY `;
  assertStringIncludes(stderr, said);
  const path = stderr.split(said)[1].split("\n")[0];
  assert(path.startsWith(world.at(`.writ/runs/${run}/`)), path);
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  assertEquals(
    await decrypter.decrypt(await Deno.readFile(path), "text"),
    "what goes in\n",
  );
  // Where the bundle is gone, the store has it.
  await Deno.remove(world.at(`.writ/runs/${run}`), { recursive: true });
  const again = await printed(world, "closed", { run });
  const stored = again.stderr.split(said)[1].split("\n")[0];
  assert(stored.startsWith(await world.stateOfLedger()), stored);
  await Deno.stat(stored);
});

Deno.test("bytes come from the store, else from the bundle, and only as they were captured", async () => {
  await using world = await freeWorld({ say: shell("echo said") });
  const run = runOf(await world.must(["execute", "pipeline.json"]));
  const [{ inStore, inBundle }] = await pieces(world, run);

  await Deno.writeTextFile(inBundle, "lies\n");
  await prints(world, "say", "said\n", "");
  await Deno.writeTextFile(inStore, "lies\n");
  await corrupt(world, "its bytes on disk are not what was stored");
  await Deno.remove(inStore);
  await corrupt(world, "is not what was captured");
  await Deno.writeTextFile(inBundle, "said\nand more\n");
  await corrupt(world, "is not what was captured");
  await Deno.writeTextFile(inBundle, "said\n");
  await prints(world, "say", "said\n", "");
  await Deno.remove(inBundle);
  await Deno.symlink("/etc/passwd", inBundle);
  await corrupt(world, "it is a link, a file was expected");
  await Deno.remove(inBundle);
  await corrupt(world, "neither the store nor this workspace has sha256:");
});

Deno.test("a step that the run has not is refused, with those that it has", async () => {
  await using world = await freeWorld({
    fail: shell("exit 1"),
    other: shell("true"),
  });
  assertEquals((await world.execute(["--only", "fail"])).status, 1);
  const refused = async (why: RegExp, ...words: string[]) => {
    const ended = await later(world, 0, ["show", "latest", ...words]);
    assertEquals([ended.status, codeOf(ended)], [2, "reference.unknown"]);
    assertMatch(ended.stderr, why);
    return ended;
  };
  const near =
    /Cannot show step "fial": run_\w{26} has none of that name\nhint: Did you mean "fail"\? Its steps are fail\n/;
  assertEquals((await refused(near, "--step", "fial")).stdout, "");
  await refused(near, "--step", "fial", "--output");
  await refused(near, "--step", "fial", "--receipts");
  const told = await refused(near, "--step", "fial", "--json");
  assertEquals(JSON.parse(told.stdout).error.code, "reference.unknown");
  await refused(
    /has none of that name\nhint: Its steps are fail\n/,
    "--step",
    "xyzzy",
  );
  await refused(
    /Cannot show step "other": run_\w{26} left it out, by --only\n/,
    "--step",
    "other",
  );
  // The controls: one that it has, and one that only the whole pipeline has.
  const known = await later(world, 0, ["show", "--step", "fail"]);
  assertEquals(known.status, 0, known.stderr);
  assertMatch(known.stdout, /^fail +1 +failed/m);
  assertEquals((await world.execute()).status, 1);
  const whole = await later(world, 0, ["show", "--step", "other"]);
  assertEquals(whole.status, 0, whole.stderr);
});

Deno.test("output is no document", async () => {
  await using world = await freeWorld({ say: shell("echo said") });
  await world.must(["execute", "pipeline.json"]);
  const words = ["show", "--step", "say", "--output", "--json"];
  const ended = await world.writ(words);
  assertEquals([ended.status, codeOf(ended)], [2, "usage.invalid"]);
  assertStringIncludes(ended.stderr, "hint: the receipts name it by digest");
  assertEquals(JSON.parse(ended.stdout).error.code, "usage.invalid");
  // The control: without it the answer is what it was.
  const shown = await world.must(["show", "--step", "say", "--json"]);
  assertEquals(
    JSON.parse(shown.stdout).receipts.map(({ type }: { type: string }) => type),
    ["step.started", "step.finished"],
  );
});

async function corrupt(world: World, why: string): Promise<void> {
  const ended = await printed(world, "say");
  assertEquals(
    [ended.status, codeOf(ended), ended.stdout],
    [3, "evidence.corrupt", ""],
    ended.stderr,
  );
  assertStringIncludes(ended.stderr, why);
}

/** What was captured of the standard output of a run's steps. */
async function refsOf(world: World, run: string) {
  const { stdout } = await later(world, 0, ["show", run, "--json"]);
  const { receipts } = JSON.parse(stdout) as {
    receipts: {
      body: {
        step: string;
        evidence?: { name: string; digest: string; bytes: number }[];
      };
    }[];
  };
  return {
    refs: receipts.flatMap(({ body: { step, evidence = [] } }) =>
      evidence.filter(({ name }) => name === "stdout")
        .map((ref) => ({ step, ...ref }))
    ),
  };
}
