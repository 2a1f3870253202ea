/**
 * Judging a run before it is sealed, on what its ledger holds.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { verdictOf } from "../src/policy/decision.ts";
import { admit } from "../src/run/admit.ts";
import { approve } from "../src/run/approve.ts";
import { findLeave } from "../src/run/find_leave.ts";
import { judgeRun } from "../src/run/judge_run.ts";
import type { RunOptions } from "../src/run/run.ts";
import type { World } from "../src/run/world.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import { TrialWorld } from "./support/trial_world.ts";

const OPTIONS: RunOptions = {
  ticket: null,
  only: null,
  keepGoing: false,
  jobs: 1,
  resume: null,
  signal: new AbortController().signal,
  watch: () => {},
};

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
    if (verdictOf(proposal.decision.value) === "review") {
      await approve(
        proposal,
        { reason: "judge", validForMs: 60_000, maxUses: 1 },
        trial.approver,
        world,
      );
    }
    const leave = await findLeave(proposal, OPTIONS, world);
    using run = await admit(proposal, leave, OPTIONS, world);
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
