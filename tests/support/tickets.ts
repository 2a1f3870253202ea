/**
 * A ticket that holds, and the keys around it, for tests that break one thing at a time.
 *
 * @module
 */
import { encodeBase64 } from "@std/encoding/base64";
import { digestOf } from "../../src/core/digest.ts";
import { generateKey, type Signer } from "../../src/core/keys.ts";
import { decide } from "../../src/policy/decide.ts";
import type { Decision, Facts } from "../../src/policy/decision.ts";
import { DEFAULT_POLICY } from "../../src/policy/default_policy.ts";
import { policyDigest, type PolicySet } from "../../src/policy/policy_set.ts";
import type { TicketCheck } from "../../src/ticket/check_ticket.ts";
import { issueTicket } from "../../src/ticket/issue_ticket.ts";
import {
  type Trust,
  trustDigest,
  type TrustedKey,
} from "../../src/ticket/trust.ts";
import { factsOf, planOf, type StepOptions } from "./plans.ts";

/** When every ticket of these tests is issued. */
export const NOW = Date.parse("2026-01-14T12:00:00.000Z");

export const LEDGER = digestOf("ledger");

export const TICKET_ID = "tkt_01KEYHQ8000000000000000000";

/** A step that waits for people, and one that does not. */
export const WAITS: StepOptions = { id: "push", permissions: { net: true } };
export const RUNS_ALONE: StepOptions = { id: "test" };

const cast = {
  ana: await generateKey(),
  ana2: await generateKey(),
  li: await generateKey(),
  mo: await generateKey(),
  runner: await generateKey(),
  bot: await generateKey(),
  stranger: await generateKey(),
};

/** Whoever can sign in these tests. `ana` and `ana2` are one person's; trust lacks `stranger`. */
export type Name = keyof typeof cast;

/** A person's or program's signer. */
export function signer(name: Name): Signer {
  return cast[name].signer;
}

/** A key as trust lists it. */
export function trustedKey(
  name: Name,
  options: Partial<TrustedKey> = {},
): TrustedKey {
  const { id, publicKey } = signer(name);
  return {
    id,
    publicKey: encodeBase64(publicKey),
    owner: name,
    kind: "human",
    roles: ["approver"],
    notBefore: "2026-01-01T00:00:00.000Z",
    notAfter: null,
    revokedAt: null,
    ...options,
  };
}

/** Three people, a runner that may sign for the default policy, an agent that may ask. */
export function trustOf(
  changes: Partial<Record<Name, Partial<TrustedKey>>> = {},
  rest: Partial<Trust> = {},
): Trust {
  return {
    v: 1,
    keys: [
      trustedKey("ana", changes.ana),
      trustedKey("ana2", { owner: "ana", ...changes.ana2 }),
      trustedKey("li", changes.li),
      trustedKey("mo", { roles: ["requester"], ...changes.mo }),
      trustedKey("runner", {
        kind: "system",
        roles: ["runner", "policy"],
        ...changes.runner,
      }),
      trustedKey("bot", {
        kind: "agent",
        roles: ["requester"],
        ...changes.bot,
      }),
    ],
    quorum: 1,
    policies: [policyDigest(DEFAULT_POLICY)],
    ...rest,
  };
}

/** What a case says; the rest is a ticket that Ana signed for a step that waits. */
export interface Case {
  step?: StepOptions;
  facts?: Partial<Facts>;
  signers?: Name[];
  trust?: Trust;
  policy?: PolicySet;
  /** Milliseconds after the ticket was issued. */
  after?: number;
}

/** A check of a ticket, as the case wants it. */
export async function ticketCheck(
  { step = WAITS, facts, signers = ["ana"], after = 1000, ...rest }: Case = {},
): Promise<TicketCheck & { decision: Decision }> {
  const trust = rest.trust ?? trustOf();
  const policy = rest.policy ?? DEFAULT_POLICY;
  const plan = planOf(step);
  const decision = await decide(
    plan,
    policy,
    trustDigest(trust),
    factsOf(facts),
  );
  const { envelope } = await issueTicket({
    decision,
    ledger: LEDGER,
    seen: null,
    requester: decision.facts.requester,
    reason: "release",
    now: NOW,
    id: TICKET_ID,
    signers: signers.map(signer),
  });
  return {
    envelope,
    trust,
    decision,
    plan,
    policy,
    at: new Date(NOW + after).toISOString(),
    ledger: LEDGER,
  };
}
