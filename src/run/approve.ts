/**
 * Approving: a person's key signs what a proposal comes to.
 *
 * @module
 */
import type { Envelope } from "../core/dsse.ts";
import { newTicketId } from "../core/id.ts";
import type { Signer } from "../core/keys.ts";
import { type Decision, verdictOf } from "../policy/decision.ts";
import { judgeTicket } from "../ticket/check_ticket.ts";
import { countersign, issueTicket } from "../ticket/issue_ticket.ts";
import type { Ticket } from "../ticket/ticket.ts";
import { requireCounted } from "./approve_request.ts";
import { documentsOf } from "./documents.ts";
import { checkInput, deniedError, pendingTicket } from "./find_ticket.ts";
import type { Proposal } from "./propose.ts";
import type { World } from "./world.ts";

/** What an approver says. */
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
  /** The signature was added to a ticket that waited for it. */
  countersigned: boolean;
  /** How many approvers with other owners must still sign; 0 when it holds. */
  missing: number;
}

/**
 * Signs a proposal and enters the ticket in the ledger. A ticket for the same decision that
 * waits for more approvers gets this signature instead of a new one being made.
 *
 * @throws {WritError} `policy.denied`, or why this key may not approve it
 */
export async function approve(
  proposal: Proposal,
  approval: Approval,
  signer: Signer,
  world: World,
): Promise<Approved> {
  if (verdictOf(proposal.decision.value) === "deny") {
    throw deniedError(proposal.decision.value);
  }
  const waiting = await pendingTicket(proposal, world);
  const decision = waiting?.decision.value ?? proposal.decision.value;
  const envelope = waiting === null
    ? await signNew(proposal, approval, signer, world)
    : await countersign(waiting.envelope, signer);
  const judged = await judgeTicket(
    checkInput(proposal, { envelope, decision }, world),
  );
  requireCounted(judged, signer);
  for (const entries of proposal.planned.trees.values()) {
    await world.blobs.putTree(entries);
  }
  await world.blobs.flush();
  await world.ledger.issueTicket(
    envelope,
    judged.ticket,
    judged.payloadDigest,
    documentsOf({
      plan: proposal.plan.value,
      decision,
      policy: world.sight.policy.set,
      trust: world.sight.trust.file,
      pipeline: proposal.wish.bytes,
    }),
  );
  return {
    ticket: judged.ticket,
    envelope,
    decision,
    countersigned: waiting !== null,
    missing: judged.missing,
  };
}

async function signNew(
  { decision }: Proposal,
  { reason, validForMs, maxUses }: Approval,
  signer: Signer,
  { sight, ledger }: World,
): Promise<Envelope> {
  const now = sight.now();
  const { envelope } = await issueTicket({
    id: newTicketId(now),
    decision: decision.value,
    ledger: sight.pins.ledger,
    seen: await ledger.tree(),
    requester: decision.value.facts.requester,
    reason,
    now,
    validForMs,
    maxUses,
    signers: [signer],
  });
  return envelope;
}
