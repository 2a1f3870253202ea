/**
 * `steps.order`: a step begins only when all that it needs was done.
 *
 * @module
 */
import type { Invariant } from "../invariant.ts";
import { stepInvariant } from "../step_invariant.ts";
import { receiptPointer } from "../step_runs.ts";

/** Each start, and each result taken from the cache, comes after the good end of every need. */
export const stepsOrder: Invariant = stepInvariant(
  { id: "steps.order", title: "Each step began after all that it needs" },
  ({ plan, runs }, found) => {
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
  },
);
