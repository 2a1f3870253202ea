/**
 * A ticket as it is handed over: with what it is for, so that a runner elsewhere can use it.
 *
 * @module
 */
import * as z from "zod";
import { canonicalBytes, parseCanonical } from "../core/canonical_json.ts";
import { type Envelope, EnvelopeSchema } from "../core/dsse.ts";
import { WritError } from "../core/errors.ts";
import { requireForm } from "../pipeline/form_faults.ts";
import { PlanSchema } from "../plan/plan.ts";
import { decisionDigest, DecisionSchema } from "../policy/decision.ts";
import { openTicket } from "./check_ticket.ts";
import { checkSubject, type Subject, TreesSchema } from "./subject.ts";
import type { Ticket } from "./ticket.ts";

/** A ticket with its plan, decision and trees. On disk it is canonical bytes. */
export interface TicketFile extends Subject {
  v: 1;
  envelope: Envelope;
}

/** Schema of a {@linkcode TicketFile}. */
export const TicketFileSchema: z.ZodType<TicketFile> = z.strictObject({
  v: z.literal(1),
  envelope: EnvelopeSchema,
  plan: PlanSchema,
  decision: DecisionSchema,
  trees: TreesSchema,
});

const WHAT = "a ticket file";

/** The bytes of a ticket file. */
export function ticketFileBytes(file: TicketFile): Uint8Array<ArrayBuffer> {
  return canonicalBytes(file);
}

/**
 * Reads a ticket file and requires that its parts belong together. Its signatures are judged by
 * `checkTicket`, not here.
 *
 * @throws {WritError} `input.invalid`, `ticket.malformed`, `ticket.decision`
 */
export function openTicketFile(
  bytes: Uint8Array,
): { file: TicketFile; ticket: Ticket } {
  const file = requireForm(
    TicketFileSchema,
    parseCanonical(bytes, WHAT),
    "ticket.malformed",
    WHAT,
  );
  const { ticket } = openTicket(file.envelope);
  checkSubject(file, WHAT, "ticket.decision");
  if (ticket.decision !== decisionDigest(file.decision)) {
    throw new WritError(
      "ticket.decision",
      `Cannot accept ${WHAT}: ticket ${ticket.id} is for another decision than the one in it`,
    );
  }
  return { file, ticket };
}
