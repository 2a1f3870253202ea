/**
 * What a ticket says, as lines.
 *
 * @module
 */
import { counted } from "../core/counted.ts";
import type { JudgedTicket } from "../ticket/check_ticket.ts";
import type { Ticket } from "../ticket/ticket.ts";

/** How long it holds and how often: `holds until 2026-01-14T13:00:00.000Z, once`. */
export function termsText({ expiresAt, maxUses }: Ticket): string {
  return `holds until ${expiresAt}, ${
    maxUses === 1 ? "once" : `${maxUses} times`
  }`;
}

/** A ticket that waits for more approvers, before the next one signs it. */
export function waitingLines(
  { ticket, signers, passedOver, missing }: JudgedTicket,
): string[] {
  const signed = [
    ...signers.map(({ owner, id }) => `${owner} (${id})`),
    ...passedOver.map(({ id }) => `${id}, which does not count`),
  ];
  return [
    `${ticket.id} waits for ${
      counted(missing, "more approver")
    }; what is signed is this ticket:`,
    `  ${termsText(ticket)}`,
    `  reason     ${ticket.reason || "none given"}`,
    ...signed.map((who) => `  signed by  ${who}`),
  ];
}
