/**
 * Approving: a person's key signs what a proposal comes to.
 *
 * @module
 */
import type { Envelope } from "../core/dsse.ts";
import { WritError } from "../core/errors.ts";
import { newTicketId } from "../core/id.ts";
import type { Signer } from "../core/keys.ts";
import { type Decision, verdictOf } from "../policy/decision.ts";
import { judgeTicket } from "../ticket/check_ticket.ts";
import {
  countersign as addSignature,
  issueTicket,
} from "../ticket/issue_ticket.ts";
import type { Ticket } from "../ticket/ticket.ts";
import { requireCounted } from "./approve_request.ts";
import { documentOf, documentsOf } from "./documents.ts";
import { checkInput } from "./find_ticket.ts";
import type { Proposal } from "./propose.ts";
import { deniedError } from "./refuse_ticket.ts";
import { waitingTicket } from "./waiting_ticket.ts";
import type { World } from "./world.ts";

/** What an approver says: the terms of a new ticket. */
export interface Approval {
  /** In the approver's words, for the ticket; may be empty. */
  reason: string;
  /** How long the ticket holds, milliseconds. */
  validForMs: number;
  /** How many runs the ticket admits, at least 1. */
  maxUses: number;
}

/** A signed ticket, and how many more approvers it needs. */
export interface Approved {
  /** What was signed, read back from the envelope. */
  ticket: Ticket;
  /** DSSE, with this approver's signature and those before it. */
  envelope: Envelope;
  /** The one that the ticket is for; of a ticket that waited, the one it was made for. */
  decision: Decision;
  /** How many approvers with other owners must still sign; 0 when it holds. */
  missing: number;
}

/**
 * Signs a proposal and enters a new ticket in the ledger.
 *
 * @throws {WritError} `policy.denied`, or why this key may not approve it
 */
export async function approve(
  proposal: Proposal,
  { reason, validForMs, maxUses }: Approval,
  signer: Signer,
  world: World,
): Promise<Approved> {
  const { sight, ledger } = world;
  const decision = proposal.decision.value;
  if (verdictOf(decision) === "deny") {
    throw deniedError(decision, proposal.wish);
  }
  const now = sight.now();
  const { envelope } = await issueTicket({
    id: newTicketId(now),
    decision,
    ledger: sight.pins.ledger,
    seen: await ledger.tree(),
    requester: decision.facts.requester,
    reason,
    now,
    validForMs,
    maxUses,
    signers: [signer],
  });
  return await enter(proposal, { envelope, decision }, signer, world);
}

/**
 * Adds a signature to a ticket that waits for more approvers. Its terms are those of whoever made
 * it: the caller has shown them to whose key signs.
 *
 * @param id of the ticket, as {@linkcode waitingTicket} found it
 * @throws {WritError} `policy.denied`, `ticket.missing` when it does not wait for this key any
 * more, or why this key may not approve it
 */
export async function countersign(
  proposal: Proposal,
  id: string,
  signer: Signer,
  world: World,
): Promise<Approved> {
  if (verdictOf(proposal.decision.value) === "deny") {
    throw deniedError(proposal.decision.value, proposal.wish);
  }
  const waiting = await waitingTicket(proposal, signer.id, world, id);
  if (waiting === null) {
    throw new WritError(
      "ticket.missing",
      `Cannot sign ticket ${id}: it does not wait for the signature of this key`,
      { hint: `deno task writ tickets show ${id}` },
    );
  }
  const envelope = await addSignature(waiting.envelope, signer);
  const decision = waiting.decision.value;
  return await enter(proposal, { envelope, decision }, signer, world);
}

async function enter(
  proposal: Proposal,
  signed: { envelope: Envelope; decision: Decision },
  signer: Signer,
  world: World,
): Promise<Approved> {
  const judged = await judgeTicket(checkInput(proposal, signed, world));
  requireCounted(judged, signer);
  for (const entries of proposal.planned.trees.values()) {
    await world.blobs.putTree(entries);
  }
  await world.blobs.flush();
  await world.ledger.issueTicket(
    signed.envelope,
    judged.ticket,
    judged.payloadDigest,
    documentsOf({
      plan: proposal.plan,
      decision: documentOf(signed.decision),
      policy: world.sight.policy.set,
      trust: world.sight.trust.file,
      pipeline: proposal.wish.bytes,
    }),
  );
  return { ...signed, ticket: judged.ticket, missing: judged.missing };
}
