/**
 * The documents that tickets and runs point to by digest.
 *
 * @module
 */
import { canonicalBytes, parseCanonical } from "../core/canonical_json.ts";
import { type Digest, sha256 } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { type Plan, PlanSchema } from "../plan/plan.ts";
import { type Decision, DecisionSchema } from "../policy/decision.ts";
import type { PolicySet } from "../policy/policy_set.ts";
import type { Trust } from "../ticket/trust.ts";

/** What a decision is about, as bytes by digest. The pipeline's text is kept as it was read. */
export function documentsOf(
  parts: {
    plan: Plan;
    decision: Decision;
    policy: PolicySet;
    trust: Trust;
    pipeline: Uint8Array;
  },
): Map<Digest, Uint8Array> {
  const files = Object.values(parts.policy.files).map((text) =>
    new TextEncoder().encode(text)
  );
  const all = [
    canonicalBytes(parts.plan),
    canonicalBytes(parts.decision),
    canonicalBytes(parts.trust),
    parts.pipeline,
    ...files,
  ];
  return new Map(all.map((bytes) => [sha256(bytes), bytes]));
}

/** A plan that was kept. */
export async function readPlan(ledger: Ledger, digest: Digest): Promise<Plan> {
  return PlanSchema.parse(await read(ledger, digest, "plan"));
}

/** A decision that was kept. */
export async function readDecision(
  ledger: Ledger,
  digest: Digest,
): Promise<Decision> {
  return DecisionSchema.parse(await read(ledger, digest, "decision"));
}

async function read(
  ledger: Ledger,
  digest: Digest,
  what: string,
): Promise<unknown> {
  const bytes = await ledger.document(digest);
  if (bytes === null || sha256(bytes) !== digest) {
    throw new WritError(
      "ledger.corrupt",
      `Cannot read ${what} ${digest}: ${
        bytes === null ? "it is not in the ledger" : "its bytes are others"
      }`,
    );
  }
  return parseCanonical(bytes, `${what} ${digest}`);
}
