/**
 * The policy that holds where a workspace has none of its own.
 *
 * @module
 */
import rules from "../../policies/default.cedar" with { type: "text" };
import parsed from "../../policies/default.rules.json" with { type: "json" };
import schema from "../../policies/writ.cedarschema" with { type: "text" };
import type { Digest } from "../core/digest.ts";
import type { ParsedPolicy, PolicyRule } from "./parse_policy.ts";
import { PolicyText } from "./policy_text.ts";
import { policyDigest, type PolicySet } from "./policy_set.ts";

/** `policies/default.cedar` and `policies/writ.cedarschema` of this repository. */
export const DEFAULT_POLICY: PolicySet = {
  files: { "default.cedar": rules, "writ.cedarschema": schema },
};

/** The digest of {@linkcode DEFAULT_POLICY}. */
export const DEFAULT_POLICY_DIGEST: Digest = policyDigest(DEFAULT_POLICY);

/** The policies whose types need no check: the default one, which tests check, and the caller's. */
export function vouched(validated?: Digest): Digest[] {
  return validated === undefined
    ? [DEFAULT_POLICY_DIGEST]
    : [DEFAULT_POLICY_DIGEST, validated];
}

/** A rule as `policies/default.rules.json` keeps it: the file's text stands beside it. */
export type KeptRule = Omit<PolicyRule, "source"> & { start: number };

/**
 * {@linkcode DEFAULT_POLICY} as `parsePolicy` reads it, which a test compares: reading it anew
 * would take a third of the time of a short command.
 */
export function defaultParsed(): ParsedPolicy {
  const kept = parsed as KeptRule[];
  const text = new PolicyText("default.cedar", rules);
  return {
    schema: { file: "writ.cedarschema", text: schema },
    rules: kept.map(({ start, ...rule }) => ({
      ...rule,
      source: { text, start },
    })),
    faults: [],
  };
}
