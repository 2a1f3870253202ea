/**
 * Which steps of a plan a key's owner may approve.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import type { Plan } from "../plan/plan.ts";
import type { Facts } from "./decision.ts";
import {
  type Approver,
  approverEntity,
  contextOf,
  stepAttributes,
} from "./facts.ts";
import { vouched } from "./default_policy.ts";
import type { PolicySet } from "./policy_set.ts";
import { preparePolicy } from "./prepare_policy.ts";

/**
 * The ids of the steps that policy does *not* let `approver` approve, in the plan's order.
 *
 * @throws {WritError} `policy.missing`, `policy.invalid`
 */
export async function mayApprove(
  plan: Plan,
  policy: PolicySet,
  facts: Facts,
  approver: Approver,
  options: { validated?: Digest } = {},
): Promise<string[]> {
  const prepared = await preparePolicy(policy, vouched(options.validated));
  const ask = prepared.asking(
    "approve",
    approverEntity(approver),
    contextOf(facts),
  );
  return plan.steps
    .filter((step) => !ask(step.id, stepAttributes(step, plan)).allowed)
    .map((step) => step.id);
}
