/**
 * `plan.digests`: the plan is whole, and it is the one that ran.
 *
 * @module
 */
import { BUNDLE_FILES } from "../../bundle/bundle.ts";
import { isWithin, withoutSlash } from "../../core/paths.ts";
import { type Plan, planDigest, stepDigest } from "../../plan/plan.ts";
import { Findings, type Invariant } from "../invariant.ts";
import { eventsOf, receiptPointer } from "../step_runs.ts";

/** Step digests recomputed, ids unique, needs known and earlier, and the run opened with this plan. */
export const planDigests: Invariant = {
  id: "plan.digests",
  title: "The plan is whole and is the one that was run",
  beforeSeal: "same",
  check(parts) {
    const found = new Findings();
    const plan = found.own(parts.plan);
    if (plan === undefined) return found;
    checkSteps(plan, found);
    const receipts = found.need(parts.receipts);
    const digest = planDigest(plan);
    for (const { seq, body } of eventsOf(receipts ?? [], "run.opened")) {
      if (body.plan !== digest) {
        found.fail(
          "plan.differs",
          `The run was opened for the plan ${body.plan}, this is ${digest}`,
          BUNDLE_FILES.plan,
          receiptPointer(seq),
        );
      }
    }
    return found;
  },
};

function checkSteps(plan: Plan, found: Findings): void {
  const earlier = new Map<string, Plan["steps"][number]>();
  for (const [i, step] of plan.steps.entries()) {
    const at = `${BUNDLE_FILES.plan}#/steps/${i}`;
    if (earlier.has(step.id)) {
      found.fail("plan.step_id", `The step "${step.id}" comes twice`, at);
    }
    const digest = stepDigest(step, plan.toolchain);
    if (digest !== step.digest) {
      found.fail(
        "plan.step_digest",
        `The step "${step.id}" is ${digest}, ${step.digest} is written`,
        `${at}/digest`,
      );
    }
    for (const need of step.needs) {
      if (!earlier.has(need)) {
        found.fail(
          "plan.needs",
          `The step "${step.id}" needs "${need}", which is no earlier step`,
          `${at}/needs`,
        );
      }
    }
    for (const material of step.materials) {
      if (!("from" in material)) continue;
      const products = earlier.get(material.from)?.products ?? [];
      const made = products.some(({ path }) =>
        isWithin(material.path, withoutSlash(path)) ||
        isWithin(withoutSlash(path), material.path)
      );
      if (!made) {
        found.fail(
          "plan.material_from",
          `The step "${step.id}" reads "${material.path}" from "${material.from}", which does not write it`,
          `${at}/materials`,
        );
      }
    }
    for (const cache of step.fetched) {
      if (
        "from" in cache && earlier.get(cache.from)?.fetch !== cache.cache
      ) {
        found.fail(
          "plan.material_from",
          `The step "${step.id}" is given the ${cache.cache} cache from "${cache.from}", which does not fetch it`,
          `${at}/fetched`,
        );
      }
    }
    earlier.set(step.id, step);
  }
}
