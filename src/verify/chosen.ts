/**
 * Which steps of the plan the run set out to do.
 *
 * @module
 */
import type { Hashed } from "../bundle/parse_bundle.ts";
import type { Receipt, StepStatus } from "../ledger/receipt.ts";
import type { Plan } from "../plan/plan.ts";
import { eventsOf, finalOf, type StepRun } from "./step_runs.ts";

/** The ids of the steps that the run set out to do: all, or those it was opened with. */
export function chosenSteps(
  plan: Plan,
  receipts: readonly Hashed<Receipt>[],
): ReadonlySet<string> {
  const only = eventsOf(receipts, "run.opened")[0]?.body.only ?? null;
  return new Set(only ?? plan.steps.map(({ id }) => id));
}

/** How a step ended; one without a receipt was `skipped`, which is only right for what was not chosen. */
export function endOf(run: StepRun | undefined): StepStatus {
  return finalOf(run)?.body.status ?? "skipped";
}
