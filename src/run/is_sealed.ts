/**
 * Whether a run is sealed.
 *
 * @module
 */
import type { Ledger } from "../ledger/ledger.ts";
import type { RunRecord } from "../ledger/records.ts";
import { readReceipt } from "./documents.ts";

/** Whether all of a run has ended, though it may not be closed, or its bundle may be missing. */
export async function isSealed(
  { run, status }: RunRecord,
  ledger: Ledger,
): Promise<boolean> {
  if (status !== "running") return true;
  for await (const bytes of ledger.receipts(run)) {
    if (readReceipt(bytes).type === "run.sealed") return true;
  }
  return false;
}
