/**
 * Whether a key may sign for policy, with nobody there to ask.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { quoted } from "../core/printable.ts";
import type { Trust, TrustedKey } from "./trust.ts";

/** How a policy is listed, as a hint. */
export const LIST_POLICY =
  "deno task writ trust add --policy lists it, deno task writ trust accept puts that in force";

/** Why a key's signature stands for no policy of this digest, and what helps; `null` where it does. */
export function whyNotForPolicy(
  key: Pick<TrustedKey, "owner" | "kind" | "roles">,
  trust: Trust,
  policy: Digest,
): { what: string; hint?: string } | null {
  const who = quoted(key.owner);
  if (!key.roles.includes("policy")) {
    return { what: `the key of ${who} may not sign for policy` };
  }
  if (key.kind !== "system") {
    return {
      what:
        `the key of ${who} signs for policy and is of kind "${key.kind}", "system" was expected`,
    };
  }
  if (!trust.policies.includes(policy)) {
    return {
      what:
        `trust does not list the policy ${policy} as one that may allow by itself`,
      hint: LIST_POLICY,
    };
  }
  return null;
}
