/**
 * `ledger.consistency`: the ledger of the checkpoint begins with the one that the approvers saw.
 *
 * @module
 */
import { BUNDLE_FILES } from "../../bundle/bundle.ts";
import type { Excerpt } from "../../bundle/parse_bundle.ts";
import {
  EMPTY_TREE,
  type TreeHead,
  verifyConsistency,
} from "../../ledger/merkle.ts";
import { Findings, type Invariant } from "../invariant.ts";
import { entriesOf } from "../ledger_events.ts";

/**
 * A proof leads from the tree in the ticket to the checkpoint's. That the ticket was entered
 * after it needs no check: no tree can hold the hash of what holds its root.
 */
export const ledgerConsistency: Invariant = {
  id: "ledger.consistency",
  title: "The ledger only grew since the approvers saw it",
  beforeSeal: false,
  check(parts) {
    const found = new Findings();
    const ticket = found.need(parts.ticket)?.payload;
    const excerpt = found.need(parts.ledger);
    const checkpoint = found.need(parts.checkpoint);
    if (ticket === undefined) return found;
    if (excerpt === undefined || checkpoint === undefined) return found;
    checkProofs(excerpt, checkpoint, found);
    checkSizes(ticket.seen, excerpt, found);
    if (ticket.seen === null) {
      found.warn(
        "consistency.unseen",
        "The ticket was signed out of sight of the ledger: it is no witness of what was before",
        SEEN,
      );
    } else {
      checkSeen(ticket.seen, checkpoint, excerpt, found);
    }
    return found;
  },
};

const SEEN = `${BUNDLE_FILES.ticket}#/payload/seen`;

/** Every proof leads to the checkpoint, needed or not. */
function checkProofs(
  { consistency }: Excerpt,
  checkpoint: TreeHead,
  found: Findings,
): void {
  for (const [i, proof] of consistency.entries()) {
    if (verifyConsistency(proof, checkpoint, proof.path)) continue;
    found.fail(
      "consistency.proof",
      `The proof from ${proof.size} entries does not lead to the checkpoint`,
      `${BUNDLE_FILES.ledger}#/consistency/${i}`,
    );
  }
}

/** One for what the approvers saw, one for the checkpoint before the closing; no others, and none left out. */
function checkSizes(
  seen: TreeHead | null,
  excerpt: Excerpt,
  found: Findings,
): void {
  const before = entriesOf(excerpt, "run.closed").map(({ body }) =>
    body.before
  );
  const wanted = new Set([seen?.size ?? 0, ...before]);
  wanted.delete(0);
  let last = 0;
  for (const [i, { size }] of excerpt.consistency.entries()) {
    if (!wanted.delete(size) || size < last) {
      found.fail(
        "consistency.stray",
        `There is a proof from ${size} entries, which neither the approvers saw nor the checkpoint before, or out of order`,
        `${BUNDLE_FILES.ledger}#/consistency/${i}`,
      );
    }
    last = size;
  }
  for (const size of wanted) {
    if (size === seen?.size) continue;
    found.unknown(
      "consistency.missing",
      `There is no proof that the ledger grew from the ${size} entries of the checkpoint before`,
      `${BUNDLE_FILES.ledger}#/consistency`,
    );
  }
}

function checkSeen(
  seen: TreeHead,
  checkpoint: TreeHead,
  excerpt: Excerpt,
  found: Findings,
): void {
  switch (leadsTo(seen, checkpoint, excerpt)) {
    case "holds":
      return;
    case "shorter":
      found.fail(
        "consistency.cut",
        `The checkpoint covers ${checkpoint.size} entries, the approvers saw ${seen.size}`,
        SEEN,
        BUNDLE_FILES.checkpoint,
      );
      return;
    case "differs":
      found.fail(
        "consistency.differs",
        `Nothing proves that the first ${seen.size} entries are those that the approvers saw`,
        SEEN,
        `${BUNDLE_FILES.ledger}#/consistency`,
      );
      return;
    case "unproven":
      found.unknown(
        "consistency.missing",
        `There is no proof that the ledger grew from the ${seen.size} entries that the approvers saw`,
        `${BUNDLE_FILES.ledger}#/consistency`,
      );
  }
}

/** Whether a tree that was seen leads to that of a checkpoint, by the proofs of an excerpt. */
export function leadsTo(
  seen: TreeHead,
  checkpoint: TreeHead,
  { consistency }: Excerpt,
): "holds" | "shorter" | "differs" | "unproven" {
  if (seen.size > checkpoint.size) return "shorter";
  if (seen.size === 0) {
    return seen.root === EMPTY_TREE.root ? "holds" : "differs";
  }
  if (seen.size === checkpoint.size) {
    return seen.root === checkpoint.root ? "holds" : "differs";
  }
  const proof = consistency.find(({ size }) => size === seen.size);
  if (proof === undefined) return "unproven";
  return verifyConsistency(seen, checkpoint, proof.path) ? "holds" : "differs";
}
