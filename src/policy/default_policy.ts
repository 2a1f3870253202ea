/**
 * The policy that holds where a workspace has none of its own.
 *
 * @module
 */
import rules from "../../policies/default.cedar" with { type: "text" };
import schema from "../../policies/writ.cedarschema" with { type: "text" };
import type { Digest } from "../core/digest.ts";
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
