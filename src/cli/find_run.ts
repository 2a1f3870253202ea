/**
 * The run or ticket of the ledger that a reference names.
 *
 * @module
 */
import type { Ledger } from "../ledger/ledger.ts";
import type { RunRecord } from "../ledger/records.ts";
import type { TicketRecord } from "../ledger/ticket_book.ts";
import { findId } from "./find_id.ts";

/**
 * A run by reference.
 *
 * @throws {WritError} `reference.unknown`
 */
export async function findRun(
  reference: string,
  ledger: Ledger,
): Promise<RunRecord> {
  const id = await findId(reference, {
    noun: "run",
    has: async (id) => await ledger.run(id) !== null,
    newest: async function* (limit, prefix) {
      for await (
        const { run } of ledger.runs({ reverse: true, limit, prefix })
      ) yield run;
    },
  });
  return (await ledger.run(id))!;
}

/**
 * A ticket by reference.
 *
 * @throws {WritError} `reference.unknown`
 */
export async function findTicket(
  reference: string,
  ledger: Ledger,
): Promise<TicketRecord> {
  const id = await findId(reference, {
    noun: "ticket",
    has: async (id) => await ledger.ticketState(id) !== null,
    newest: async function* (limit, prefix) {
      for await (
        const { ticket } of ledger.tickets({ reverse: true, limit, prefix })
      ) yield ticket.id;
    },
  });
  return (await ledger.ticket(id))!;
}
