/**
 * `claims.bound`: what a receipt claims of a launch is bound to what was captured of it.
 *
 * @module
 */
import { isWritError } from "../../core/errors.ts";
import type { PlanStep } from "../../plan/plan.ts";
import { capturedOf } from "../../sandbox/captured.ts";
import { confine } from "../../sandbox/confine.ts";
import { Findings, type Invariant } from "../invariant.ts";
import {
  type Event,
  receiptPointer,
  type StepRun,
  stepRuns,
} from "../step_runs.ts";

/** Each launch that ended names everything that is captured of such a step, once; what was not launched names nothing. */
export const claimsBound: Invariant = {
  id: "claims.bound",
  title: "What is claimed of a launch is bound to what was captured of it",
  beforeSeal: "same",
  check(parts) {
    const found = new Findings();
    const plan = found.need(parts.plan);
    const receipts = found.need(parts.receipts);
    if (plan === undefined || receipts === undefined) return found;
    const runs = stepRuns(receipts);
    for (const step of plan.steps) {
      const run = runs.get(step.id);
      for (const event of run?.finished ?? []) {
        checkEnd(step, event, run!, found);
      }
    }
    return found;
  },
};

function checkEnd(
  step: PlanStep,
  { seq, body }: Event<"step.finished">,
  run: StepRun,
  found: Findings,
): void {
  const at = `${receiptPointer(seq)}/body/evidence`;
  const names = body.evidence.map(({ name }) => name);
  const launched = run.started.some((start) =>
    start.body.attempt === body.attempt
  );
  const ended = body.status === "ok" || body.status === "failed";
  if (!launched || !ended) {
    if (names.length > 0) {
      found.fail(
        "claims.unfounded",
        `The step "${step.id}" is recorded as ${body.status} with ${
          names.join(", ")
        }, but nothing of it was captured`,
        at,
      );
    }
    return;
  }
  const wanted = wantedOf(step);
  if (wanted === null) return;
  if (
    names.length !== wanted.length ||
    wanted.some((name) => !names.includes(name))
  ) {
    found.fail(
      "claims.unbound",
      `The step "${step.id}" is recorded as ${body.status} with ${
        names.join(", ") || "nothing"
      }, ${wanted.join(", ")} is what is captured of it`,
      at,
    );
  }
}

/** `null` for a step that cannot be confined: that is told by `steps.confinement`. */
function wantedOf(step: PlanStep): ReturnType<typeof capturedOf> | null {
  try {
    return capturedOf(confine(step));
  } catch (error) {
    if (!isWritError(error)) throw error;
    return null;
  }
}
