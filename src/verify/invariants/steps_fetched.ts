/**
 * `steps.fetched`: each cache that a step was given is what a step had fetched, or what the plan names.
 *
 * @module
 */
import type { CacheRef } from "../../ledger/receipt.ts";
import type { PlanStep } from "../../plan/plan.ts";
import type { Findings, Invariant } from "../invariant.ts";
import { stepInvariant } from "../step_invariant.ts";
import {
  type Event,
  finalOf,
  receiptPointer,
  type StepRun,
} from "../step_runs.ts";

/** A step fills the cache that the plan has it fill, once it is `ok`, and is given those that the plan names. */
export const stepsFetched: Invariant = stepInvariant(
  { id: "steps.fetched", title: "Each cache of packages is what was fetched" },
  ({ plan, runs }, found) => {
    for (const step of plan.steps) {
      for (const event of runs.get(step.id)?.finished ?? []) {
        checkFilled(step, event, found);
        checkGiven(step, event, runs, found);
      }
    }
  },
);

function checkFilled(
  step: PlanStep,
  { seq, body }: Event<"step.finished">,
  found: Findings,
): void {
  const at = `${receiptPointer(seq)}/body/fetch`;
  const done = body.status === "ok" || body.status === "cached";
  if (body.fetch !== null && (!done || body.fetch.cache !== step.fetch)) {
    found.fail(
      "fetched.undeclared",
      `The step "${step.id}" is recorded as having filled the ${body.fetch.cache} cache, which ${
        done ? "the plan does not have it fill" : "only a step that is ok does"
      }`,
      at,
    );
  }
  if (done && step.fetch !== null && body.fetch === null) {
    found.fail(
      "fetched.missing",
      `The step "${step.id}" is recorded as ${body.status} without the ${step.fetch} cache that it fills`,
      at,
    );
  }
}

function checkGiven(
  step: PlanStep,
  { seq, body }: Event<"step.finished">,
  runs: ReadonlyMap<string, StepRun>,
  found: Findings,
): void {
  const at = `${receiptPointer(seq)}/body/fetched`;
  const given = new Map(body.fetched.map((ref) => [ref.cache, ref]));
  for (const planned of step.fetched) {
    const ref = given.get(planned.cache);
    given.delete(planned.cache);
    if (ref === undefined) {
      if (hasRun(body.status)) {
        found.fail(
          "fetched.missing",
          `The step "${step.id}" did not record the ${planned.cache} cache, which the plan has it given`,
          at,
        );
      }
      continue;
    }
    const wanted = "tree" in planned
      ? planned.tree
      : fetchedBy(runs.get(planned.from), planned.cache)?.tree;
    if (ref.tree !== wanted) {
      found.fail(
        "fetched.differ",
        `The step "${step.id}" was given the ${ref.cache} cache ${ref.tree}, ${
          "tree" in planned ? "the plan says" : `"${planned.from}" had fetched`
        } ${wanted ?? "nothing"}`,
        at,
      );
    }
  }
  if (given.size > 0 || body.fetched.length > step.fetched.length) {
    found.fail(
      "fetched.undeclared",
      `The step "${step.id}" was given a cache that the plan does not have, or one twice`,
      at,
    );
  }
}

function hasRun(status: string): boolean {
  return status === "ok" || status === "cached" || status === "failed";
}

function fetchedBy(
  run: StepRun | undefined,
  cache: CacheRef["cache"],
): CacheRef | undefined {
  const fetch = finalOf(run)?.body.fetch;
  return fetch?.cache === cache ? fetch : undefined;
}
