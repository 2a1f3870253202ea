/**
 * References: what names one run or ticket, and what names none.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { resolveReference } from "../src/cli/reference.ts";
import { WritError } from "../src/core/errors.ts";

/** Newest first. */
const IDS = ["run_01C9", "run_01BB", "run_01BA"];

const NAMED: [reference: string, id: string][] = [
  ["run_01BB", "run_01BB"],
  ["run_01C", "run_01C9"],
  ["01c", "run_01C9"],
  ["01BA", "run_01BA"],
  ["latest", "run_01C9"],
  ["#1", "run_01C9"],
  ["#3", "run_01BA"],
];

for (const [reference, id] of NAMED) {
  Deno.test(`"${reference}" names ${id}`, () => {
    assertEquals(resolveReference(reference, IDS, "run"), id);
  });
}

const UNNAMED: [reference: string, ids: string[], why: string][] = [
  ["01B", IDS, "2 of them begin so"],
  ["run_", IDS, "3 of them begin so"],
  ["", IDS, "there is none"],
  ["#0", IDS, "there is none"],
  ["#4", IDS, "there are 3"],
  ["xyz", IDS, "there is none"],
  ["latest", [], "there is no run yet"],
];

for (const [reference, ids, why] of UNNAMED) {
  Deno.test(`"${reference}" of ${ids.length} names nothing: ${why}`, () => {
    const error = assertThrows(
      () => resolveReference(reference, ids, "run"),
      WritError,
    );
    assertEquals(error.code, "reference.unknown");
    assertEquals(
      error.message,
      `Cannot find the run "${reference}": ${why}`,
    );
  });
}
