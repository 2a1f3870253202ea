/**
 * `receipts.order`: the receipts follow each other as those of a run can.
 *
 * @module
 */
import { BUNDLE_FILES } from "../../bundle/bundle.ts";
import { isWritError } from "../../core/errors.ts";
import { OrderGuard } from "../../ledger/order.ts";
import { Findings, type Invariant } from "../invariant.ts";
import { receiptPointer } from "../step_runs.ts";

/** Opened first, sealed once and last, each step along the legal order. */
export const receiptsOrder: Invariant = {
  id: "receipts.order",
  title: "The receipts follow each other as those of a run can",
  beforeSeal: "same",
  check(parts) {
    const found = new Findings();
    const receipts = found.need(parts.receipts);
    if (receipts === undefined) return found;
    const guard = new OrderGuard();
    for (const [seq, { value }] of receipts.entries()) {
      try {
        guard.accept(value);
      } catch (error) {
        if (!isWritError(error, "receipt.illegal")) throw error;
        found.fail("receipts.order", error.message, receiptPointer(seq));
      }
    }
    if (guard.phase !== "sealed") {
      found.fail(
        "receipts.unsealed",
        "The last receipt does not seal the run: what came after is not here",
        BUNDLE_FILES.receipts,
      );
    }
    return found;
  },
};
