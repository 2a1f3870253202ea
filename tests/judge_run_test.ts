/**
 * Judging a run before it is sealed, on what its ledger holds.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { judgeRun } from "../src/run/judge_run.ts";
import type { World } from "../src/run/world.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import { TrialWorld } from "./support/trial_world.ts";

/** The world, with one more receipt in each run of its ledger. */
function withReceipt(world: World, line: string): World {
  const { ledger } = world;
  const told = {
    async *receipts(run: string) {
      yield* ledger.receipts(run);
      yield new TextEncoder().encode(line);
    },
    document: ledger.document.bind(ledger),
  } as Partial<World["ledger"]> as World["ledger"];
  return { ...world, ledger: told };
}

Deno.test({
  name: "a run whose receipts are damaged in the ledger is not judged",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using trial = await TrialWorld.open();
    const { world } = trial;
    const proposal = await trial.propose(world.sight.workspace, {
      a: { run: ["true"] },
    });
    using run = await trial.admit(proposal);
    const { invariants } = await judgeRun(run, "failed", [], world);
    assertEquals(invariants.length > 0, true);
    for (const line of ["{", '{"type":"step.finished","v":1}', ""]) {
      await rejectsWith(
        "ledger.corrupt",
        () => judgeRun(run, "failed", [], withReceipt(world, line)),
      );
    }
  },
});
