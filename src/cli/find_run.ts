/**
 * The run or ticket of the ledger that a reference names.
 *
 * @module
 */
import { runsHere } from "../bundle/runs_here.ts";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { RunRecord } from "../ledger/records.ts";
import type { TicketRecord } from "../ledger/ticket_book.ts";
import { findId } from "./find_id.ts";
import type { OpenLedger } from "./open_ledger.ts";
import { isCounted, resolveReference } from "./reference.ts";

/**
 * A run by reference. `latest` and `#N` count the runs of the workspace, as `verify` does; an id
 * may be of any run of the ledger.
 *
 * @throws {WritError} `reference.unknown`
 */
export async function findRun(
  reference: string,
  { ledger, workspace }: Pick<OpenLedger, "ledger" | "workspace">,
): Promise<RunRecord> {
  if (!isCounted(reference)) return await findAnyRun(reference, ledger);
  const here = runsHere(workspace).map(({ run }) => run);
  if (here.length === 0) {
    throw new WritError(
      "reference.unknown",
      `Cannot find the run ${quoted(reference)}: this workspace has none yet`,
      { hint: "deno task writ log --runs shows those of all workspaces" },
    );
  }
  const id = resolveReference(reference, here, "run");
  const record = await ledger.run(id);
  if (record !== null) return record;
  throw new WritError(
    "reference.unknown",
    `Cannot find the run ${id} of this workspace: the ledger does not know it`,
    {
      hint:
        "it is of another ledger, or was never admitted; deno task writ log --runs shows those that were",
    },
  );
}

/**
 * A run of the ledger, whatever workspace it is of.
 *
 * @throws {WritError} `reference.unknown`
 */
export async function findAnyRun(
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
