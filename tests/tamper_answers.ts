/**
 * Which invariant answers for which file of a bundle.
 *
 * @module
 */
import { BUNDLE_FILES, EXPIRED_FILE } from "../src/bundle/bundle.ts";
import {
  BUNDLE_POLICY,
  CACHED_FOLDER,
  EVIDENCE_FOLDER,
} from "../src/bundle/names.ts";
import type { By } from "./tamper.ts";

/** What answers for a file whose bytes are others, where the list of files says so. */
export function answersFor(name: string): By[] {
  if (name.startsWith(BUNDLE_POLICY)) {
    return [["decision.recomputed", "part.malformed", "decision.policy"]];
  }
  if (name.startsWith(EVIDENCE_FOLDER)) {
    return [["evidence.true", "evidence.digest", "evidence.size"]];
  }
  if (name.startsWith(CACHED_FOLDER)) {
    return [["steps.cached", "cached.unproven"]];
  }
  return OF_FILE[name];
}

const OF_FILE: Record<string, By[]> = {
  [BUNDLE_FILES.index]: [[
    "bundle.complete",
    "part.malformed",
    "bundle.file_missing",
    "bundle.file_unlisted",
    "bundle.name",
    "bundle.size",
    "bundle.digest",
    "bundle.run",
  ]],
  [BUNDLE_FILES.pipeline]: [["pipeline.plan", "pipeline.file"]],
  [BUNDLE_FILES.plan]: [["plan.digests", "part.malformed", "plan.differs"]],
  [BUNDLE_FILES.decision]: [[
    "decision.recomputed",
    "part.malformed",
    "decision.run",
  ]],
  [BUNDLE_FILES.trust]: [[
    "decision.recomputed",
    "part.malformed",
    "decision.trust",
  ]],
  [BUNDLE_FILES.ticket]: [[
    "ticket.valid",
    "part.malformed",
    "ticket.envelope",
  ]],
  [BUNDLE_FILES.receipts]: [[
    "receipts.chain",
    "part.malformed",
    "receipts.head",
    "receipts.link",
  ]],
  [BUNDLE_FILES.seal]: [[
    "seal.signature",
    "part.malformed",
    "seal.signature",
    "seal.signer_unknown",
  ]],
  [BUNDLE_FILES.ledger]: [
    ["ledger.entries", "part.malformed", "ledger.id"],
    ["ledger.inclusion", "inclusion.proof", "inclusion.cut"],
    ["ledger.consistency", "consistency.proof"],
  ],
  [EXPIRED_FILE]: [
    ["evidence.retention", "part.malformed", "expiry.foreign", "expiry.proof"],
    ["evidence.retention", "expiry.history", "checkpoint.signature"],
    ["evidence.retention", "checkpoint.signer_unknown", "expiry.early"],
  ],
  [BUNDLE_FILES.checkpoint]: [[
    "ledger.checkpoint",
    "part.malformed",
    "checkpoint.signature",
    "checkpoint.signer_unknown",
  ]],
};
