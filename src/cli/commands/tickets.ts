/**
 * `writ tickets list`, `writ tickets show` and `writ tickets revoke`.
 *
 * @module
 */
import { EXIT } from "../../core/errors.ts";
import type { TicketStatus } from "../../ledger/ticket_book.ts";
import { askYesNo, NOTHING_CHANGED } from "../ask.ts";
import { type Command, command } from "../command.ts";
import { findTicket } from "../find_run.ts";
import { openLedger } from "../open_ledger.ts";
import { ownerOf, REVOKER } from "../owner.ts";
import type { Emphasis } from "../paint.ts";
import { flag, operand, option, wholeOption } from "../parameters.ts";
import type {
  RevokeAnswer,
  TicketAnswer,
  TicketsAnswer,
} from "../people_answers.ts";
import { STATE_EMPHASIS } from "../run_table.ts";
import { runsUnder, shownTickets, signerText } from "../shown_ticket.ts";

const ticketOperand = operand("TICKET", "id, its beginning, latest or #N");

const STATUS: Record<TicketStatus, Emphasis> = {
  open: "good",
  early: "care",
  expired: "faint",
  used: "faint",
  revoked: "bad",
};

/** Lists tickets, newest first. */
export const list: Command = command({
  parameters: {
    limit: wholeOption("N", "how many; 20, if not given"),
    all: flag("every ticket"),
  },
  async run(args, context) {
    const { terminal } = context;
    await using open = await openLedger(context);
    const { ledger } = open;
    const tickets = await Array.fromAsync(shownTickets(
      ledger.tickets({
        reverse: true,
        limit: args.all ? undefined : args.limit ?? 20,
      }),
      ledger,
    ));
    terminal.answer(
      { tickets } satisfies TicketsAnswer,
      terminal.table({
        head: [
          ...["#", "ticket", "status", "uses", "until"],
          ...["pipeline", "requester", "signed by"],
        ],
        rows: tickets.map(({ ticket, state, status, pipeline, signers }, n) => [
          `#${n + 1}`,
          ticket.id,
          terminal.paint(STATUS[status], status),
          `${state.uses}/${ticket.maxUses}`,
          ticket.expiresAt,
          pipeline,
          `${ticket.requester.kind} ${ticket.requester.id}`,
          signers.map(({ owner, key }) => owner ?? key).join(", "),
        ]),
      }),
    );
    if (tickets.length === 0) {
      terminal.next("deno task approve PIPELINE", "No tickets yet");
    }
    return EXIT.done;
  },
});

/** Shows one ticket. */
export const show: Command = command({
  parameters: { ticket: ticketOperand },
  async run(args, context) {
    const { terminal, now } = context;
    await using open = await openLedger(context);
    const { ledger, state: { locks } } = open;
    const record = await findTicket(args.ticket, ledger);
    const [shown] = await Array.fromAsync(shownTickets([record], ledger));
    const { ticket, state, status, pipeline, steps, plan, signers } = shown;
    const runs = await runsUnder(record, { ledger, locks, now: now() });
    terminal.answer(
      {
        ...shown,
        runs: runs.map(({ next, ...run }) => ({
          ...run,
          next: next === null ? null : terminal.spoken(next),
        })),
      } satisfies TicketAnswer,
      [
        terminal.paint("name", ticket.id),
        `status     ${terminal.paint(STATUS[status], status)}${
          state.revoked === null
            ? ""
            : ` at ${state.revoked.at} by ${state.revoked.by}: ${state.revoked.reason}`
        }`,
        `pipeline   ${pipeline}: ${steps.join(", ")}`,
        `plan       ${plan}`,
        `valid      ${ticket.notBefore} to ${ticket.expiresAt}`,
        `uses       ${state.uses} of ${ticket.maxUses}`,
        `requester  ${ticket.requester.kind} ${ticket.requester.id}`,
        `reason     ${ticket.reason || "none given"}`,
        `decision   ${ticket.decision}`,
        `ledger     ${ticket.ledger}`,
        ticket.seen === null
          ? "seen       the ledger was out of sight"
          : `seen       ${ticket.seen.size} entries, ${ticket.seen.root}`,
        ...signers.map((signer) => `signed by  ${signerText(signer)}`),
        ...runs.map((run) =>
          `run        ${run.run} ${
            terminal.paint(STATE_EMPHASIS[run.state], run.state)
          }`
        ),
      ],
    );
    for (const { run, next } of runs) {
      if (next !== null) terminal.next(next, `${run} was interrupted`);
    }
    return EXIT.done;
  },
});

/** Revokes a ticket. What runs under it already is not stopped. */
export const revoke: Command = command({
  about:
    "A run that was admitted before goes on. A revoked ticket stays revoked: approve again for a new one.",
  parameters: {
    ticket: ticketOperand,
    reason: option("TEXT", "why; it goes into the ledger"),
    by: option("NAME", "who; this user, if not given"),
    yes: flag("do not ask"),
  },
  async run(args, context) {
    const { terminal } = context;
    await using open = await openLedger(context);
    const { ticket, state } = await findTicket(args.ticket, open.ledger);
    const by = await ownerOf(args.by, context, REVOKER);
    if (state.revoked !== null) {
      terminal.answer(
        { ticket: ticket.id, revoked: state.revoked } satisfies RevokeAnswer,
        `${ticket.id} was revoked already, at ${state.revoked.at}`,
      );
      return EXIT.done;
    }
    if (!args.yes && !await askYesNo(terminal, `Revoke ${ticket.id}?`)) {
      terminal.answer(
        { ticket: ticket.id, revoked: null } satisfies RevokeAnswer,
        NOTHING_CHANGED,
      );
      return EXIT.refused;
    }
    await open.ledger.revokeTicket(ticket.id, args.reason ?? "", by);
    const after = await open.ledger.ticket(ticket.id);
    terminal.answer(
      {
        ticket: ticket.id,
        revoked: after?.state.revoked ?? null,
      } satisfies RevokeAnswer,
      `revoked ${ticket.id}`,
    );
    return EXIT.done;
  },
});
