/**
 * Which evidence has been kept long enough.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { dueAt, longer } from "../evidence/retention.ts";
import { capturedBy } from "../ledger/captured.ts";
import type { Expiry } from "../ledger/expire_evidence.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { RunRecord } from "../ledger/records.ts";
import type { EvidenceClass } from "../pipeline/pipeline.ts";
import { RETENTION, type Retention } from "../ticket/trust.ts";
import { readDecision, readReceipts, readTrust } from "./documents.ts";

/** All classes of evidence. */
export const CLASSES: readonly EvidenceClass[] = ["public", "sealed"];

/** What of a run is due. */
export interface DueEvidence extends Expiry {
  /** Of what is due: how many pieces, and their bytes. */
  files: number;
  bytes: number;
}

/** How long the evidence of each run is kept. */
export class RetentionRules {
  readonly #ledger: Ledger;
  readonly #inForce: Retention;
  readonly #known = new Map<Digest, Promise<Retention>>();

  /** @param inForce the longest of what is in force now: what that keeps longer is kept longer */
  constructor(ledger: Ledger, inForce: Retention) {
    this.#ledger = ledger;
    this.#inForce = inForce;
  }

  /** The rule for runs of a decision: that of the trust which it was made under, or a longer one. */
  of(decision: Digest): Promise<Retention> {
    let rule = this.#known.get(decision);
    if (rule === undefined) {
      this.#known.set(decision, rule = this.#read(decision));
    }
    return rule;
  }

  async #read(decision: Digest): Promise<Retention> {
    const { trust } = await readDecision(this.#ledger, decision);
    const { retention = RETENTION } = await readTrust(this.#ledger, trust);
    return {
      public: longer(retention.public, this.#inForce.public),
      sealed: longer(retention.sealed, this.#inForce.sealed),
    };
  }
}

/** What of a run is due at a time (milliseconds since 1970); `null` where nothing is. */
export async function dueEvidence(
  record: RunRecord,
  rules: RetentionRules,
  now: number,
  ledger: Ledger,
): Promise<DueEvidence | null> {
  const { run, openedAt, evidence } = record;
  if (evidence?.kept.length === 0) return null;
  const rule = await rules.of(record.decision);
  const isDue = (name: EvidenceClass, captured: string) => {
    const due = dueAt(captured, rule[name]);
    return due !== null && due <= now;
  };
  // Nothing was captured before the run was opened.
  if (!CLASSES.some((name) => isDue(name, openedAt))) return null;
  const due: DueEvidence = { run, expired: [], kept: [], files: 0, bytes: 0 };
  const captured = capturedBy(await readReceipts(ledger, run));
  for (const name of CLASSES) {
    const of = captured.get(name);
    if (of === undefined || evidence?.expired.includes(name)) continue;
    if (!isDue(name, of.captured)) due.kept.push(name);
    else {
      due.expired.push({
        class: name,
        captured: of.captured,
        days: rule[name]!,
      });
      due.files += of.refs.length;
      due.bytes += of.refs.reduce((sum, { bytes }) => sum + bytes, 0);
    }
  }
  return due.expired.length === 0 ? null : due;
}
