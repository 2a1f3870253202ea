/**
 * Which keys of this user trust is measured by.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { asWritError } from "../core/as_writ_error.ts";
import { formatTime } from "../core/time.ts";
import type { Proposal } from "../run/propose.ts";
import { notInForce, type Sight } from "../run/sight.ts";
import { verdictOf } from "../policy/decision.ts";
import { readKey } from "../ticket/keyring.ts";
import {
  type TrustGap,
  type TrustGapsInput,
  unattendedGap,
} from "../ticket/trust_gaps.ts";
import type { Terminal } from "./terminal.ts";

/** The ids of this user's runner and ledger keys; `null` for one that cannot be used. */
export async function ownKeys(config: string): Promise<TrustGapsInput["own"]> {
  return {
    runner: await idOf(config, "runner"),
    ledger: await idOf(config, "ledger"),
  };
}

/**
 * Why a proposal that policy allows waits for people all the same; `null` where it does not,
 * and where policy and trust are not in force, which is to be told first.
 */
export async function waitsFor(
  proposal: Proposal,
  sight: Sight,
): Promise<TrustGap | null> {
  if (
    verdictOf(proposal.decision.value) !== "allow" || sight.trust === null ||
    notInForce(sight) !== null
  ) return null;
  return unattendedGap({
    trust: sight.trust.file,
    policy: sight.policy.digest,
    own: { runner: await idOf(sight.config, "runner"), ledger: null },
    at: formatTime(sight.now()),
  });
}

/** Why people are waited for; nothing where they are not. */
export function waitLines(
  waits: TrustGap | null,
  { paint, spoken }: Pick<Terminal, "paint" | "spoken">,
): string[] {
  if (waits === null) return [];
  return [
    `${paint("care", "Waits for an approval:")} ${waits.what}`,
    ...(waits.hint === null ? [] : [`  help  ${spoken(waits.hint)}`]),
  ];
}

async function idOf(config: string, name: string): Promise<Digest | null> {
  try {
    return (await readKey(config, name)).id;
  } catch (thrown) {
    // A key that is missing or spoilt signs nothing; who uses it is told why.
    if (asWritError(thrown).code !== "writ.fault") return null;
    throw thrown;
  }
}
