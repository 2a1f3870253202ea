/**
 * `ledger.inclusion`: the entries of the excerpt are in the ledger whose tree the checkpoint signs.
 *
 * @module
 */
import { BUNDLE_FILES } from "../../bundle/bundle.ts";
import { verifyInclusion } from "../../ledger/merkle.ts";
import { Findings, type Invariant } from "../invariant.ts";
import { entryPointer } from "../ledger_events.ts";

/** Each entry has a proof that it is the leaf of its `seq` in the checkpoint's tree. */
export const ledgerInclusion: Invariant = {
  id: "ledger.inclusion",
  title: "The entries are in the ledger that the checkpoint signs",
  beforeSeal: false,
  check(parts) {
    const found = new Findings();
    const excerpt = found.need(parts.ledger);
    const checkpoint = found.need(parts.checkpoint);
    if (excerpt === undefined || checkpoint === undefined) return found;
    const { entries, inclusion } = excerpt;
    if (entries.length !== inclusion.length) {
      found.fail(
        "inclusion.count",
        `There are ${inclusion.length} proofs for ${entries.length} entries`,
        `${BUNDLE_FILES.ledger}#/inclusion`,
      );
    }
    for (const [i, { value: { seq }, hash }] of entries.entries()) {
      if (seq >= checkpoint.size) {
        found.fail(
          "inclusion.cut",
          `The checkpoint covers ${checkpoint.size} entries, the entry ${seq} is not among them`,
          entryPointer(i),
          BUNDLE_FILES.checkpoint,
        );
      } else if (!verifyInclusion(hash, seq, checkpoint, inclusion[i] ?? [])) {
        found.fail(
          "inclusion.proof",
          `Nothing proves that the entry ${seq} is in the ledger that the checkpoint signs`,
          entryPointer(i),
          `${BUNDLE_FILES.ledger}#/inclusion/${i}`,
        );
      }
    }
    return found;
  },
};
