/**
 * `steps.complete`: every step that was to be done has an end, and none was left out in silence.
 *
 * @module
 */
import { BUNDLE_FILES } from "../../bundle/bundle.ts";
import type { PlanStep } from "../../plan/plan.ts";
import { chosenSteps, endOf } from "../chosen.ts";
import type { Findings, Invariant } from "../invariant.ts";
import { stepInvariant, type Steps } from "../step_invariant.ts";
import {
  eventsOf,
  finalOf,
  receiptPointer,
  type StepRun,
} from "../step_runs.ts";

/** One end for each chosen step; `ok` only after a start; no more attempts than allowed; skipped only for a cause. */
export const stepsComplete: Invariant = stepInvariant(
  {
    id: "steps.complete",
    title: "Every step has an end, and none was left out in silence",
  },
  ({ plan, receipts, runs }, found) => {
    const chosen = chosenSteps(plan, receipts);
    const known = new Set(plan.steps.map(({ id }) => id));
    for (const id of [...chosen, ...runs.keys()]) {
      if (!known.has(id)) {
        found.fail(
          "steps.unknown",
          `The plan has no step "${id}"`,
          BUNDLE_FILES.plan,
          BUNDLE_FILES.receipts,
        );
      }
    }
    const halted = isHalted(receipts, runs, plan.steps);
    const resumes = eventsOf(receipts, "run.resumed").length;
    for (const step of plan.steps) {
      const run = runs.get(step.id);
      if (!chosen.has(step.id)) checkNotChosen(step, run, found);
      else if (finalOf(run) === undefined) {
        found.fail(
          "steps.missing",
          `No receipt says how the step "${step.id}" ended`,
          BUNDLE_FILES.receipts,
        );
      } else {
        checkAttempts(step, run!, resumes, found);
        const causes = step.needs.some((need) => !isGood(runs.get(need)));
        if (endOf(run) === "skipped" && !causes && !halted) {
          found.fail(
            "steps.skipped_without_cause",
            `The step "${step.id}" was skipped, but all that it needs was done, nothing had failed, and the run was not cancelled`,
            receiptPointer(finalOf(run)!.seq),
          );
        }
      }
    }
  },
);

function isGood(run: StepRun | undefined): boolean {
  return endOf(run) === "ok" || endOf(run) === "cached";
}

/** Whether something happened after which a runner starts nothing more. */
function isHalted(
  receipts: Steps["receipts"],
  runs: ReadonlyMap<string, StepRun>,
  steps: readonly PlanStep[],
): boolean {
  const outcome = eventsOf(receipts, "run.sealed").at(-1)?.body.outcome;
  return outcome === "cancelled" || steps.some(({ id }) => {
    const run = runs.get(id);
    return run !== undefined && !isGood(run) && endOf(run) !== "skipped";
  });
}

function checkNotChosen(
  step: PlanStep,
  run: StepRun | undefined,
  found: Findings,
): void {
  const did = run !== undefined &&
    (run.started.length > 0 || endOf(run) !== "skipped");
  if (did) {
    found.fail(
      "steps.not_chosen",
      `The step "${step.id}" was not among the steps of this run, but something was done`,
      receiptPointer((run.started[0] ?? run.finished[0]).seq),
    );
  }
}

function checkAttempts(
  step: PlanStep,
  run: StepRun,
  resumes: number,
  found: Findings,
): void {
  const ended = new Set(run.finished.map(({ body }) => body.attempt));
  for (const { seq, body } of run.started) {
    if (!ended.has(body.attempt)) {
      found.fail(
        "steps.unfinished",
        `Attempt ${body.attempt} of the step "${step.id}" was started, and no receipt says how it ended`,
        receiptPointer(seq),
      );
    }
  }
  const started = new Set(run.started.map(({ body }) => body.attempt));
  for (const { seq, body } of run.finished) {
    const launched = body.status === "ok" || body.status === "failed" ||
      body.status === "indeterminate";
    if (launched && !started.has(body.attempt)) {
      found.fail(
        "steps.not_started",
        `The step "${step.id}" is recorded as ${body.status}, but attempt ${body.attempt} was never started`,
        receiptPointer(seq),
      );
    }
  }
  // A resumed run gives each step its tries again.
  const allowed = (step.retries + 1) * (resumes + 1);
  if (run.started.length > allowed) {
    found.fail(
      "steps.attempts",
      `The step "${step.id}" was started ${run.started.length} times, ${allowed} were allowed`,
      receiptPointer(run.started[allowed].seq),
    );
  }
}
