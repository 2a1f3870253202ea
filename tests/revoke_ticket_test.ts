/**
 * What `tickets revoke` takes back, what it leaves as it is, and what it asks.
 *
 * @module
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { writHere } from "./support/in_process.ts";
import { interrupted } from "./support/interrupted.ts";
import { codeOf, refused, World } from "./support/world.ts";

const STEPS = { make: { run: ["echo", "made"], stdout: "made.txt" } };

/** The program in a world whose clock is so many hours ahead. */
const ahead = (world: World, hours: number) => (...words: string[]) =>
  writHere(words, {
    cwd: world.workspace,
    home: world.ann.home,
    now: () => Date.now() + hours * 3_600_000,
  });

const EXECUTE = async (world: World) => {
  const ended = await ahead(world, 0)("execute", "pipeline.json");
  assertEquals(ended.status, 0, ended.stderr);
};

const BREAK_OFF = (world: World) => interrupted(world);

/** What became of a ticket for an hour, and what it is when it is to be revoked so many hours later. */
const TICKETS: {
  name: string;
  uses?: number;
  before: ((world: World) => Promise<unknown>)[];
  hours: number;
  /** What is said where nothing is changed; `null`: it is revoked. */
  said: string | null;
  status: string;
}[] = [
  {
    name: "was used up",
    before: [EXECUTE],
    hours: 0,
    said: "was used up already",
    status: "used",
  },
  {
    name: "was used up, and its time is over",
    before: [EXECUTE],
    hours: 2,
    said: "was used up already",
    status: "used",
  },
  {
    name: "has expired, and was never used",
    before: [],
    hours: 2,
    said: "has expired already, at ",
    status: "expired",
  },
  {
    name: "has expired, so that its run cannot go on",
    before: [BREAK_OFF],
    hours: 2,
    said: "has expired already, at ",
    status: "used",
  },
  {
    name: "was never used",
    before: [],
    hours: 0,
    said: null,
    status: "revoked",
  },
  {
    name: "has a use left",
    uses: 2,
    before: [EXECUTE],
    hours: 0,
    said: null,
    status: "revoked",
  },
  {
    name: "has no use left, of two",
    uses: 2,
    before: [EXECUTE, EXECUTE],
    hours: 0,
    said: "was used up already",
    status: "used",
  },
  {
    name: "was used up by a run that can go on",
    before: [BREAK_OFF],
    hours: 0,
    said: null,
    status: "revoked",
  },
  {
    name: "was used up, of two runs one can go on",
    uses: 2,
    before: [BREAK_OFF, EXECUTE],
    hours: 0,
    said: null,
    status: "revoked",
  },
];

for (const { name, uses = 1, before, hours, said, status } of TICKETS) {
  const end = said === null ? "is revoked" : "stays as it is";
  Deno.test(`a ticket that ${name} ${end}`, async () => {
    await using world = await World.make({ steps: STEPS });
    const ticket = await world.approve(["--uses", `${uses}`]);
    for (const each of before) await each(world);
    const writ = ahead(world, hours);
    const read = async (...words: string[]) =>
      JSON.parse((await writ(...words, "--json")).stdout);
    const size = async () =>
      (await read("log", "--verify")).report.head.size as number;
    const first = await size();
    const revoke = ["tickets", "revoke", "latest", "--yes", "--by", "ann"];

    const ended = await writ(...revoke);
    assertEquals([ended.status, ended.stderr], [0, ""]);
    assertStringIncludes(
      ended.stdout,
      said === null ? `revoked ${ticket}` : `${ticket} ${said}`,
    );
    assertEquals(await size(), said === null ? first + 1 : first);
    const [listed] = (await read("tickets", "list")).tickets;
    assertEquals([listed.ticket.id, listed.status], [ticket, status]);
    const again = await read(...revoke);
    assertEquals(
      [again.ticket, again.revoked?.by ?? null],
      [ticket, said === null ? "ann" : null],
    );
  });
}

Deno.test("a run that was cut off goes on no more once its ticket is revoked", async () => {
  await using world = await World.make({ steps: STEPS });
  const writ = ahead(world, 0);
  await world.approve();
  const run = await interrupted(world);
  const { next } = JSON.parse((await writ("show", "--json")).stdout);
  assertStringIncludes(next, `--resume ${run}`);
  await writ("tickets", "revoke", "latest", "--yes", "--by", "ann");
  refused(
    await writ("execute", "pipeline.json", "--resume", run),
    "ticket.revoked",
  );
  assertEquals(world.text("made.txt"), null);
  assertEquals(JSON.parse((await writ("show", "--json")).stdout).next, null);
});

Deno.test("the ticket that policy gave and that was spent at once is no more to be revoked", async () => {
  await using world = await World.make({ steps: STEPS, unattended: true });
  const writ = ahead(world, 0);
  await EXECUTE(world);
  const ended = await writ("tickets", "revoke", "latest", "--by", "ann");
  assertEquals(ended.status, 0, ended.stderr);
  assertMatch(ended.stdout, /^tkt_[0-9A-Z]{26} was used up already\n$/);
});

Deno.test("the question names what is revoked: pipeline, signers, uses and end", async () => {
  await using world = await World.make({ steps: STEPS });
  const ticket = await world.approve(["--uses", "3"]);
  await EXECUTE(world);
  // Nobody is there to answer, which tells what would have been asked.
  const ended = await world.writ(["tickets", "revoke", ticket, "--by", "ann"]);
  assertEquals([ended.status, codeOf(ended)], [2, "usage.invalid"]);
  const { stdout } = await world.must(["tickets", "show", ticket, "--json"]);
  const shown = JSON.parse(stdout);
  assertStringIncludes(
    ended.stderr,
    `"Revoke ${ticket} for "work", signed by ann, used 1 of 3 times, valid until ${shown.ticket.expiresAt}?"`,
  );
  assertEquals(shown.status, "open");
});
