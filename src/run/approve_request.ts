/**
 * Approving a request that came from elsewhere, and signing a ticket file once more.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { newTicketId } from "../core/id.ts";
import type { Signer } from "../core/keys.ts";
import { formatTime } from "../core/time.ts";
import { type JudgedTicket, judgeTicket } from "../ticket/check_ticket.ts";
import { countersign, issueTicket } from "../ticket/issue_ticket.ts";
import {
  type OpenedRequest,
  openRequest,
  type WritRequest,
} from "../ticket/request.ts";
import { openTicketFile, type TicketFile } from "../ticket/ticket_file.ts";
import type { Approval } from "./approve.ts";
import { deniedError } from "./find_ticket.ts";
import { requireInForce, type Sight } from "./sight.ts";
import { verdictOf } from "../policy/decision.ts";

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
  return { file, judged: await judge(file, request.ledger, signer, sight) };
}

/** Adds a signature to a ticket file that waits for more approvers. */
export async function countersignFile(
  bytes: Uint8Array,
  signer: Signer,
  sight: Sight,
): Promise<{ file: TicketFile; judged: JudgedTicket }> {
  const { file, ticket } = openTicketFile(bytes);
  const signed = {
    ...file,
    envelope: await countersign(file.envelope, signer),
  };
  return {
    file: signed,
    judged: await judge(signed, ticket.ledger, signer, sight),
  };
}

async function judge(
  file: TicketFile,
  ledger: WritRequest["ledger"],
  signer: Signer,
  sight: Sight,
): Promise<JudgedTicket> {
  requireInForce(sight);
  const judged = await judgeTicket({
    envelope: file.envelope,
    trust: sight.trust.file,
    decision: file.decision,
    plan: file.plan,
    policy: sight.policy.set,
    at: formatTime(sight.now()),
    ledger,
    validated: sight.pins.policy,
  });
  requireCounted(judged, signer);
  return judged;
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
