/**
 * Whether a ticket is leave to execute a decision: form, subject, time, signatures.
 * How often it was used and whether it was revoked is for the ledger to say.
 *
 * @module
 */
import { counted } from "../core/counted.ts";
import { decodeBase64 } from "@std/encoding/base64";
import { parseCanonical } from "../core/canonical_json.ts";
import { type Digest, sha256 } from "../core/digest.ts";
import { type Envelope, EnvelopeSchema } from "../core/dsse.ts";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { requireForm } from "../pipeline/form_faults.ts";
import { type Plan, planDigest } from "../plan/plan.ts";
import {
  type Decision,
  decisionDigest,
  verdictOf,
} from "../policy/decision.ts";
import { policyDigest, type PolicySet } from "../policy/policy_set.ts";
import {
  type CheckedSigner,
  judgeSigners,
  type PassedOver,
} from "./judge_signers.ts";
import { personOf } from "./owner.ts";
import { type Ticket, TICKET_TYPE, TicketSchema } from "./ticket.ts";
import type { Trust } from "./trust.ts";

/** What a ticket is checked against. */
export interface TicketCheck {
  envelope: Envelope;
  /** Whose keys are believed. It need not be the trust that the decision names: a reader brings their own. */
  trust: Trust;
  decision: Decision;
  plan: Plan;
  policy: PolicySet;
  /** The time that counts: of the use, or of the admission that is looked back at. */
  at: string;
  /** Up to when a key's revocation counts against its signature; {@linkcode TicketCheck.at}, if not given. */
  revokedBy?: string;
  /** The ledger that it is used in. */
  ledger: Digest;
  /** The digest of a policy whose types were checked when it was pinned. */
  validated?: Digest;
}

/** A ticket that holds. */
export interface CheckedTicket {
  ticket: Ticket;
  /** The signed bytes. */
  payload: Uint8Array;
  payloadDigest: Digest;
  /** Those whose signatures made it hold. */
  signers: CheckedSigner[];
  /** True signatures, and those of unknown keys, that did not count, with the reason. */
  passedOver: PassedOver[];
}

/** A ticket that is sound, and how many more people must approve it. */
export interface JudgedTicket extends CheckedTicket {
  /** 0 when it holds. */
  missing: number;
}

/**
 * Checks a ticket.
 *
 * @throws {WritError} of {@linkcode judgeTicket}; where signatures are missing, the code that
 * one of them failed with (`ticket.signer_unknown`, `ticket.signer_not_in_force`,
 * `ticket.signer_not_allowed`, `ticket.self_approval`), else `ticket.quorum`
 */
export async function checkTicket(input: TicketCheck): Promise<CheckedTicket> {
  const { missing, ...checked } = await judgeTicket(input);
  if (missing === 0) return checked;
  const [reason] = checked.passedOver;
  if (reason !== undefined) throw reason.error;
  throw new WritError(
    "ticket.quorum",
    `Cannot accept ticket ${checked.ticket.id}: ${
      counted(missing, "more approver is", "more approvers are")
    } needed, each another person`,
    { hint: "deno task approve by somebody else adds a signature" },
  );
}

/**
 * Checks everything about a ticket but whether its signatures are enough.
 *
 * @throws {WritError} `ticket.malformed`, `ticket.signature`, `ticket.decision`, `ticket.ledger`,
 * `ticket.not_yet_valid`, `ticket.expired`, `policy.denied`, `policy.invalid`
 */
export async function judgeTicket(input: TicketCheck): Promise<JudgedTicket> {
  const { ticket, payload } = openTicket(input.envelope);
  checkSubject(ticket, input);
  checkTime(ticket, input.at);
  const denied = input.decision.outcomes.filter((one) =>
    one.outcome === "deny"
  );
  if (denied.length > 0) {
    throw new WritError(
      "policy.denied",
      `Cannot accept ticket ${ticket.id}: policy denies step ${
        denied.map(({ step }) => quoted(step)).join(", ")
      }`,
      { hint: "deno task writ policy explain shows the rule" },
    );
  }
  const judged = await judgeSigners({
    envelope: input.envelope,
    ticket,
    trust: input.trust,
    plan: input.plan,
    policy: input.policy,
    decision: input.decision,
    at: input.at,
    revokedBy: input.revokedBy,
    validated: input.validated,
  });
  const approved = judged.signers.some(({ role }) => role === "policy") &&
    verdictOf(input.decision) === "allow";
  const people = new Set(
    judged.signers.filter(({ role }) => role === "approver")
      .map(({ owner }) => personOf(owner)),
  );
  return {
    ticket,
    payload,
    payloadDigest: sha256(payload),
    ...judged,
    missing: approved ? 0 : Math.max(0, input.trust.quorum - people.size),
  };
}

/**
 * The ticket in an envelope. Nothing is verified but its form.
 *
 * @throws {WritError} `ticket.malformed`
 */
export function openTicket(
  envelope: Envelope,
): { ticket: Ticket; payload: Uint8Array } {
  const checked = EnvelopeSchema.safeParse(envelope);
  if (!checked.success) {
    throw malformed("it is no DSSE envelope", checked.error);
  }
  if (envelope.payloadType !== TICKET_TYPE) {
    throw malformed(
      `its payload type is ${
        quoted(envelope.payloadType)
      }, "${TICKET_TYPE}" was expected`,
    );
  }
  const payload = decodeBase64(envelope.payload);
  let value: unknown;
  try {
    value = parseCanonical(payload, "a ticket");
  } catch (cause) {
    throw malformed("its payload is not canonical JSON", cause);
  }
  const ticket = requireForm(
    TicketSchema,
    value,
    "ticket.malformed",
    "a ticket",
  );
  if (ticket.expiresAt <= ticket.notBefore) {
    throw malformed("it expires before it begins");
  }
  return { ticket, payload };
}

function checkSubject(ticket: Ticket, input: TicketCheck): void {
  const wrong = (what: string, found: string, wanted: string) =>
    new WritError(
      "ticket.decision",
      `Cannot accept ticket ${ticket.id}: ${what} ${found}, ${wanted} was expected`,
      { hint: "what was approved and what would run differ; approve it anew" },
    );
  const { decision, plan, policy } = input;
  for (
    const [what, found, wanted] of [
      ["it is for decision", ticket.decision, decisionDigest(decision)],
      ["the decision is about plan", decision.plan, planDigest(plan)],
      ["the decision is by policy", decision.policy, policyDigest(policy)],
    ] as const
  ) {
    if (found !== wanted) throw wrong(what, found, wanted);
  }
  const { requester } = decision.facts;
  if (
    ticket.requester.id !== requester.id ||
    ticket.requester.kind !== requester.kind ||
    ticket.requester.key !== requester.key
  ) {
    throw wrong(
      "it names the requester",
      quoted(ticket.requester.id),
      quoted(requester.id),
    );
  }
  if (ticket.ledger !== input.ledger) {
    throw new WritError(
      "ticket.ledger",
      `Cannot accept ticket ${ticket.id}: it is for ledger ${ticket.ledger}, this is ${input.ledger}`,
      { hint: "a ticket holds in one ledger, so that its uses can be counted" },
    );
  }
}

// Times of this form sort as texts.
function checkTime(ticket: Ticket, at: string): void {
  if (at < ticket.notBefore) {
    throw new WritError(
      "ticket.not_yet_valid",
      `Cannot accept ticket ${ticket.id}: it holds from ${ticket.notBefore}, it is ${at}`,
    );
  }
  if (at >= ticket.expiresAt) {
    throw new WritError(
      "ticket.expired",
      `Cannot accept ticket ${ticket.id}: it expired at ${ticket.expiresAt}, it is ${at}`,
      { hint: "deno task approve makes a new one" },
    );
  }
}

function malformed(what: string, cause?: unknown): WritError {
  return new WritError("ticket.malformed", `Cannot read a ticket: ${what}`, {
    cause,
  });
}
