/**
 * `ledger.witnessed`: witnesses whom the reader trusts have cosigned a checkpoint that covers the run.
 *
 * @module
 */
import { decodeBase64 } from "@std/encoding/base64";
import type { Digest } from "../../core/digest.ts";
import { keyId } from "../../core/keys.ts";
import { formatTime } from "../../core/time.ts";
import type { Note } from "../../core/note.ts";
import { cosignedAt, witnessKey } from "../../ledger/cosignature.ts";
import { notInForce } from "../../ticket/judge_signers.ts";
import { personOf, samePerson } from "../../ticket/owner.ts";
import type { Trust, TrustedKey } from "../../ticket/trust.ts";
import { Findings, type Invariant } from "../invariant.ts";
import { keyOfLedger } from "./ledger_checkpoint.ts";
import { ledgerSeen } from "./ledger_seen.ts";
import { TOLERANCE } from "./times_monotone.ts";

/**
 * As many of them, different people, as the reader's trust asks for (`witnesses`). A bundle's
 * own checkpoint is as old as the run, and nobody but the ledger has signed it: cosignatures are
 * on the checkpoint that the reader has seen, and count where that continues the bundle's.
 */
export const ledgerWitnessed: Invariant = {
  id: "ledger.witnessed",
  title: "Witnesses of the reader saw the ledger, with the run in it",
  beforeSeal: false,
  async check(parts, { trust, seen, now }, before) {
    const found = new Findings();
    if (trust === null) {
      found.unknown(
        "trust.none",
        "The reader named no trust file: whose witness counts is not known",
      );
      return found;
    }
    const needed = trust.witnesses ?? 0;
    const witnesses = witnessesIn(trust);
    const excerpt = found.need(parts.ledger);
    const checkpoint = found.need(parts.checkpoint);
    if (needed === 0 && witnesses.length === 0) {
      found.nothing = "The reader's trust names no witness, and asks for none";
      return found;
    }
    if (excerpt === undefined || checkpoint === undefined) return found;
    const lacks = needed === 0 ? "warn" : "unknown";
    if (seen === undefined) {
      found[lacks](
        "witness.unseen",
        "The reader's trust names witnesses, and no checkpoint was named that they could have cosigned (--seen)",
      );
      return found;
    }
    const { size, note } = seen.checkpoint;
    const continues = before.get(ledgerSeen.id)?.verdict === "PASS";
    if (size < checkpoint.size || !continues) {
      found[lacks](
        "witness.uncovered",
        continues
          ? `The reader's checkpoint covers ${size} entries, that of the bundle ${checkpoint.size}: what its witnesses saw was before the run ended`
          : "The reader's checkpoint is not known to continue that of the bundle",
      );
      return found;
    }
    const people = await peopleOf(
      note,
      witnesses,
      { ledger: excerpt.ledger, trust, now },
      found,
    );
    if (people < needed) {
      found.fail(
        "witness.quorum",
        `${people} of the ${needed} witnesses that the reader's trust asks for cosigned the checkpoint`,
      );
    } else if (people === 0) {
      found.warn(
        "witness.none",
        "No witness of the reader's trust cosigned the checkpoint",
      );
    }
    return found;
  },
};

function witnessesIn(trust: Trust): TrustedKey[] {
  return trust.keys.filter(({ id, publicKey, roles }) =>
    // An id that is not its key's would let one key speak for another.
    roles.includes("witness") && keyId(decodeBase64(publicKey)) === id
  );
}

/** How many people, other than the ledger's own, have cosigned. */
async function peopleOf(
  note: Note,
  witnesses: readonly TrustedKey[],
  { ledger, trust, now }: { ledger: Digest; trust: Trust; now: string },
  found: Findings,
): Promise<number> {
  const people = new Set<string>();
  const own = keyOfLedger(trust, ledger);
  for (const key of witnesses) {
    const name = witnessKey(key.id, decodeBase64(key.publicKey));
    const cosigned = await cosignedAt(note, name);
    if (cosigned === "absent") continue;
    if (cosigned === "false") {
      found.fail(
        "witness.cosignature",
        `The cosignature of "${key.owner}" on the checkpoint is false`,
      );
      continue;
    }
    const isOwn = key.id === ledger ||
      own !== null && samePerson(key.owner, own.owner);
    if (isOwn) {
      found.warn(
        "witness.own",
        `"${key.owner}" cosigned the checkpoint, but the ledger is theirs ("${
          own?.owner ?? key.owner
        }"): that is no witness`,
      );
      continue;
    }
    if (isCounted(key, cosigned, now, found)) people.add(personOf(key.owner));
  }
  return people.size;
}

function isCounted(
  key: TrustedKey,
  seconds: number,
  now: string,
  found: Findings,
): boolean {
  // What lies beyond the years that a time can be written with is later than now as well.
  const isLater = seconds * 1000 > Date.parse(now) + TOLERANCE;
  const why = isLater
    ? "cosigned the checkpoint at a time that is yet to come"
    : notInForce(key, formatTime(seconds * 1000));
  if (why !== null) {
    found.warn(
      "witness.not_in_force",
      `The key of the witness "${key.owner}" ${why}`,
    );
    return false;
  }
  if (key.revokedAt !== null && key.revokedAt <= now) {
    found.warn(
      "witness.revoked_since",
      `The key of the witness "${key.owner}" was revoked at ${key.revokedAt}, after the time that it gives; whoever has it could give any time`,
    );
  }
  return true;
}
