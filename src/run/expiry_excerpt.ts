/**
 * What a bundle says of its evidence that has expired: the ledger's entries, and what proves them.
 *
 * @module
 */
import type { ExpiryExcerpt } from "../bundle/bundle.ts";
import { parseCanonical } from "../core/canonical_json.ts";
import { WritError } from "../core/errors.ts";
import { formatNote } from "../core/note.ts";
import { type Checkpoint, parseCheckpoint } from "../ledger/checkpoint.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { verifyConsistency, verifyInclusion } from "../ledger/merkle.ts";
import { CORRUPT_HINT } from "../ledger/records.ts";

/**
 * The expiries of a closed run's evidence, verified before they leave.
 *
 * @param checkpoint of the whole ledger, as it was signed
 * @throws {WritError} `ledger.corrupt` when what the ledger holds does not prove it
 */
export async function expiryExcerptOf(
  run: string,
  checkpoint: Uint8Array,
  ledger: Ledger,
): Promise<ExpiryExcerpt> {
  const closing = await ledger.checkpointOf(run);
  if (closing === null) throw unproven(run);
  const before = parseCheckpoint(closing, `the checkpoint of run "${run}"`);
  const head = parseCheckpoint(checkpoint, "the newest checkpoint");
  const entries = (await ledger.entriesOf(run)).filter(({ entry }) =>
    entry.type === "evidence.expired"
  );
  const proofs = ledger.proofs();
  const inclusion: ExpiryExcerpt["inclusion"] = [];
  for (const { entry: { seq }, hash } of entries) {
    const proof = await proofs.inclusion(seq, head.size);
    if (!verifyInclusion(hash, seq, head, proof)) throw unproven(run);
    inclusion.push(proof);
  }
  const consistency = await proofs.consistency(before.size, head.size);
  if (!verifyConsistency(before, head, consistency)) throw unproven(run);
  return {
    v: 1,
    ledger: ledger.id,
    entries: entries.map(({ bytes }) => parseCanonical(bytes, "an entry")),
    checkpoint: new TextDecoder().decode(ownNote(head)),
    inclusion,
    consistency,
  };
}

/** The note with the ledger's own signature: what others cosigned is no part of a bundle. */
function ownNote({ origin, note }: Checkpoint): Uint8Array {
  return formatNote({
    text: note.text,
    signatures: note.signatures.filter(({ name }) => name === origin),
  });
}

function unproven(run: string): WritError {
  return new WritError(
    "ledger.corrupt",
    `Cannot prove from the ledger that evidence of run "${run}" has expired`,
    { hint: CORRUPT_HINT },
  );
}
