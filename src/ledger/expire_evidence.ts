/**
 * Entering that evidence of runs has expired.
 *
 * @module
 */
import { canonicalBytes } from "../core/canonical_json.ts";
import { WritError } from "../core/errors.ts";
import type { EvidenceClass } from "../pipeline/pipeline.ts";
import type { EntryBodies } from "./entry.ts";
import type { EntryBatch, EntryLog } from "./entry_log.ts";
import type { RunRecord } from "./records.ts";
import { readRun } from "./run_book.ts";
import type { Put } from "./store.ts";

/** What expires of a run, and what of it is still kept. */
export interface Expiry {
  run: string;
  expired: Omit<EntryBodies["evidence.expired"], "run">[];
  kept: EvidenceClass[];
}

/** Enters what has expired, each class of a run once, in one commit. */
export function expireEvidence(
  log: EntryLog,
  expiries: readonly Expiry[],
): Promise<void> {
  return log.change(async (batch) => {
    const put: Put[] = [];
    for (const expiry of expiries) {
      put.push(...await expireOne(log, batch, expiry));
    }
    return { put, result: undefined };
  });
}

async function expireOne(
  log: EntryLog,
  batch: EntryBatch,
  { run, expired, kept }: Expiry,
): Promise<Put[]> {
  const before = await readRun(log, run);
  if (before === null) {
    throw new WritError(
      "reference.unknown",
      `Cannot find run "${run}" in the ledger`,
    );
  }
  const known = before.evidence?.expired ?? [];
  const fresh = expired.filter((each) => !known.includes(each.class));
  if (fresh.length === 0) return [];
  const seqs = fresh.map((each) =>
    batch.add("evidence.expired", { run, ...each }).entry.seq
  );
  const record: RunRecord = {
    ...before,
    entries: [...before.entries, ...seqs],
    evidence: {
      expired: [...known, ...fresh.map((each) => each.class)],
      kept,
    },
  };
  return [{ kind: "run", id: run, bytes: canonicalBytes(record) }];
}
