/**
 * The run of a ticket that has not come to its end.
 *
 * @module
 */
import type { Ledger } from "../ledger/ledger.ts";
import type { RunRecord } from "../ledger/records.ts";

/** The newest run under a ticket that is going or was cut off; `null` when there is none. */
export async function unfinishedRun(
  ticket: string,
  ledger: Ledger,
): Promise<RunRecord | null> {
  for await (
    const record of ledger.runs({ status: "running", reverse: true })
  ) {
    if (record.ticket === ticket) return record;
  }
  return null;
}
