/**
 * A decision in words: for each step the rule, the value that it met, and who may help.
 *
 * @module
 */
import type { Plan } from "../plan/plan.ts";
import type { Decision, Outcome, Rule, Verdict } from "./decision.ts";

/** Why a step got its outcome. Lines are plain text; names in them are already printable. */
export interface Explanation {
  step: string;
  outcome: Verdict;
  /** The outcome in a sentence. */
  summary: string;
  /** A line a rule that decided, `<id>: <reason>`; where nothing permits it, a line that says so. */
  rules: string[];
  /** The values that rules and reviewers look at. */
  values: string[];
  /** Who may help; `null` where no help is needed. */
  help: string | null;
}

/** Explains every step of a decision, in the plan's order. */
export function explain(decision: Decision, plan: Plan): Explanation[] {
  const outcomes = new Map(decision.outcomes.map((one) => [one.step, one]));
  return plan.steps.flatMap((step) => {
    const outcome = outcomes.get(step.id);
    return outcome === undefined ? [] : [explainStep(outcome)];
  });
}

function explainStep(outcome: Outcome): Explanation {
  return {
    step: outcome.step,
    outcome: outcome.outcome,
    summary: SUMMARY[outcome.outcome],
    rules: reasons(outcome),
    values: outcome.obligations,
    help: HELP[outcome.outcome],
  };
}

const SUMMARY: Record<Verdict, string> = {
  allow: "It may run without an approval",
  review: "It may run once people have approved it",
  deny: "It may not run, and no approval can change that",
};

// A denial names who decides. It does not name what to change so that the rule falls silent.
const HELP: Record<Verdict, string | null> = {
  allow: null,
  review:
    "Somebody whose key trust lists as an approver, and who is not the one who asks",
  deny:
    "Whoever answers for the policy folder, and whoever accepts it with deno task writ trust accept",
};

function reasons(outcome: Outcome): string[] {
  const question: Rule["question"] = outcome.outcome === "deny"
    ? "run"
    : "runUnattended";
  const effect: Rule["effect"] = outcome.outcome === "allow"
    ? "permit"
    : "forbid";
  const rules = outcome.rules.filter((rule) =>
    rule.question === question && rule.effect === effect
  );
  if (rules.length > 0) {
    return rules.map(({ id, reason }) =>
      reason === "" ? id : `${id}: ${reason}`
    );
  }
  return [
    question === "run"
      ? "No rule permits it to run"
      : "No rule permits it to run without an approval",
  ];
}
