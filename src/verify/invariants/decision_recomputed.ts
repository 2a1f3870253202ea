/**
 * `decision.recomputed`: policy, asked again from its text in the bundle, gives the same answer.
 *
 * @module
 */
import { BUNDLE_FILES } from "../../bundle/bundle.ts";
import { BUNDLE_POLICY } from "../../bundle/names.ts";
import { canonicalText } from "../../core/canonical_json.ts";
import { isWritError } from "../../core/errors.ts";
import { type Plan, planDigest } from "../../plan/plan.ts";
import { type Decision, decisionDigest } from "../../policy/decision.ts";
import { policyDigest, type PolicySet } from "../../policy/policy_set.ts";
import { trustDigest } from "../../ticket/trust.ts";
import { Findings, type Invariant } from "../invariant.ts";
import { eventsOf, receiptPointer } from "../step_runs.ts";

/** The decision is of this plan, policy and trust, is what policy answers, and is the one that was executed. */
export const decisionRecomputed: Invariant = {
  id: "decision.recomputed",
  title: "Policy, asked again, decides the same",
  beforeSeal: "same",
  async check(parts) {
    const found = new Findings();
    const decision = found.own(parts.decision);
    const policy = found.own(parts.policy);
    const trust = found.own(parts.trust);
    const plan = found.need(parts.plan);
    const receipts = found.need(parts.receipts);
    if (decision === undefined) return found;
    const digest = decisionDigest(decision);
    for (const { seq, body } of eventsOf(receipts ?? [], "run.opened")) {
      if (body.decision !== digest) {
        found.fail(
          "decision.run",
          `The run was opened for the decision ${body.decision}, this is ${digest}`,
          BUNDLE_FILES.decision,
          receiptPointer(seq),
        );
      }
    }
    if (trust !== undefined && trustDigest(trust) !== decision.trust) {
      found.fail(
        "decision.trust",
        `The decision was made under the trust ${decision.trust}, this is ${
          trustDigest(trust)
        }`,
        BUNDLE_FILES.trust,
      );
    }
    const planned = plan && planDigest(plan);
    if (planned !== undefined && planned !== decision.plan) {
      found.fail(
        "decision.plan",
        `The decision is of the plan ${decision.plan}, this is ${planned}`,
        BUNDLE_FILES.plan,
      );
    }
    const ruled = policy && policyDigest(policy);
    if (ruled !== undefined && ruled !== decision.policy) {
      found.fail(
        "decision.policy",
        `The decision was made under the policy ${decision.policy}, this is ${ruled}`,
        BUNDLE_POLICY,
      );
    }
    // Another plan or policy gives another decision by its digest alone: nothing is to be
    // learnt from it, and text that nobody signed does not reach the policy engine.
    const sameSubject = plan !== undefined && policy !== undefined &&
      planned === decision.plan && ruled === decision.policy;
    if (sameSubject) await decideAgain(plan, policy, decision, found);
    return found;
  },
};

async function decideAgain(
  plan: Plan,
  policy: PolicySet,
  decision: Decision,
  found: Findings,
): Promise<void> {
  // The policy engine is most of what verify has to load: it loads while the rest is read.
  const { decide } = await import("../../policy/decide.ts");
  let again: Decision;
  try {
    again = await decide(plan, policy, decision.trust, decision.facts);
  } catch (error) {
    if (!isWritError(error)) throw error;
    found.fail(error.code, error.message, BUNDLE_POLICY);
    return;
  }
  if (canonicalText(again) === canonicalText(decision)) return;
  const pointers = differing(decision, again);
  if (canonicalText(answered(again)) === canonicalText(answered(decision))) {
    found.warn(
      "decision.obligations",
      `Policy answers the same, but what reviewers were told to look at was worded otherwise by Writ ${plan.toolchain.writ}`,
      ...pointers,
    );
    return;
  }
  found.fail(
    "decision.differs",
    "The policy in the bundle answers otherwise than the decision says",
    ...pointers,
  );
}

/** What policy itself has answered: all but Writ's own sentences for reviewers. */
function answered(decision: Decision): Decision {
  const outcomes = decision.outcomes.map((one) => ({
    ...one,
    obligations: [],
  }));
  return { ...decision, outcomes };
}

function differing(decision: Decision, again: Decision): string[] {
  const pointers = decision.outcomes.flatMap((outcome, i) =>
    canonicalText(outcome) === canonicalText(again.outcomes[i] ?? null)
      ? []
      : [`${BUNDLE_FILES.decision}#/outcomes/${i}`]
  );
  return pointers.length > 0 ? pointers : [BUNDLE_FILES.decision];
}
