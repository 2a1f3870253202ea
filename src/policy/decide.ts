/**
 * plan -> decision: two questions to policy about every step.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { type Plan, planDigest, type PlanStep } from "../plan/plan.ts";
import type { Decision, Facts, Outcome, Rule, Verdict } from "./decision.ts";
import { contextOf, requesterEntity, stepAttributes } from "./facts.ts";
import { obligationsOf } from "./obligations.ts";
import { vouched } from "./default_policy.ts";
import type { PolicySet } from "./policy_set.ts";
import { type Answer, type Ask, preparePolicy } from "./prepare_policy.ts";

/**
 * The decision of a policy on a plan. The same inputs give the same decision, byte for byte.
 *
 * @param trust the digest of the trust in force, which the decision names
 * @param options.validated the digest of a policy whose types were checked when it was pinned
 * @throws {WritError} `policy.missing`, `policy.invalid`
 */
export async function decide(
  plan: Plan,
  policy: PolicySet,
  trust: Digest,
  facts: Facts,
  options: { validated?: Digest } = {},
): Promise<Decision> {
  const prepared = await preparePolicy(policy, vouched(options.validated));
  const principal = requesterEntity(facts.requester);
  const context = contextOf(facts);
  const run = prepared.asking("run", principal, context);
  const unattended = prepared.asking("runUnattended", principal, context);
  return {
    v: 1,
    plan: planDigest(plan),
    policy: prepared.digest,
    trust,
    facts,
    outcomes: plan.steps.map((step) =>
      outcomeOf(step, plan, facts, run, unattended)
    ),
  };
}

function outcomeOf(
  step: PlanStep,
  plan: Plan,
  facts: Facts,
  run: Ask,
  unattended: Ask,
): Outcome {
  const attributes = stepAttributes(step, plan);
  const mayRun = run(step.id, attributes);
  const alone = unattended(step.id, attributes);
  const outcome: Verdict = !mayRun.allowed
    ? "deny"
    : alone.allowed
    ? "allow"
    : "review";
  return {
    step: step.id,
    outcome,
    rules: [
      ...rulesOf("run", mayRun),
      // Where nobody may run it, what it would take to run it alone is beside the point.
      ...(mayRun.allowed ? rulesOf("runUnattended", alone) : []),
    ],
    obligations: obligationsOf(step, facts),
  };
}

function rulesOf(question: Rule["question"], answer: Answer): Rule[] {
  return answer.rules.map(({ id, effect, reason }) => ({
    id,
    question,
    effect,
    reason,
  }));
}
