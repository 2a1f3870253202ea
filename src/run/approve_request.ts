/**
 * Approving a request that came from elsewhere, and signing a ticket file once more.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { newTicketId } from "../core/id.ts";
import type { Signer } from "../core/keys.ts";
import { formatTime } from "../core/time.ts";
import { decide } from "../policy/decide.ts";
import { decisionDigest, verdictOf } from "../policy/decision.ts";
import { type JudgedTicket, judgeTicket } from "../ticket/check_ticket.ts";
import { countersign, issueTicket } from "../ticket/issue_ticket.ts";
import {
  type OpenedRequest,
  openRequest,
  type WritRequest,
} from "../ticket/request.ts";
import { openTicketFile, type TicketFile } from "../ticket/ticket_file.ts";
import type { Approval } from "./approve.ts";
import { deniedError } from "./refuse_ticket.ts";
import { requireInForce, type Sight } from "./sight.ts";

/** A request, opened by an approver whose policy and trust are those that it was judged by. */
export interface ReceivedRequest extends OpenedRequest {
  sight: Sight;
}

/**
 * Opens a request and requires that it was judged by what is in force here.
 *
 * @throws {WritError} why it cannot be approved here
 */
export async function receiveRequest(
  bytes: Uint8Array,
  sight: Sight,
): Promise<ReceivedRequest> {
  requireInForce(sight);
  const opened = await openRequest(bytes, sight.trust.file);
  const { decision, ledger } = opened.request;
  const wrong = decision.policy !== sight.pins.policy
    ? ["policy.unpinned", "policy", decision.policy, sight.pins.policy] as const
    : decision.trust !== sight.pins.trust
    ? ["trust.unpinned", "trust", decision.trust, sight.pins.trust] as const
    : null;
  if (wrong !== null) {
    const [code, what, found, wanted] = wrong;
    throw new WritError(
      code,
      `Cannot approve request ${opened.request.id}: it was judged by the ${what} ${found}, ${wanted} is in force here`,
      { hint: "deno task writ trust accept, in a clone of the same commit" },
    );
  }
  const key = sight.trust.file.keys.find(({ id }) => id === ledger);
  if (key === undefined || !key.roles.includes("ledger")) {
    throw new WritError(
      "ticket.ledger",
      `Cannot approve request ${opened.request.id}: trust knows no ledger ${ledger}`,
    );
  }
  return { ...opened, sight };
}

/** Signs a request. What comes back travels to the runner as a file. */
export async function approveRequest(
  { request, sight }: ReceivedRequest,
  { reason, validForMs, maxUses }: Approval,
  signer: Signer,
): Promise<{ file: TicketFile; judged: JudgedTicket }> {
  requireInForce(sight);
  if (verdictOf(request.decision) === "deny") {
    throw deniedError(request.decision);
  }
  const now = sight.now();
  const { envelope } = await issueTicket({
    id: newTicketId(now),
    decision: request.decision,
    ledger: request.ledger,
    seen: null,
    requester: request.requester,
    reason,
    now,
    validForMs,
    maxUses,
    signers: [signer],
  });
  const file: TicketFile = {
    v: 1,
    envelope,
    plan: request.plan,
    decision: request.decision,
    trees: request.trees,
  };
  const judged = await judge(file, request.ledger, sight);
  requireCounted(judged, signer);
  return { file, judged };
}

/** A ticket file as it came, judged by what is in force here. */
export interface ReceivedTicket {
  file: TicketFile;
  judged: JudgedTicket;
  sight: Sight;
}

/**
 * Opens a ticket file that waits for more approvers, for the next of them to look at.
 *
 * @throws {WritError} why it cannot be signed here, whoever signs
 */
export async function receiveTicket(
  bytes: Uint8Array,
  sight: Sight,
): Promise<ReceivedTicket> {
  requireInForce(sight);
  const { file, ticket } = openTicketFile(bytes);
  const judged = await judge(file, ticket.ledger, sight);
  // What it shows to an approver is otherwise what whoever wrote the file says that policy answers.
  await requireAnswered(file, sight);
  return { file, judged, sight };
}

/** Adds a signature to a ticket file that waits for more approvers. */
export async function countersignFile(
  { file, judged: { ticket }, sight }: ReceivedTicket,
  signer: Signer,
): Promise<{ file: TicketFile; judged: JudgedTicket }> {
  const signed = {
    ...file,
    envelope: await countersign(file.envelope, signer),
  };
  const judged = await judge(signed, ticket.ledger, sight);
  requireCounted(judged, signer);
  return { file: signed, judged };
}

async function requireAnswered(
  { plan, decision }: TicketFile,
  { policy }: Sight,
): Promise<void> {
  const again = await decide(plan, policy.set, decision.trust, decision.facts);
  if (decisionDigest(again) === decisionDigest(decision)) return;
  throw new WritError(
    "ticket.decision",
    "Cannot accept a ticket file: its decision is not what policy answers to its facts",
  );
}

function judge(
  file: TicketFile,
  ledger: WritRequest["ledger"],
  sight: Sight,
): Promise<JudgedTicket> {
  requireInForce(sight);
  return judgeTicket({
    envelope: file.envelope,
    trust: sight.trust.file,
    decision: file.decision,
    plan: file.plan,
    policy: sight.policy.set,
    at: formatTime(sight.now()),
    ledger,
    validated: sight.pins.policy,
  });
}

/**
 * A signature that does not count must not be handed out as if it did.
 *
 * @throws {WritError} why it does not
 */
export function requireCounted(judged: JudgedTicket, signer: Signer): void {
  if (judged.signers.some(({ id }) => id === signer.id)) return;
  const why = judged.passedOver.find(({ id }) => id === signer.id);
  if (why !== undefined) throw why.error;
}
