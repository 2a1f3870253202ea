/**
 * What a bundle holds of the ledger: the run's entries, the checkpoint of its closing, and the
 * proofs that join them.
 *
 * @module
 */
import type { ConsistencyProof, LedgerExcerpt } from "../bundle/bundle.ts";
import { parseCanonical } from "../core/canonical_json.ts";
import { WritError } from "../core/errors.ts";
import { parseCheckpoint } from "../ledger/checkpoint.ts";
import type { Ledger } from "../ledger/ledger.ts";
import {
  type TreeHead,
  verifyConsistency,
  verifyInclusion,
} from "../ledger/merkle.ts";
import { CORRUPT_HINT } from "../ledger/records.ts";
import type { EntryAt } from "../ledger/run_book.ts";

/**
 * The excerpt of a closed run, the same whenever it is made. It is verified before it leaves.
 *
 * @param seen what the run's ticket has seen of the ledger
 * @throws {WritError} `ledger.corrupt` when what the ledger holds does not prove it
 */
export async function excerptOf(
  run: string,
  seen: TreeHead | null,
  ledger: Ledger,
): Promise<{ excerpt: LedgerExcerpt; checkpoint: Uint8Array }> {
  const checkpoint = await ledger.checkpointOf(run);
  if (checkpoint === null) throw unproven(run, "it has no checkpoint");
  const head = parseCheckpoint(checkpoint, `the checkpoint of run "${run}"`);
  // What became of its evidence later is told beside the bundle, which stays as it was.
  const entries = (await ledger.entriesOf(run)).filter(({ entry }) =>
    entry.type !== "evidence.expired"
  );
  const proofs = ledger.proofs();
  const inclusion: LedgerExcerpt["inclusion"] = [];
  for (const { entry: { seq }, hash } of entries) {
    const proof = await proofs.inclusion(seq, head.size);
    if (!verifyInclusion(hash, seq, head, proof)) {
      throw unproven(run, `entry ${seq} is not in its checkpoint`);
    }
    inclusion.push(proof);
  }
  const consistency: ConsistencyProof[] = [];
  for (const size of earlierSizes(entries, seen)) {
    const before = await proofs.headAt(size);
    const path = await proofs.consistency(size, head.size);
    if (!verifyConsistency(before, head, path)) {
      throw unproven(run, `it did not grow from its first ${size} entries`);
    }
    consistency.push({ ...before, path });
  }
  return {
    excerpt: {
      v: 1,
      ledger: ledger.id,
      entries: entries.map(({ bytes }) => parseCanonical(bytes, "an entry")),
      inclusion,
      consistency,
    },
    checkpoint,
  };
}

/** The sizes that readers may know: what the ticket has seen, and the checkpoint before. */
function earlierSizes(
  entries: readonly EntryAt[],
  seen: TreeHead | null,
): number[] {
  const sizes = new Set<number>(seen === null ? [] : [seen.size]);
  for (const { entry } of entries) {
    if (entry.type === "run.closed") sizes.add(entry.body.before);
  }
  return [...sizes].filter((size) => size > 0).sort((a, b) => a - b);
}

function unproven(run: string, why: string): WritError {
  return new WritError(
    "ledger.corrupt",
    `Cannot prove run "${run}" from the ledger: ${why}`,
    { hint: CORRUPT_HINT },
  );
}
