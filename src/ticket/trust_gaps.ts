/**
 * What a trust makes impossible, though it is well formed: to be told to whoever puts it in force.
 *
 * @module
 */
import { counted } from "../core/counted.ts";
import type { Digest } from "../core/digest.ts";
import { notInForce } from "./judge_signers.ts";
import { personOf } from "./owner.ts";
import { whyNotForPolicy } from "./policy_key.ts";
import type { Role, Trust, TrustedKey } from "./trust.ts";

/** Something that cannot be, by a trust. */
export interface TrustGap {
  /**
   * `approvers` and `witnesses`: more are wanted than are named. `runner`, `ledger`: this
   * user's key is not believed as one. `unattended`: what policy allows waits for people.
   */
  about: "approvers" | "witnesses" | "runner" | "ledger" | "unattended";
  /** What is so, without a capital or a period. */
  what: string;
  /** What would change it; `null` where that is for people to agree on. */
  hint: string | null;
}

/** What is asked. */
export interface TrustGapsInput {
  trust: Trust;
  /** Digest of the policy that is in force beside it. */
  policy: Digest;
  /** Ids of this user's keys; `null` for one that is not there. */
  own: { runner: Digest | null; ledger: Digest | null };
  /** RFC 3339, UTC, milliseconds. */
  at: string;
}

/** All that the trust makes impossible at a time, for this user. */
export function trustGaps(input: TrustGapsInput): TrustGap[] {
  const { trust } = input;
  const runner = notBelieved(input, "runner");
  return [
    tooFew(input, "approver", trust.quorum),
    tooFew(input, "witness", trust.witnesses ?? 0),
    runner,
    notBelieved(input, "ledger"),
    runner === null ? unattendedGap(input) : null,
  ].filter((gap) => gap !== null);
}

/** Why what policy allows waits for people all the same; `null` where it does not. */
export function unattendedGap(
  { trust, policy, own, at }: TrustGapsInput,
): TrustGap | null {
  const gap = (what: string, hint: string | null = null): TrustGap => ({
    about: "unattended",
    what,
    hint,
  });
  if (own.runner === null) return gap("this user has no runner's key");
  const key = trust.keys.find(({ id }) => id === own.runner);
  if (key === undefined) {
    return gap(`trust does not know this user's runner key ${own.runner}`);
  }
  const outside = notInForce(key, at);
  if (outside !== null) return gap(`this user's runner key ${outside}`);
  const fault = whyNotForPolicy(key, trust, policy);
  return fault === null ? null : gap(fault.what, fault.hint);
}

/** A gap as a sentence in itself, without a capital or a period. */
export function gapText({ about, what }: TrustGap): string {
  return about === "unattended"
    ? `what policy allows waits for an approval, since ${what}`
    : what;
}

function tooFew(
  { trust, own, at }: TrustGapsInput,
  role: "approver" | "witness",
  wanted: number,
): TrustGap | null {
  const ledger = trust.keys.find(({ id }) => id === own.ledger);
  const people = new Set(
    inForce(trust, role, at).map(({ owner }) => personOf(owner)),
  );
  // Nobody is a witness of their own ledger.
  if (role === "witness" && ledger) people.delete(personOf(ledger.owner));
  if (people.size >= wanted) return null;
  const [many, what] = role === "approver"
    ? ["approvers", "so no ticket can be approved"] as const
    : ["witnesses", "so no run is believed"] as const;
  const named = people.size === 0
    ? "nobody"
    : counted(people.size, "person", "people");
  return {
    about: many,
    what: `trust wants ${
      counted(wanted, role, many)
    } and names ${named} whose key is in force as one, ${what}`,
    hint: null,
  };
}

function notBelieved(
  { trust, own, at }: TrustGapsInput,
  role: "runner" | "ledger",
): TrustGap | null {
  const id = own[role];
  if (id === null || inForce(trust, role, at).some((key) => key.id === id)) {
    return null;
  }
  return {
    about: role,
    what:
      `trust does not believe this user's ${role} key ${id}, so what is executed here will not be verified`,
    hint: `deno task writ trust add ${role}`,
  };
}

function inForce(trust: Trust, role: Role, at: string): TrustedKey[] {
  return trust.keys.filter((key) =>
    key.roles.includes(role) && notInForce(key, at) === null
  );
}
