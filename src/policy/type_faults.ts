/**
 * What is wrong with the rules of a policy under its schema: misspelt names, actions and values,
 * comparisons of different types, rules that can never apply, texts that deceive the eye.
 *
 * @module
 */
import type { Fault } from "../core/errors.ts";
import type { Cedar, CedarError } from "./cedar.ts";
import {
  cedarFault,
  type ParsedPolicy,
  type PolicyRule,
  ruleFault,
} from "./parse_policy.ts";
import { PolicyText } from "./policy_text.ts";

/**
 * Every fault that Cedar's validator finds. Its warnings count: a `forbid` that can never apply
 * is a hole, and a text with hidden characters is not what its reader approved.
 */
export function typeFaults(
  cedar: Cedar,
  rules: readonly PolicyRule[],
  schema: NonNullable<ParsedPolicy["schema"]>,
): Fault[] {
  const answer = cedar.validate({
    schema: schema.text,
    policies: {
      staticPolicies: Object.fromEntries(
        rules.map((rule) => [rule.id, rule.text]),
      ),
    },
  });
  const text = new PolicyText(schema.file, schema.text);
  const inSchema = (error: CedarError) => cedarFault(error, text);
  if (answer.type === "failure") return answer.errors.map(inSchema);
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const wrong = new Set(answer.validationErrors.map((error) => error.policyId));
  return [
    ...answer.validationErrors,
    // A rule that does not type is "impossible" as well; one fault says it.
    ...answer.validationWarnings.filter(({ policyId }) => !wrong.has(policyId)),
  ].map(({ policyId, error }) => {
    const rule = byId.get(policyId);
    return rule === undefined ? inSchema(error) : ruleFault(error, rule);
  }).sort(byPlace).concat(answer.otherWarnings.map(inSchema));
}

function byPlace(a: Fault, b: Fault): number {
  const fileA = a.place?.file ?? "", fileB = b.place?.file ?? "";
  if (fileA !== fileB) return fileA < fileB ? -1 : 1;
  return (a.place?.line ?? 0) - (b.place?.line ?? 0) ||
    (a.place?.column ?? 0) - (b.place?.column ?? 0);
}
