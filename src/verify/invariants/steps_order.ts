/**
 * `steps.order`: a step begins only when all that it needs was done.
 *
 * @module
 */
import { Findings, type Invariant } from "../invariant.ts";
import { receiptPointer, stepRuns } from "../step_runs.ts";

/** Each start, and each result taken from the cache, comes after the good end of every need. */
export const stepsOrder: Invariant = {
  id: "steps.order",
  title: "Each step began after all that it needs",
  beforeSeal: "same",
  check(parts) {
    const found = new Findings();
    const plan = found.need(parts.plan);
    const receipts = found.need(parts.receipts);
    if (plan === undefined || receipts === undefined) return found;
    const runs = stepRuns(receipts);
    for (const step of plan.steps) {
      const run = runs.get(step.id);
      const began = [
        ...run?.started ?? [],
        ...(run?.finished ?? []).filter(({ body }) => body.status === "cached"),
      ];
      for (const need of step.needs) {
        const done = (runs.get(need)?.finished ?? []).find(({ body }) =>
          body.status === "ok" || body.status === "cached"
        );
        const early = began.find(({ seq }) =>
          done === undefined || seq < done.seq
        );
        if (early !== undefined) {
          found.fail(
            "steps.before_needs",
            `The step "${step.id}" began before "${need}", which it needs, was done`,
            receiptPointer(early.seq),
          );
        }
      }
    }
    return found;
  },
};
