/**
 * Which signatures of a ticket count, and why the others do not.
 *
 * @module
 */
import { decodeBase64 } from "@std/encoding/base64";
import type { Digest } from "../core/digest.ts";
import { type Envelope, signersOf } from "../core/dsse.ts";
import { type ErrorCode, WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import type { Plan } from "../plan/plan.ts";
import { type Decision, verdictOf } from "../policy/decision.ts";
import { mayApprove } from "../policy/may_approve.ts";
import type { PolicySet } from "../policy/policy_set.ts";
import { samePerson, UNNAMED_ID } from "./owner.ts";
import { whyNotForPolicy } from "./policy_key.ts";
import type { Ticket } from "./ticket.ts";
import type { Trust, TrustedKey } from "./trust.ts";

/** A signer whose signature counts. */
export interface CheckedSigner {
  id: Digest;
  owner: string;
  kind: TrustedKey["kind"];
  /** `approver`: a person's leave. `policy`: a key that may sign what policy allows unattended. */
  role: "approver" | "policy";
}

/** A signature that does not count. */
export interface PassedOver {
  id: Digest;
  error: WritError;
}

/** What signatures are judged by. */
export interface SignerCheck {
  envelope: Envelope;
  ticket: Ticket;
  trust: Trust;
  decision: Decision;
  plan: Plan;
  policy: PolicySet;
  at: string;
  revokedBy?: string;
  validated?: Digest;
}

/**
 * Judges every signature once, however often its key is listed. One by a known key that is
 * false condemns the whole envelope; any other that does not count is passed over with its reason.
 *
 * @throws {WritError} `ticket.signature`, `policy.invalid`
 */
export async function judgeSigners(
  input: SignerCheck,
): Promise<{ signers: CheckedSigner[]; passedOver: PassedOver[] }> {
  const { envelope, trust } = input;
  const keys = new Map(trust.keys.map((key) => [key.id, key]));
  const genuine = await signersOf(
    envelope,
    new Map(trust.keys.map((key) => [key.id, decodeBase64(key.publicKey)])),
  );
  const signers: CheckedSigner[] = [];
  const passedOver: PassedOver[] = [];
  for (const id of new Set(envelope.signatures.map(({ keyid }) => keyid))) {
    const key = keys.get(id);
    const judged = key === undefined || !genuine.has(id)
      ? refusal(
        "ticket.signer_unknown",
        input,
        `trust does not know the key ${id} that signed it`,
      )
      : await judgeKey(key, input);
    if (judged instanceof WritError) passedOver.push({ id, error: judged });
    else signers.push(judged);
  }
  return { signers, passedOver };
}

async function judgeKey(
  key: TrustedKey,
  input: SignerCheck,
): Promise<CheckedSigner | WritError> {
  const outside = notInForce(key, input.at, input.revokedBy);
  if (outside !== null) {
    return refusal(
      "ticket.signer_not_in_force",
      input,
      `the key of ${quoted(key.owner)} ${outside}`,
    );
  }
  const asPolicy = judgePolicyKey(key, input);
  if (!key.roles.includes("approver")) return asPolicy;
  const asApprover = await judgeApprover(key, input);
  // A key that has both roles may still sign for policy where its owner may not approve.
  return asApprover instanceof WritError && !(asPolicy instanceof WritError)
    ? asPolicy
    : asApprover;
}

function judgePolicyKey(
  key: TrustedKey,
  input: SignerCheck,
): CheckedSigner | WritError {
  const who = quoted(key.owner);
  const refuse = (what: string, hint?: string) =>
    refusal("ticket.signer_not_allowed", input, what, hint);
  if (!key.roles.includes("policy")) {
    return refuse(`the key of ${who} is not one of an approver`);
  }
  if (verdictOf(input.decision) !== "allow") {
    return refuse(
      `policy wants people to approve it, and the key of ${who} stands for no person`,
    );
  }
  const fault = whyNotForPolicy(key, input.trust, input.decision.policy);
  if (fault !== null) return refuse(fault.what, fault.hint);
  return { id: key.id, owner: key.owner, kind: key.kind, role: "policy" };
}

async function judgeApprover(
  key: TrustedKey,
  input: SignerCheck,
): Promise<CheckedSigner | WritError> {
  const asked = askedAs(key, input);
  if (asked !== null) {
    return refusal(
      "ticket.self_approval",
      input,
      asked === key.owner
        ? `${quoted(key.owner)} asked for it and may not approve it`
        : `${
          quoted(key.owner)
        } may not approve what the same person asked for as ${quoted(asked)}`,
      "somebody else who is an approver may",
    );
  }
  const { id, owner, kind } = key;
  const refused = await mayApprove(
    input.plan,
    input.policy,
    // The time of the decision is what whoever asked wrote into it; this one the approver signed.
    { ...input.decision.facts, time: input.ticket.notBefore },
    { id, owner, kind },
    { validated: input.validated },
  );
  if (refused.length > 0) {
    return refusal(
      "ticket.signer_not_allowed",
      input,
      `policy does not let ${quoted(owner)} approve step ${
        refused.map((step) => quoted(step)).join(", ")
      }`,
      "somebody whom policy lets approve it may",
    );
  }
  return { id, owner, kind, role: "approver" };
}

/**
 * The name by which the person behind a key asked for it: their own, or that of the key that
 * signed the request, which may be this very key. `null` where somebody else asked.
 */
function askedAs(key: TrustedKey, input: SignerCheck): string | null {
  const { requester } = input.ticket;
  const asking = input.trust.keys.find(({ id }) => id === requester.key);
  const names = [
    ...(asking === undefined ? [] : [asking.owner]),
    ...(requester.id === UNNAMED_ID ? [] : [requester.id]),
  ];
  return names.find((name) => samePerson(name, key.owner)) ?? null;
}

/** Why a key's signature does not count at a time, as is known by another; `null` when it does. */
export function notInForce(
  key: TrustedKey,
  at: string,
  revokedBy: string = at,
): string | null {
  if (at < key.notBefore) {
    return `is in force from ${key.notBefore}, not at ${at}`;
  }
  if (key.notAfter !== null && at >= key.notAfter) {
    return `was in force until ${key.notAfter}, not at ${at}`;
  }
  if (key.revokedAt !== null && revokedBy >= key.revokedAt) {
    return `was revoked at ${key.revokedAt}`;
  }
  return null;
}

function refusal(
  code: ErrorCode,
  input: SignerCheck,
  what: string,
  hint?: string,
): WritError {
  return new WritError(
    code,
    `Cannot accept ticket ${input.ticket.id}: ${what}`,
    { hint },
  );
}
