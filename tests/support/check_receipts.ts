/**
 * A whole run's receipts, checked one after the other.
 *
 * @module
 */
import { ReceiptCheck } from "../../src/ledger/check_chain.ts";
import type { Receipt } from "../../src/ledger/receipt.ts";
import type { Head } from "../../src/ledger/store.ts";
import type { ChainFault } from "../../src/ledger/walk_chain.ts";

/** The walk, the schema of every receipt, and their legal order. */
export function checkReceipts(
  lines: Iterable<Uint8Array>,
  run?: string,
): { receipts: Receipt[]; head: Head; faults: ChainFault[] } {
  const check = new ReceiptCheck(run);
  const receipts: Receipt[] = [];
  for (const line of lines) {
    const receipt = check.add(line);
    if (receipt !== undefined) receipts.push(receipt);
  }
  const { head, faults } = check;
  return { receipts, head, faults };
}
