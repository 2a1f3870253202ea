/**
 * What is kept of the evidence of a run, and until when.
 *
 * @module
 */
import { counted } from "../core/counted.ts";
import type { Digest } from "../core/digest.ts";
import { formatTime } from "../core/time.ts";
import { dueAt } from "../evidence/retention.ts";
import { capturedBy } from "../ledger/captured.ts";
import type { Receipt } from "../ledger/receipt.ts";
import type { RunRecord } from "../ledger/records.ts";
import type { EvidenceClass } from "../pipeline/pipeline.ts";
import { RetentionRules } from "../run/due_evidence.ts";
import type { OpenLedger } from "./open_ledger.ts";
import { retentionInForce } from "./retention_in_force.ts";

/** The evidence of one class. */
export interface KeptEvidence {
  class: EvidenceClass;
  /** How many pieces were captured, and their bytes as they are kept. */
  pieces: number;
  bytes: number;
  /** From when on it may go; `null`: never. */
  keptUntil: string | null;
  /** Whether it has gone. */
  expired: boolean;
  /** Fingerprints of those who can open it; empty where it is public. */
  recipients: Digest[];
}

/** By class; those of which nothing was captured are left out. */
export async function keptEvidence(
  record: RunRecord,
  receipts: readonly Receipt[],
  { ledger, config }: OpenLedger,
): Promise<KeptEvidence[]> {
  const inForce = await retentionInForce(config, ledger.id);
  const rules = new RetentionRules(ledger, inForce);
  const rule = await rules.of(record.decision);
  return [...capturedBy(receipts)].map(([name, { refs, captured }]) => {
    const due = dueAt(captured, rule[name]);
    const recipients = refs.flatMap(({ sealed }) => sealed?.recipients ?? []);
    return {
      class: name,
      pieces: refs.length,
      bytes: refs.reduce((sum, { bytes }) => sum + bytes, 0),
      keptUntil: due === null ? null : formatTime(due),
      expired: record.evidence?.expired.includes(name) ?? false,
      recipients: [...new Set(recipients)],
    };
  }).sort((a, b) => a.class < b.class ? -1 : 1);
}

/** `public, 4 pieces, 120 B, kept until …`. */
export function keptText(
  { class: name, pieces, bytes, keptUntil, expired, recipients }: KeptEvidence,
): string {
  return [
    name,
    counted(pieces, "piece"),
    `${bytes} B`,
    ...(recipients.length === 0
      ? []
      : [`for ${counted(recipients.length, "recipient")}`]),
    expired
      ? "expired"
      : keptUntil === null
      ? "kept for ever"
      : `kept until ${keptUntil}`,
  ].join(", ");
}
