/**
 * Runs the steps of a run: in order of their needs, as many at a time as allowed, receipts
 * before and after each.
 *
 * @module
 */
import { unseenEnd } from "../ledger/receipt.ts";
import { runStep } from "./run_step.ts";
import type { ActiveRun } from "./active_run.ts";
import type { Holding } from "./hold.ts";
import type { RunOptions } from "./run.ts";
import { schedule, type TaskEnd } from "./scheduler.ts";
import type { World } from "./world.ts";

/** Runs what has not run; afterwards every chosen step has an end in `run.ends`. */
export async function runSteps(
  run: ActiveRun,
  holding: Holding,
  options: RunOptions,
  world: World,
): Promise<void> {
  try {
    await scheduleSteps(run, holding, options, world);
  } catch (error) {
    // What ended beside the fault is written down; if it cannot be, the fault is what counts.
    await world.ledger.settle(run.id).catch(() => {});
    throw error;
  }
  await world.ledger.settle(run.id);
  await holding.stages.clear();
}

async function scheduleSteps(
  run: ActiveRun,
  holding: Holding,
  options: RunOptions,
  world: World,
): Promise<void> {
  const steps = new Map(run.steps.map((step) => [step.id, step]));
  await schedule(run.steps, {
    jobs: options.jobs,
    ahead: options.jobs,
    keepGoing: options.keepGoing,
    signal: options.signal,
    done: new Map(
      [...run.ends].map(([id, { status }]) => [id, taskEnd(status)]),
    ),
    start: async (id, turn) => {
      const step = steps.get(id)!;
      const end = await runStep(step, turn, run, holding, options, world);
      run.ends.set(id, end);
      return end.status === "ok" ? "ok" : "failed";
    },
    skip: async (id, reason) => {
      run.ends.set(id, { status: "skipped", reason });
      const end = unseenEnd(id, 0, "skipped", reason);
      await world.ledger.append(run.id, "step.finished", end, run.actor);
      options.watch({
        type: "finished",
        step: id,
        status: "skipped",
        reason,
        hint: null,
        wallMs: null,
      });
    },
  });
}

function taskEnd(status: string): TaskEnd {
  if (status === "ok" || status === "cached") return "ok";
  return status === "skipped" ? "skipped" : "failed";
}
