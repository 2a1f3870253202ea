/**
 * `ledger.seen`: the bundle's checkpoint and the one that the reader keeps are of one history.
 *
 * @module
 */
import { BUNDLE_FILES } from "../../bundle/bundle.ts";
import type { Excerpt } from "../../bundle/parse_bundle.ts";
import { isWritError } from "../../core/errors.ts";
import type { Checkpoint } from "../../ledger/checkpoint.ts";
import { type TreeHead, verifyConsistency } from "../../ledger/merkle.ts";
import { type ReadTile, TreeReader } from "../../ledger/tree_reader.ts";
import { Findings, type Invariant, type VerifyOptions } from "../invariant.ts";
import { isSigned, keyOfLedger } from "./ledger_checkpoint.ts";
import { leadsTo } from "./ledger_consistency.ts";

/** The older of the two leads to the newer one, by a proof of the bundle or from the reader's tiles. */
export const ledgerSeen: Invariant = {
  id: "ledger.seen",
  title: "The ledger agrees with what the reader has seen of it",
  beforeSeal: false,
  async check(parts, options) {
    const found = new Findings();
    const { seen } = options;
    const excerpt = found.need(parts.ledger);
    const checkpoint = found.need(parts.checkpoint);
    if (seen === undefined) {
      found.nothing =
        "The reader named nothing that they have seen of the ledger";
      return found;
    }
    if (excerpt === undefined || checkpoint === undefined) return found;
    await checkSeen(seen.checkpoint, checkpoint, excerpt, options, found);
    switch (await agree(seen.checkpoint, checkpoint, excerpt, seen.tiles)) {
      case "differs":
        found.fail(
          "seen.differs",
          `The bundle's checkpoint of ${checkpoint.size} entries and the reader's of ${seen.checkpoint.size} are of different histories`,
          BUNDLE_FILES.checkpoint,
        );
        break;
      case "unproven":
        found.unknown(
          "seen.unproven",
          `There is no proof that the bundle's checkpoint of ${checkpoint.size} entries and the reader's of ${seen.checkpoint.size} are of one history; an export of the ledger would hold it`,
          `${BUNDLE_FILES.ledger}#/consistency`,
        );
    }
    return found;
  },
};

/** What the reader keeps is of this ledger, and signed by its key. */
async function checkSeen(
  seen: Checkpoint,
  checkpoint: Checkpoint,
  excerpt: Excerpt,
  { trust }: VerifyOptions,
  found: Findings,
): Promise<void> {
  if (seen.origin !== checkpoint.origin) {
    found.fail(
      "seen.origin",
      `The reader's checkpoint is of "${seen.origin}", the bundle's of "${checkpoint.origin}"`,
      BUNDLE_FILES.checkpoint,
    );
  }
  const key = trust === null ? null : keyOfLedger(trust, excerpt.ledger);
  if (trust === null) {
    found.unknown(
      "trust.none",
      "The reader named no trust file: whose checkpoint was seen is not known",
    );
  } else if (key === null || await isSigned(seen, key) !== "good") {
    found.fail(
      "seen.signature",
      "The reader's checkpoint is not signed by this ledger's key in the reader's trust",
    );
  }
}

async function agree(
  seen: TreeHead,
  checkpoint: TreeHead,
  excerpt: Excerpt,
  tiles: ReadTile | undefined,
): Promise<"holds" | "differs" | "unproven"> {
  const known = leadsTo(seen, checkpoint, excerpt);
  if (known === "holds" || known === "differs") return known;
  if (tiles === undefined) return "unproven";
  const [older, newer] = known === "shorter"
    ? [checkpoint, seen]
    : [seen, checkpoint];
  if (older.size === 0) return "holds";
  try {
    const proof = await new TreeReader(tiles)
      .consistency(older.size, newer.size);
    return verifyConsistency(older, newer, proof) ? "holds" : "differs";
  } catch (error) {
    // An export that is too short proves nothing, for or against.
    if (isWritError(error, "ledger.corrupt")) return "unproven";
    throw error;
  }
}
