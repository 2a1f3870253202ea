/**
 * `receipts.chain`: the receipts are one unbroken chain, of the length and with the head that the seal says.
 *
 * @module
 */
import { BUNDLE_FILES } from "../../bundle/bundle.ts";
import { splitLines } from "../../bundle/lines.ts";
import { walkChain } from "../../ledger/walk_chain.ts";
import { Findings, type Invariant } from "../invariant.ts";
import type { ReasonCode } from "../report.ts";
import { receiptPointer } from "../step_runs.ts";

/** `seq`, `prev` and run id are compared with the walk, head and count with the seal. */
export const receiptsChain: Invariant = {
  id: "receipts.chain",
  title: "The receipts are one unbroken chain",
  beforeSeal: "cut",
  check(parts, { sealing = false }) {
    const found = new Findings();
    found.own(parts.receipts);
    const bytes = parts.bundle.files.get(BUNDLE_FILES.receipts);
    if (bytes === undefined) return found;
    const { head, faults } = walkChain(
      splitLines(bytes).lines,
      "receipt",
      parts.index.value?.run,
    );
    for (const { index, code, message } of faults) {
      const meant = MEANING[code];
      if (meant !== undefined) {
        found.fail(meant, sentence(message), receiptPointer(index));
      }
    }
    const seal = sealing ? undefined : found.need(parts.seal)?.payload;
    if (seal === undefined) return found;
    if (head.size !== seal.count) {
      found.fail(
        "receipts.count",
        `There are ${head.size} receipts, the seal says ${seal.count}`,
        BUNDLE_FILES.receipts,
        BUNDLE_FILES.seal,
      );
    }
    if (head.hash !== seal.head) {
      found.fail(
        "receipts.head",
        `The last receipt is ${head.hash}, the seal says ${seal.head}`,
        BUNDLE_FILES.receipts,
        BUNDLE_FILES.seal,
      );
    }
    return found;
  },
};

/** What a fault of the walk means here; those of the bytes are told by the part itself. */
const MEANING: Record<string, ReasonCode | undefined> = {
  "chain.owner": "receipts.run",
  "chain.seq": "receipts.sequence",
  "chain.prev": "receipts.link",
};

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
