/**
 * The disk breaks at the n-th write of a run, for every n: the ledger stays whole, outputs are whole,
 * and the run goes on from there under the use that it has.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { asWritError } from "../src/core/as_writ_error.ts";
import type { RunResult } from "../src/run/run.ts";
import { BreakingDisk } from "./support/breaking_disk.ts";
import { BrokenRuns, executeRound } from "./support/broken_runs.ts";

/** What Deno throws of a disk that answers with EIO, and its database. */
function broken(what: string): Error {
  return what === "commit"
    ? new Error("disk I/O error")
    : Object.assign(new Error("Input/output error (os error 5)"), {
      code: "EIO",
    });
}

Deno.test("a disk that fails at the n-th write of a run, for every n, leaves it whole, and it goes on", async () => {
  await using runs = await BrokenRuns.make(["more"]);
  const codes = new Set<string>();
  for (let n = 1;; n++) {
    let what = "";
    let result: RunResult | null = null;
    {
      using disk = new BreakingDisk((at, name) => {
        if (at !== n) return;
        what = name;
        throw broken(name);
      });
      try {
        result = await executeRound(runs.place, n, {
          store: () => disk.store(runs.place.ledger),
        });
      } catch (error) {
        codes.add(asWritError(error).code);
      }
    }
    try {
      if (what !== "") await runs.check(n, null);
      await runs.goOn(n, result);
    } catch (cause) {
      throw new Error(`after write ${n}, ${what}`, { cause });
    }
    if (what !== "") continue;
    assert(n > 80, `${n} writes`);
    break;
  }
  // What publishing cannot do it takes back, and says so.
  assertEquals([...codes].sort(), ["publish.unsafe", "store.unwritable"]);
});
