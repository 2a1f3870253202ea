/**
 * `claims.bound`: what a receipt claims of a launch is bound to what was captured of it.
 *
 * @module
 */
import { BUNDLE_FILES } from "../../bundle/bundle.ts";
import type { BundleParts } from "../../bundle/parse_bundle.ts";
import { isWritError } from "../../core/errors.ts";
import type { PlanStep } from "../../plan/plan.ts";
import { capturedOf } from "../../sandbox/captured.ts";
import { confine } from "../../sandbox/confine.ts";
import { recipientFault, recipientId } from "../../ticket/recipient.ts";
import type { Trust } from "../../ticket/trust.ts";
import type { Findings, Invariant } from "../invariant.ts";
import { stepInvariant } from "../step_invariant.ts";
import { type Event, receiptPointer, type StepRun } from "../step_runs.ts";

/**
 * Each launch that ended names everything that is captured of such a step, once, sealed for the
 * recipients that were in force where the plan says so; what was not launched names nothing.
 */
export const claimsBound: Invariant = stepInvariant(
  {
    id: "claims.bound",
    title: "What is claimed of a launch is bound to what was captured of it",
  },
  ({ plan, runs }, found, parts) => {
    for (const step of plan.steps) {
      const run = runs.get(step.id);
      for (const event of run?.finished ?? []) {
        checkEnd(step, event, run!, found);
        checkClass(step, event, parts, found);
      }
    }
  },
);

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

/** What is captured is of the class that the plan says, and sealed evidence is for those in trust. */
function checkClass(
  step: PlanStep,
  { seq, body }: Event<"step.finished">,
  parts: BundleParts,
  found: Findings,
): void {
  for (const [i, { name, sealed }] of body.evidence.entries()) {
    const at = `${receiptPointer(seq)}/body/evidence/${i}`;
    const what = `The ${name} of the step "${step.id}"`;
    if ((sealed === undefined ? "public" : "sealed") !== step.evidence) {
      found.fail(
        "claims.class",
        `${what} is recorded as ${
          sealed === undefined ? "public" : "sealed"
        }, the plan says ${step.evidence}`,
        at,
      );
    } else if (sealed !== undefined) {
      const recipients = recipientsOf(found.need(parts.trust));
      if (recipients.join() !== sealed.recipients.join()) {
        found.fail(
          "claims.recipients",
          `${what} is recorded as sealed for others than those in the trust that was in force`,
          at,
          BUNDLE_FILES.trust,
        );
      }
    }
  }
}

/** Fingerprints, sorted. One that cannot be read has none, and so is nobody's in a receipt. */
function recipientsOf(trust: Trust | undefined): string[] {
  return (trust?.recipients ?? []).map(({ recipient }) =>
    recipientFault(recipient) === null ? recipientId(recipient) : recipient
  ).sort();
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
