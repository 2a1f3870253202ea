/**
 * A ticket: signed leave to execute what one decision allows.
 *
 * @module
 */
import * as z from "zod";
import { type Digest, DigestSchema } from "../core/digest.ts";
import { TimeSchema } from "../core/time.ts";
import { type Requester, RequesterSchema } from "../policy/decision.ts";

/** The DSSE payload type of a ticket. */
export const TICKET_TYPE = "application/vnd.writ.ticket.v1+json";

/** The payload of a ticket's DSSE envelope, as canonical bytes. */
export interface Ticket {
  /** Format version; any other is refused. */
  v: 1;
  /** `tkt_` and a ULID. */
  id: string;
  /** The ledger that it may be used in: the id of that ledger's key. */
  ledger: Digest;
  /** SHA-256 of the canonical bytes of the one decision that it is leave for. */
  decision: Digest;
  /** The ledger as the signer saw it; `null` where it was out of sight. */
  seen: { size: number; root: Digest } | null;
  /** The same as in the decision's facts, or the ticket is refused. */
  requester: Requester;
  /** The approver's words; may be empty. */
  reason: string;
  /** It holds from this moment on: RFC 3339, UTC, milliseconds. */
  notBefore: string;
  /** From this moment on it no longer holds; later than `notBefore`. */
  expiresAt: string;
  /** How many runs it admits, at least 1; to resume a run takes no use, but it must still hold. */
  maxUses: number;
}

/** Whether the time that a ticket was for is over; `now` in milliseconds since 1970. */
export function hasExpired(
  { expiresAt }: Pick<Ticket, "expiresAt">,
  now: number,
): boolean {
  return now >= Date.parse(expiresAt);
}

/** Schema of a {@linkcode Ticket}. */
export const TicketSchema: z.ZodType<Ticket> = z.strictObject({
  v: z.literal(1),
  id: z.string().regex(/^tkt_[0-9A-HJKMNP-TV-Z]{26}$/),
  ledger: DigestSchema,
  decision: DigestSchema,
  seen: z.strictObject({ size: z.int().min(0), root: DigestSchema })
    .nullable(),
  requester: RequesterSchema,
  reason: z.string(),
  notBefore: TimeSchema,
  expiresAt: TimeSchema,
  maxUses: z.int().min(1),
});
