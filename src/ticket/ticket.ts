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
  v: 1;
  /** `tkt_` and a ULID. */
  id: string;
  /** The ledger that it may be used in: the id of that ledger's key. */
  ledger: Digest;
  decision: Digest;
  /** The ledger as the signer saw it; `null` where it was out of sight. */
  seen: { size: number; root: Digest } | null;
  requester: Requester;
  reason: string;
  notBefore: string;
  expiresAt: string;
  maxUses: number;
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
