/**
 * The leave of a run that is resumed: its own ticket, whose use is consumed already.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { formatTime } from "../core/time.ts";
import type { RunRecord } from "../ledger/records.ts";
import { checkTicket, judgeTicket } from "../ticket/check_ticket.ts";
import { hasExpired } from "../ticket/ticket.ts";
import { openTicketFile } from "../ticket/ticket_file.ts";
import { documentOf, readDecision, readPlan } from "./documents.ts";
import { checkInput, type Leave, requireAsDecided } from "./find_ticket.ts";
import { isSealed } from "./is_sealed.ts";
import type { Proposal } from "./propose.ts";
import { changedError, lateError } from "./refuse_ticket.ts";
import type { World } from "./world.ts";

/**
 * The leave that a run was admitted under. What was allowed then must hold still: by the same
 * policy and trust, at the same commit, by keys of which none was revoked since, and within the
 * time that the ticket is for. Until it is sealed a run needs that, though all its steps may have
 * ended: their products may still have to be published. Of a run that was sealed only the record
 * is finished, at any time.
 *
 * @param ticket the bytes of a ticket file that was named as well; it must hold the run's ticket
 * @throws {WritError} `reference.unknown`, `usage.invalid`, `policy.denied`, `ticket.…`
 */
export async function leaveOfRun(
  id: string,
  ticket: Uint8Array | null,
  proposal: Proposal,
  world: World,
): Promise<Leave> {
  const { ledger, sight } = world;
  const record = await ledger.run(id);
  const known = record === null ? null : await ledger.ticket(record.ticket);
  if (record === null || known === null) {
    throw new WritError(
      "reference.unknown",
      `Cannot resume "${id}": the ledger has no run of that id`,
      { hint: "deno task writ log --runs lists the runs" },
    );
  }
  const { envelope, ticket: own } = known;
  if (ticket !== null) requireSameTicket(ticket, envelope.payload, record);
  if (record.plan !== proposal.plan.digest) {
    throw changedError(
      proposal,
      await readPlan(ledger, record.plan),
      (root) => proposal.planned.trees.get(root) ?? null,
    );
  }
  const value = await readDecision(ledger, record.decision);
  const input = {
    ...checkInput(proposal, { envelope, decision: value }, world),
    at: record.openedAt,
  };
  const decision = documentOf(value);
  if (await isSealed(record, ledger)) {
    return { envelope, decision, judged: await judgeTicket(input) };
  }
  if (hasExpired(own, sight.now())) throw lateError(id, own, proposal);
  await requireAsDecided(proposal, value, record.ticket, world);
  const revokedBy = formatTime(sight.now());
  const checked = await checkTicket({ ...input, revokedBy });
  return { envelope, decision, judged: { ...checked, missing: 0 } };
}

/** One signed payload is one ticket, whoever has signed it in the meantime. */
function requireSameTicket(
  bytes: Uint8Array,
  payload: string,
  { run, ticket }: RunRecord,
): void {
  const { file, ticket: given } = openTicketFile(bytes);
  if (file.envelope.payload === payload) return;
  throw new WritError(
    "usage.invalid",
    `Cannot resume run "${run}" under ticket ${given.id}: it goes on under its own, ${ticket}`,
    { hint: "Leave out --ticket to resume it, or --resume to begin a new run" },
  );
}
