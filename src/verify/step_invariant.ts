/**
 * Invariants over what became of the plan's steps.
 *
 * @module
 */
import type { BundleParts, Hashed } from "../bundle/parse_bundle.ts";
import type { Receipt } from "../ledger/receipt.ts";
import type { Plan } from "../plan/plan.ts";
import { Findings, type Invariant } from "./invariant.ts";
import { type StepRun, stepRuns } from "./step_runs.ts";

/** What was planned, what was recorded, and of that what is said of each step, by its id. */
export interface Steps {
  plan: Plan;
  receipts: readonly Hashed<Receipt>[];
  runs: ReadonlyMap<string, StepRun>;
}

/** An invariant that rests on plan and receipts, and is the same before the seal and after it. */
export function stepInvariant(
  about: Pick<Invariant, "id" | "title">,
  check: (steps: Steps, found: Findings, parts: BundleParts) => void,
): Invariant {
  return {
    ...about,
    beforeSeal: "same",
    check(parts) {
      const found = new Findings();
      const steps = stepsOf(parts, found);
      if (steps !== undefined) check(steps, found, parts);
      return found;
    },
  };
}

/** The steps of a bundle; `undefined`, and a finding, where its plan or receipts cannot be read. */
export function stepsOf(
  parts: BundleParts,
  found: Findings,
): Steps | undefined {
  const plan = found.need(parts.plan);
  const receipts = found.need(parts.receipts);
  return plan === undefined || receipts === undefined
    ? undefined
    : { plan, receipts, runs: stepRuns(receipts) };
}
