/**
 * Sealing evidence: for whom what is captured of a step is encrypted.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { loadSealing } from "../evidence/evidence_writer.ts";
import type { PlanStep } from "../plan/plan.ts";
import { recipientId } from "../ticket/recipient.ts";
import type { Trust } from "../ticket/trust.ts";
import type { Seal } from "./capture.ts";

/** The first step whose evidence nobody could open; `null` when there is none. */
export function unsealable(
  steps: readonly PlanStep[],
  trust: Trust | null,
): WritError | null {
  const sealed = steps.find(({ evidence }) => evidence === "sealed");
  if (sealed === undefined || (trust?.recipients ?? []).length > 0) return null;
  return new WritError(
    "evidence.no_recipient",
    `Cannot seal what step "${sealed.id}" prints: trust names no recipient`,
    {
      hint:
        "deno task writ trust add age1…, then deno task writ trust accept; age-keygen makes a recipient",
    },
  );
}

/**
 * Requires that what is to be sealed can be opened by somebody.
 *
 * @throws {WritError} `evidence.no_recipient`
 */
export function requireSealable(
  steps: readonly PlanStep[],
  trust: Trust | null,
): void {
  const error = unsealable(steps, trust);
  if (error !== null) throw error;
}

/**
 * What seals the evidence of these steps; `null` where none of them asks for it.
 *
 * @throws {WritError} `evidence.no_recipient`
 */
export async function sealFor(
  steps: readonly PlanStep[],
  trust: Trust,
): Promise<Seal | null> {
  requireSealable(steps, trust);
  if (steps.every(({ evidence }) => evidence === "public")) return null;
  const recipients = (trust.recipients ?? []).map(({ recipient }) => recipient);
  return {
    sealing: await loadSealing(recipients),
    recipients: recipients.map(recipientId).sort(),
  };
}
