/** Finding what the command line names: ids among many, and moments. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { findId, type Ids } from "../src/cli/find_id.ts";
import { parseDuration } from "../src/cli/parse_duration.ts";
import { parseSince } from "../src/cli/parse_since.ts";
import { newRunId } from "../src/core/id.ts";
import { WritError } from "../src/core/errors.ts";

const MANY = Array.from(
  { length: 5000 },
  (_, i) => newRunId(Date.parse("2026-01-01T00:00:00Z") + i * 60_000),
).reverse();

/** Ids that count how many of them were looked at. */
function counted(all: readonly string[]): Ids & { seen: number } {
  return {
    noun: "run",
    seen: 0,
    has: (id) => Promise.resolve(all.includes(id)),
    newest: async function* (limit, prefix) {
      for (
        const id of all.filter((id) => id.startsWith(prefix)).slice(0, limit)
      ) {
        this.seen++;
        yield id;
      }
    },
  };
}

const target = MANY[2500];
const FOUND: [what: string, reference: string, id: string, most: number][] = [
  ["its id", target, target, 0],
  ["the beginning of it", target.slice(0, -3), target, 1],
  [
    "the beginning of it in small letters",
    target.slice(0, -3).toLowerCase(),
    target,
    1,
  ],
  ["the beginning without its noun", target.slice(4, -3), target, 1],
  ["latest", "latest", MANY[0], 1],
  ["#1", "#1", MANY[0], 1],
  ["#40", "#40", MANY[39], 40],
];

for (const [what, reference, id, most] of FOUND) {
  Deno.test(`one of 5,000 runs is found by ${what}, looking at ${most}`, async () => {
    const ids = counted(MANY);
    assertEquals(await findId(reference, ids), id);
    assert(ids.seen <= most, `${ids.seen} were looked at`);
  });
}

const UNFOUND: [reference: string, all: readonly string[], why: string][] = [
  ["run_", MANY, "100 of them begin so"],
  ["r", MANY, "100 of them begin so"],
  ["zzz", MANY, "there is none"],
  ["", MANY, "there is none"],
  ["#6000", MANY, "there are 5000"],
  ["latest", [], "there is no run yet"],
  ["tkt_01", MANY, "there is none"],
];

for (const [reference, all, why] of UNFOUND) {
  Deno.test(`"${reference}" of ${all.length} runs names nothing: ${why}`, async () => {
    const error = await assertRejects(
      () => findId(reference, counted(all)),
      WritError,
    );
    assertEquals(error.code, "reference.unknown");
    assertEquals(error.message, `Cannot find the run "${reference}": ${why}`);
  });
}

const NOW = Date.parse("2026-03-01T12:00:00.000Z");
const MOMENTS: [text: string, moment: string][] = [
  ["90s", "2026-03-01T11:58:30.000Z"],
  ["2h", "2026-03-01T10:00:00.000Z"],
  ["7d", "2026-02-22T12:00:00.000Z"],
  ["2026-02-28", "2026-02-28T00:00:00.000Z"],
  ["2024-02-29", "2024-02-29T00:00:00.000Z"],
  ["2026-02-28T10:00:00Z", "2026-02-28T10:00:00.000Z"],
  ["2026-02-28T10:00Z", "2026-02-28T10:00:00.000Z"],
  ["2026-02-28T10:00:00.5+02:00", "2026-02-28T08:00:00.500Z"],
];

for (const [text, moment] of MOMENTS) {
  Deno.test(`since ${text} is since ${moment}`, () => {
    assertEquals(parseSince(text, NOW, "--since"), moment);
  });
}

for (
  const text of [
    "",
    "yesterday",
    "2h ago",
    "0d",
    "2026-02-30",
    "2026-13-01",
    "2026-02-28 10:00",
    "2026-02-28T10:00:00",
    "2026-02-28T25:00:00Z",
    "02/28/2026",
    "1740000000",
  ]
) {
  Deno.test(`since "${text}" is no moment`, () => {
    const error = assertThrows(
      () => parseSince(text, NOW, "--since"),
      WritError,
    );
    assertEquals(error.code, "usage.invalid");
  });
}

for (
  const [text, expected] of [
    ["0s", "at least 1s"],
    ["000d", "at least 1d"],
    ["1000000m", "at most 999999m"],
    ["9999999d", "at most 999999d"],
    ["99999999999999999999999h", "at most 999999h"],
    ["soon", "a duration such as 30s, 15m, 2h or 7d"],
    ["-1d", "a duration such as 30s, 15m, 2h or 7d"],
  ]
) {
  Deno.test(`the duration "${text}" is refused with what it broke`, () => {
    const error = assertThrows(() => parseDuration(text, "--valid"), WritError);
    assertEquals(error.code, "usage.invalid");
    assertEquals(
      error.message,
      `Cannot use "${text}" for --valid: ${expected} was expected`,
    );
  });
}

Deno.test("the longest and the shortest duration are taken", () => {
  assertEquals(parseDuration("999999d", "--valid"), 999_999 * 86_400_000);
  assertEquals(parseDuration("1s", "--valid"), 1000);
});
