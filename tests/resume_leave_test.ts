/**
 * What leave a resumed run goes on under: its own, for its own plan, as long as that holds.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { DEFAULT_POLICY } from "../src/policy/default_policy.ts";
import { copyTree, putBack } from "./support/copy_tree.ts";
import { interrupted } from "./support/interrupted.ts";
import { writHere } from "./support/in_process.ts";
import { codeOf, refused, World } from "./support/world.ts";

const pipeline = (name: string, ...words: string[]) =>
  JSON.stringify({
    name,
    isolation: "kernel",
    steps: {
      make: {
        run: ["sh", "-c", 'echo "$0" "$@"', name, ...words],
        stdout: `${name}.txt`,
      },
    },
  });

/** Policy lets "small" run unattended, and has people approve "large". */
const SMALL_ALONE = `
@id("large-waits")
@reason("People look at it")
forbid (principal, action == Action::"runUnattended", resource)
when { resource.pipeline == "large" };
`;

const here = (world: World) => (...words: string[]) =>
  writHere(words, { cwd: world.workspace, home: world.ann.home });

function mixed(): Promise<World> {
  const { files } = DEFAULT_POLICY;
  return World.make({
    unattended: true,
    files: {
      ...Object.fromEntries(
        Object.entries(files).map(([name, text]) => [`policies/${name}`, text]),
      ),
      "policies/more.cedar": SMALL_ALONE,
      "small.json": pipeline("small"),
      "large.json": pipeline("large"),
    },
  });
}

const approveFile = (world: World, file: string, ...words: string[]) =>
  here(world)(
    ...["approve", file, "--yes", "--json", ...words],
    ...["--passphrase-file", world.ann.passphrase],
  );

async function usesOf(world: World, ticket: string): Promise<number> {
  const { stdout } = await here(world)("tickets", "show", ticket, "--json");
  return JSON.parse(stdout).state.uses;
}

Deno.test("a run that needed no approval lends its leave to no other plan, whatever ticket comes with it", async () => {
  await using world = await mixed();
  const writ = here(world);
  const run = await interrupted(world, "small.json");
  const { stdout } = await approveFile(world, "large.json", "--out", "leave");
  const ticket: string = JSON.parse(stdout).ticket.id;

  for (const by of [[], ["--ticket", "leave"]]) {
    const ended = await writ("execute", "large.json", "--resume", run, ...by);
    assertEquals(ended.status, by.length === 0 ? 3 : 2, ended.stderr);
    assertEquals(
      codeOf(ended),
      by.length === 0 ? "ticket.missing" : "usage.invalid",
    );
    assertEquals(world.text("large.txt"), null);
    assertEquals(await usesOf(world, ticket), 0);
  }

  // The controls: the ticket is good for a run of its own, and the run goes on by itself.
  const own = await writ("execute", "large.json", "--ticket", "leave");
  assertEquals(own.status, 0, own.stderr);
  assertEquals(world.text("large.txt"), "large\n");
  assertEquals(await usesOf(world, ticket), 1);
  const on = await writ("execute", "small.json", "--resume", run);
  assertEquals(on.status, 0, on.stderr);
  assertEquals(world.text("small.txt"), "small\n");
  assertEquals((await writ("log", "--verify")).status, 0);
});

Deno.test("a run under a ticket file goes on with the same file, and with no other", async () => {
  await using world = await mixed();
  const writ = here(world);
  await approveFile(world, "large.json", "--out", "leave");
  const run = await interrupted(
    world,
    "large.json",
    { ticket: await Deno.readFile(world.at("leave")) },
  );
  const { stdout } = await approveFile(world, "large.json", "--out", "other");
  const other: string = JSON.parse(stdout).ticket.id;
  const resume = (...words: string[]) =>
    writ("execute", "large.json", "--resume", run, ...words);
  const ended = await resume("--ticket", "other");
  assertEquals(codeOf(ended), "usage.invalid", ended.stderr);
  assertStringIncludes(ended.stderr, other);
  assertEquals(world.text("large.txt"), null);

  const on = await resume("--ticket", "leave");
  assertEquals(on.status, 0, on.stderr);
  assertEquals(world.text("large.txt"), "large\n");
  assertEquals(await usesOf(world, other), 0);
});

/** What becomes of the leave while the run is interrupted, how it is refused, and what undoes it. */
const LOST: {
  name: string;
  code: string;
  lose(world: World): Promise<unknown>;
}[] = [
  {
    name: "the approver's key is taken out of the trust in force",
    code: "ticket.decision",
    lose: (world) =>
      world.changeTrust((trust) => ({
        ...trust,
        keys: trust.keys.filter(({ roles }) => !roles.includes("approver")),
      })),
  },
  {
    name: "trust in force wants one approver more",
    code: "ticket.decision",
    lose: (world) => world.changeTrust((trust) => ({ ...trust, quorum: 2 })),
  },
  {
    name: "another policy is in force",
    code: "ticket.decision",
    lose: (world) =>
      Deno.writeTextFile(world.at("policies/more.cedar"), "// None.\n"),
  },
  {
    name: "another commit is checked out",
    code: "ticket.decision",
    lose: (world) =>
      Deno.writeTextFile(world.at(".git/HEAD"), `${"b".repeat(40)}\n`),
  },
];

Deno.test("an interrupted run goes on only as long as its leave holds", async (t) => {
  await using world = await mixed();
  world.put({ ".git/HEAD": `${"a".repeat(40)}\n` });
  const kept = `${world.root}/kept`;
  await approveFile(world, "large.json");
  const run = await interrupted(world, "large.json");
  await copyTree(world.workspace, kept);
  const resume = () => here(world)("execute", "large.json", "--resume", run);
  for (const { name, code, lose } of LOST) {
    await t.step(`${name}: ${code}`, async () => {
      await lose(world);
      await world.accept(world.ann);
      refused(await resume(), code);
      assertEquals(world.text("large.txt"), null);
      await putBack(kept, world.workspace);
      await world.accept(world.ann);
    });
  }
  await t.step("all that put right, it goes on", async () => {
    const on = await resume();
    assertEquals(on.status, 0, on.stderr);
    assertEquals(world.text("large.txt"), "large\n");
  });
});

Deno.test("a key's end lets a run that it approved go on, its revocation does not", async (t) => {
  const soon = new Date(Date.now() + 600_000).toISOString();
  const cases = [
    ["notAfter", "ends", 0],
    ["revokedAt", "is revoked", 3],
  ] as const;
  for (const [field, name, status] of cases) {
    await t.step(`the key ${name}`, async () => {
      await using world = await mixed();
      await world.changeTrust((trust) => ({
        ...trust,
        keys: trust.keys.map((key) =>
          key.roles.includes("approver") ? { ...key, [field]: soon } : key
        ),
      }));
      await world.accept(world.ann);
      await approveFile(world, "large.json");
      const run = await interrupted(world, "large.json");
      const ended = await writHere(
        ["execute", "large.json", "--resume", run],
        {
          cwd: world.workspace,
          home: world.ann.home,
          now: () => Date.now() + 900_000,
        },
      );
      assertEquals(ended.status, status, ended.stderr);
      if (status !== 0) refused(ended, "ticket.signer_not_in_force");
      assertEquals(world.text("large.txt"), status === 0 ? "large\n" : null);
    });
  }
});

/** What waits for people, and what policy lets run by itself; and what begins it anew. */
const LATE: [file: string, made: string, anew: string][] = [
  ["large.json", "large.txt", "approve"],
  ["small.json", "small.txt", "execute"],
];

for (const [file, made, anew] of LATE) {
  Deno.test(`a run of ${file} goes on until its ticket expires, then ${anew} begins it anew`, async () => {
    await using world = await mixed();
    const at = (hours: number, ...words: string[]) =>
      writHere(words, {
        cwd: world.workspace,
        home: world.ann.home,
        now: () => Date.now() + hours * 3_600_000,
      });
    const pass = ["--yes", "--passphrase-file", world.ann.passphrase];
    const show = async (hours: number) =>
      JSON.parse((await at(hours, "show", "--json")).stdout);
    const size = async () =>
      JSON.parse((await at(2, "log", "--verify", "--json")).stdout).report.head
        .size;

    if (anew === "approve") await approveFile(world, file);
    const run = await interrupted(world, file);
    const before = await size();
    const late = await at(2, "execute", file, "--resume", run);
    refused(late, "ticket.expired");
    assertStringIncludes(late.stderr, `hint: writ ${anew} ${file}\n`);
    assertEquals(world.text(made), null);
    assertEquals([await size(), (await show(2)).next], [before, null]);

    // The control: before that it goes on.
    assertStringIncludes((await show(0)).next, `--resume ${run}`);
    const on = await at(0, "execute", file, "--resume", run);
    assertEquals(on.status, 0, on.stderr);
    assertEquals(world.text(made), `${made.split(".")[0]}\n`);

    Deno.removeSync(world.at(made));
    if (anew === "approve") await approveFile(world, file);
    const other = await interrupted(world, file);
    refused(await at(2, "execute", file, "--resume", other), "ticket.expired");
    if (anew === "approve") {
      const approved = await at(2, anew, file, ...pass);
      assertEquals(approved.status, 0, approved.stderr);
    }
    const again = await at(2, "execute", file);
    assertEquals(again.status, 0, again.stderr);
    assertEquals(world.text(made), `${made.split(".")[0]}\n`);
    assertEquals((await at(2, "log", "--verify")).status, 0);
  });
}
