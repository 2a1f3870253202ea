/**
 * `writ tickets list`, `writ tickets show` and `writ tickets revoke`.
 *
 * @module
 */
import { counted } from "../../core/counted.ts";
import { EXIT } from "../../core/errors.ts";
import { quoted } from "../../core/printable.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { TicketRecord, TicketStatus } from "../../ledger/ticket_book.ts";
import { unfinishedRun } from "../../run/unfinished_run.ts";
import { hasExpired } from "../../ticket/ticket.ts";
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
import {
  runsUnder,
  type ShownTicket,
  shownTickets,
  signerText,
} from "../shown_ticket.ts";

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
        rows: tickets.map((shown, n) => {
          const { ticket, state, status, pipeline } = shown;
          return [
            `#${n + 1}`,
            ticket.id,
            terminal.paint(STATUS[status], status),
            `${state.uses}/${ticket.maxUses}`,
            ticket.expiresAt,
            pipeline,
            `${ticket.requester.kind} ${ticket.requester.id}`,
            signerNames(shown),
          ];
        }),
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

/** Revokes a ticket, where anything could begin or go on under it. What runs already is not stopped. */
export const revoke: Command = command({
  about:
    "A run that is going is not stopped; one that was cut off cannot go on. A revoked ticket stays revoked: approve again for a new one.",
  parameters: {
    ticket: ticketOperand,
    reason: option("TEXT", "why; it goes into the ledger"),
    by: option("NAME", "who; this user, if not given"),
    yes: flag("do not ask"),
  },
  async run(args, context) {
    const { terminal } = context;
    await using open = await openLedger(context);
    const { ledger } = open;
    const record = await findTicket(args.ticket, ledger);
    const { id } = record.ticket;
    const by = await ownerOf(args.by, context, REVOKER);
    const look = async () =>
      await whyHarmless((await ledger.ticket(id))!, ledger, context.now());
    if (
      await look() === null && !args.yes &&
      !await askYesNo(terminal, await revokeQuestion(record, ledger))
    ) {
      terminal.answer(
        { ticket: id, revoked: null } satisfies RevokeAnswer,
        NOTHING_CHANGED,
      );
      return EXIT.refused;
    }
    // While the question stood it may have been used.
    const why = await look();
    if (why === null) await ledger.revokeTicket(id, args.reason ?? "", by);
    const revoked = (await ledger.ticketState(id))?.revoked ?? null;
    terminal.answer(
      { ticket: id, revoked } satisfies RevokeAnswer,
      why === null ? `revoked ${id}` : `${id} ${why}`,
    );
    return EXIT.done;
  },
});

/** Why nothing can begin or go on under a ticket, so that there is nothing to revoke; `null` where it could. */
async function whyHarmless(
  { ticket, state, status }: TicketRecord,
  ledger: Ledger,
  now: number,
): Promise<string | null> {
  if (state.revoked !== null) {
    return `was revoked already, at ${state.revoked.at}`;
  }
  if (status === "used" && await unfinishedRun(ticket.id, ledger) === null) {
    return "was used up already";
  }
  return hasExpired(ticket, now)
    ? `has expired already, at ${ticket.expiresAt}`
    : null;
}

async function revokeQuestion(
  record: TicketRecord,
  ledger: Ledger,
): Promise<string> {
  const [shown] = await Array.fromAsync(shownTickets([record], ledger));
  const { ticket, state, pipeline } = shown;
  return `Revoke ${ticket.id} for ${quoted(pipeline)}, signed by ${
    signerNames(shown)
  }, used ${state.uses} of ${
    counted(ticket.maxUses, "time", "times")
  }, valid until ${ticket.expiresAt}?`;
}

function signerNames({ signers }: ShownTicket): string {
  return signers.map(({ owner, key }) => owner ?? key).join(", ");
}
