/**
 * decision -> ticket: making one, and adding another approver's signature.
 *
 * @module
 */
import { canonicalBytes } from "../core/canonical_json.ts";
import type { Digest } from "../core/digest.ts";
import { addSignature, type Envelope, signEnvelope } from "../core/dsse.ts";
import { WritError } from "../core/errors.ts";
import type { Signer } from "../core/keys.ts";
import { formatTime } from "../core/time.ts";
import {
  type Decision,
  decisionDigest,
  type Requester,
  verdictOf,
} from "../policy/decision.ts";
import { openTicket } from "./check_ticket.ts";
import { type Ticket, TICKET_TYPE, TicketSchema } from "./ticket.ts";

/** One hour. */
export const DEFAULT_VALIDITY = 3_600_000;

/** What a ticket is made from. */
export interface TicketRequest {
  decision: Decision;
  ledger: Digest;
  /** The ledger as the signer sees it; `null` where it is out of sight. */
  seen: Ticket["seen"];
  /** As in the decision's facts. */
  requester: Requester;
  reason: string;
  /** Milliseconds since 1970; it holds from then on. */
  now: number;
  /** Milliseconds; by default {@linkcode DEFAULT_VALIDITY}. */
  validForMs?: number;
  /** By default 1. */
  maxUses?: number;
  /** `tkt_` and a ULID. */
  id: string;
  /** At least one. */
  signers: readonly Signer[];
}

/**
 * Makes and signs a ticket.
 *
 * @throws {WritError} `policy.denied`; `ticket.decision` where the requester is not the
 * decision's; `usage.invalid` for a validity, count or id that no ticket can have
 */
export async function issueTicket(
  request: TicketRequest,
): Promise<{ envelope: Envelope; ticket: Ticket }> {
  const { decision, requester } = request;
  if (verdictOf(decision) === "deny") {
    throw new WritError(
      "policy.denied",
      "Cannot issue a ticket: policy denies a step of the plan",
      { hint: "deno task writ policy explain shows the rule" },
    );
  }
  const asked = decision.facts.requester;
  if (
    asked.id !== requester.id || asked.kind !== requester.kind ||
    asked.key !== requester.key
  ) {
    throw new WritError(
      "ticket.decision",
      "Cannot issue a ticket: its requester is not the one whom policy judged",
    );
  }
  const validFor = request.validForMs ?? DEFAULT_VALIDITY;
  if (
    !Number.isSafeInteger(validFor) || validFor <= 0 ||
    request.now + validFor > LAST_TIME || request.signers.length === 0
  ) {
    throw new WritError(
      "usage.invalid",
      `Cannot issue a ticket for ${validFor} ms by ${request.signers.length} signers: a positive time before the year 10000 and a signer were expected`,
    );
  }
  const parsed = TicketSchema.safeParse({
    v: 1,
    id: request.id,
    ledger: request.ledger,
    decision: decisionDigest(decision),
    seen: request.seen,
    requester,
    reason: request.reason,
    notBefore: formatTime(request.now),
    expiresAt: formatTime(request.now + validFor),
    maxUses: request.maxUses ?? 1,
  });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new WritError(
      "usage.invalid",
      `Cannot issue a ticket: ${issue.path.join(".")}: ${issue.message}`,
      { cause: parsed.error },
    );
  }
  const envelope = await signEnvelope(
    TICKET_TYPE,
    canonicalBytes(parsed.data),
    request.signers,
  );
  return { envelope, ticket: parsed.data };
}

/**
 * Adds a signature over the same bytes.
 *
 * @throws {WritError} `ticket.malformed`; `usage.invalid` where this key has signed it already
 */
export async function countersign(
  envelope: Envelope,
  signer: Signer,
): Promise<Envelope> {
  requireUnsigned(envelope, signer.id);
  return await addSignature(envelope, signer);
}

/**
 * Requires that a key has not signed a ticket yet.
 *
 * @throws {WritError} `ticket.malformed`; `usage.invalid` where it has
 */
export function requireUnsigned(envelope: Envelope, key: Digest): void {
  const { ticket } = openTicket(envelope);
  if (envelope.signatures.every(({ keyid }) => keyid !== key)) return;
  throw new WritError(
    "usage.invalid",
    `Cannot sign ticket ${ticket.id}: this key has signed it already`,
    { hint: "another approver's signature is needed" },
  );
}

const LAST_TIME = Date.UTC(9999, 11, 31);
