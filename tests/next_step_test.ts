/**
 * What a command says comes next can be given as it stands, and leads on.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { spokenWithDev } from "../src/cli/spoken.ts";
import { shellWord } from "../src/core/shell_word.ts";
import { writHere } from "./support/in_process.ts";
import { interrupted } from "./support/interrupted.ts";
import { type Ended, runProgram } from "./support/run_writ.ts";
import { codeOf, refused, World } from "./support/world.ts";

const HOUR = 3_600_000;

const here = (world: World, ...words: string[]) =>
  writHere(words, { cwd: world.workspace, home: world.ann.home });

const SIGN = (world: World) => [
  ...["--yes", "--passphrase-file", world.ann.passphrase],
];

/** What the shell makes of the command that `Next:` or `hint:` names. */
async function following({ stdout, stderr }: Ended): Promise<string[]> {
  const said = /^(?:.*Next|hint): (?:Restore it, or )?writ (.*?)$/m.exec(
    stdout + stderr,
  )?.[1];
  assert(said !== undefined, stdout + stderr);
  return await split(said);
}

async function split(line: string): Promise<string[]> {
  const shell = await runProgram("/bin/sh", [
    "-c",
    `for word in ${line}; do printf '%s\\0' "$word"; done`,
  ], { cwd: "/", home: "/" });
  assertEquals(shell.status, 0, shell.stderr);
  return shell.stdout.split("\0").slice(0, -1);
}

Deno.test("each next step repeats what belongs to the wish, and leads on", async () => {
  await using world = await World.make({
    params: { greeting: "none", to: "all" },
    steps: {
      greet: {
        run: ["echo", "${params.greeting}", "${params.to}"],
        stdout: "greeting.txt",
      },
    },
  });
  const greeting = `it's "$HOME" \\ & #1`;
  const wish = ["--param", `greeting=${greeting}`, "--as", "agent:a b"];
  const run = await here(world, "run", "pipeline.json", ...wish);
  const approve = await following(run);
  assertEquals(approve, ["approve", "pipeline.json", ...wish]);

  const missing = await here(world, "execute", "pipeline.json", ...wish);
  refused(missing, "ticket.missing");
  assertEquals(await following(missing), approve);

  const approved = await here(world, ...approve, ...SIGN(world));
  assertEquals(approved.status, 0, approved.stderr);
  const execute = await following(approved);
  assertEquals(execute, ["execute", "pipeline.json", ...wish]);
  const executed = await here(world, ...execute);
  assertEquals(executed.status, 0, executed.stderr);
  assertEquals(world.text("greeting.txt"), `${greeting} all\n`);

  const again = await here(world, ...execute);
  refused(again, "ticket.used");
  assertEquals(await following(again), approve);
});

Deno.test("an approved run that was interrupted is offered to be resumed, however it is named", async (t) => {
  await using world = await World.make({
    steps: { make: { run: ["echo", "made"], stdout: "made.txt" } },
  });
  const approve = () =>
    here(
      world,
      ...["approve", "pipeline.json", "--out", "leave", ...SIGN(world)],
    );
  await approve();
  const first = await interrupted(world);
  for (const words of [[], ["--ticket", "leave"]]) {
    const ended = await here(world, "execute", "pipeline.json", ...words);
    refused(ended, "ticket.used");
    assertStringIncludes(ended.stderr, `${first} was interrupted under it`);
    assertEquals(
      await following(ended),
      ["execute", "pipeline.json", "--resume", first],
    );
  }
  await t.step(
    "but not once its ticket has expired",
    async () => {
      const late = (...words: string[]) =>
        writHere(
          ["execute", "pipeline.json", ...words],
          {
            cwd: world.workspace,
            home: world.ann.home,
            now: () => Date.now() + 2 * HOUR,
          },
        );
      const ended = await late();
      refused(ended, "ticket.used");
      assertEquals(await following(ended), ["approve", "pipeline.json"]);
      refused(await late("--ticket", "leave"), "ticket.expired");
    },
  );
  let run = first;
  const names: [string, () => string][] = [
    ["latest", () => "latest"],
    ["#1", () => "#1"],
    ["and the beginning of its id", () => run.slice(4, -1)],
  ];
  for (const [name, nameOf] of names) {
    await t.step(`--resume ${name}`, async () => {
      const words = ["execute", "pipeline.json", "--resume", nameOf()];
      const ended = await here(world, ...words);
      assertEquals(ended.status, 0, ended.stderr);
      assertStringIncludes(ended.stdout, run);
    });
    await Deno.remove(world.at("leave"));
    await approve();
    run = await interrupted(world);
  }
  await t.step("--resume of no run", async () => {
    const ended = await here(
      world,
      ...["execute", "pipeline.json", "--resume", "run_ZZ"],
    );
    assertEquals([ended.status, codeOf(ended)], [2, "reference.unknown"]);
  });
});

/** Tickets in the order of their making, and what must be told of which of them. */
const NEAREST: {
  name: string;
  tickets: ("open" | "spent" | "revoked" | "expired" | "open for another")[];
  code: string;
  of: number;
}[] = [
  {
    name: "one that could be used, not a newer one that is spent",
    tickets: ["open", "spent"],
    code: "ticket.decision",
    of: 0,
  },
  {
    name: "one that could be used, not a newer one that was revoked",
    tickets: ["open", "revoked"],
    code: "ticket.decision",
    of: 0,
  },
  {
    name: "this requester's, not a newer one of another",
    tickets: ["open", "open for another"],
    code: "ticket.decision",
    of: 0,
  },
  {
    name: "of those that are spent the newest",
    tickets: ["spent", "revoked"],
    code: "ticket.revoked",
    of: 1,
  },
  {
    name: "the one that has expired, where it is the only one",
    tickets: ["expired"],
    code: "ticket.expired",
    of: 0,
  },
];

for (const { name, tickets, code, of } of NEAREST) {
  Deno.test(`of tickets that do not help the nearest is named: ${name}`, async () => {
    await using world = await World.make({
      files: { ".git/HEAD": `${"a".repeat(40)}\n` },
      steps: { make: { run: ["echo", "made"], stdout: "made.txt" } },
    });
    const start = Date.now();
    const at = (now: number, ...words: string[]) =>
      writHere(words, {
        cwd: world.workspace,
        home: world.ann.home,
        now: () => now,
      });
    const made: string[] = [];
    for (const [n, kind] of tickets.entries()) {
      const asked = kind === "open for another" ? ["--as", "agent:bot"] : [];
      const now = start + n;
      const { stdout } = await at(
        now,
        ...["approve", "pipeline.json", "--json", ...asked, ...SIGN(world)],
        ...["--valid", kind === "expired" ? "1m" : "5h"],
      );
      const { id } = JSON.parse(stdout).ticket;
      made.push(id);
      if (kind === "spent") {
        const ran = await at(now, "execute", "pipeline.json");
        assertEquals(ran.status, 0, ran.stderr);
        Deno.removeSync(world.at("made.txt"));
      }
      if (kind === "revoked") {
        const words = ["revoke", id, "--yes", "--by", "ann"];
        assertEquals((await at(now, "tickets", ...words)).status, 0);
      }
    }
    // A commit, so that no ticket fits as it is.
    world.put({ ".git/HEAD": `${"b".repeat(40)}\n` });
    const ended = await at(start + HOUR, "execute", "pipeline.json");
    refused(ended, code);
    assertStringIncludes(ended.stderr, made[of]);
    assertEquals(await following(ended), ["approve", "pipeline.json"]);
    assertEquals(
      ended.stderr.includes("nobody has approved it as it is now"),
      code !== "ticket.decision",
      ended.stderr,
    );
  });
}

Deno.test("where --dev was given the commands that need it have it", () => {
  assertEquals(
    spokenWithDev(
      "deno task approve a, deno task execute b; deno task writ log",
    ),
    "writ approve --dev a, writ execute --dev b; writ log",
  );
});

Deno.test("a shell reads the words that are quoted for it", async () => {
  const words = fc.sample(
    fc.string({ unit: "grapheme" }).filter((word) => !/\p{C}/u.test(word)),
    { numRuns: 200, seed: 7 },
  );
  assertEquals(await split(words.map(shellWord).join(" ")), words);
  assertEquals(shellWord("a\nb'\\"), `$'a\\x0ab\\'\\\\'`);
});

Deno.test("a parameter's value is taken as it is, commas and all", async () => {
  await using world = await World.make({
    unattended: true,
    params: { list: "none" },
    steps: { say: { run: ["echo", "${params.list}"] } },
  });
  const value = "a=1,b=2, c";
  await world.must(["execute", "pipeline.json", "--param", `list=${value}`]);
  assertEquals(await world.evidence("stdout"), `${value}\n`);
});
