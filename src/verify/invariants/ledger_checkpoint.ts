/**
 * `ledger.checkpoint`: a ledger whom the reader trusts signed the checkpoint.
 *
 * @module
 */
import { decodeBase64 } from "@std/encoding/base64";
import { BUNDLE_FILES } from "../../bundle/bundle.ts";
import type { Digest } from "../../core/digest.ts";
import { keyId } from "../../core/keys.ts";
import { verifyNote } from "../../core/note.ts";
import {
  type Checkpoint,
  checkpointKey,
  originOf,
} from "../../ledger/checkpoint.ts";
import { notInForce } from "../../ticket/judge_signers.ts";
import type { Trust, TrustedKey } from "../../ticket/trust.ts";
import { Findings, type Invariant, type VerifyOptions } from "../invariant.ts";
import { entriesOf } from "../ledger_events.ts";

/** Of this ledger, and signed by its key, which has the role `ledger` and was in force at the closing. */
export const ledgerCheckpoint: Invariant = {
  id: "ledger.checkpoint",
  title: "A trusted ledger signed the checkpoint",
  beforeSeal: false,
  async check(parts, { trust, now }) {
    const found = new Findings();
    const file = BUNDLE_FILES.checkpoint;
    const checkpoint = found.own(parts.checkpoint);
    const excerpt = found.need(parts.ledger);
    if (checkpoint === undefined || excerpt === undefined) return found;
    if (checkpoint.origin !== originOf(excerpt.ledger)) {
      found.fail(
        "checkpoint.origin",
        `The checkpoint is of "${checkpoint.origin}", the excerpt of the ledger ${excerpt.ledger}`,
        file,
        BUNDLE_FILES.ledger,
      );
    }
    // It has no time of its own: it was signed with the closing, which it covers.
    const at = entriesOf(excerpt, "run.closed").at(-1)?.at;
    await judgeCheckpoint(
      { checkpoint, ledger: excerpt.ledger, at, file },
      { trust, now },
      found,
    );
    return found;
  },
};

/** A checkpoint of a ledger, in a file of the bundle. */
export interface JudgedCheckpoint {
  checkpoint: Checkpoint;
  ledger: Digest;
  /** The last time that it covers. */
  at: string | undefined;
  file: string;
}

/** Requires that a key of the ledger, in force at that time, signed a checkpoint. */
export async function judgeCheckpoint(
  { checkpoint, ledger, at, file }: JudgedCheckpoint,
  { trust, now }: VerifyOptions,
  found: Findings,
): Promise<void> {
  if (trust === null) {
    found.unknown(
      "trust.none",
      "The reader named no trust file: whose checkpoint it is is not known",
      file,
    );
    return;
  }
  checkLines(checkpoint, file, found);
  const key = keyOfLedger(trust, ledger);
  const signed = key === null ? "absent" : await isSigned(checkpoint, key);
  if (key === null || signed === "absent") {
    found.fail(
      "checkpoint.signer_unknown",
      "No key of this ledger in the reader's trust signed the checkpoint",
      file,
    );
  } else if (signed === "false") {
    found.fail(
      "checkpoint.signature",
      `The signature of "${key.owner}" on the checkpoint is false`,
      file,
    );
  } else judgeKey(key, { at, now, file }, found);
}

/** The checkpoint of a closing is signed by the ledger alone, once: whose other lines are nobody here could say. */
function checkLines(
  { note: { signatures } }: Checkpoint,
  file: string,
  found: Findings,
) {
  if (signatures.length === 1) return;
  found.fail(
    "checkpoint.signatures",
    `The checkpoint has ${signatures.length} signature lines, that of the ledger was expected`,
    file,
  );
}

/** The key of a ledger in somebody's trust; `null` when it is not there. */
export function keyOfLedger(trust: Trust, ledger: Digest): TrustedKey | null {
  return trust.keys.find(({ id, publicKey }) =>
    // An id that is not its key's would let one key speak for another.
    id === ledger && keyId(decodeBase64(publicKey)) === id
  ) ?? null;
}

/** Whether a key signed a checkpoint. */
export function isSigned(
  { note }: Checkpoint,
  { id, publicKey }: TrustedKey,
): ReturnType<typeof verifyNote> {
  return verifyNote(note, checkpointKey(id, decodeBase64(publicKey)));
}

function judgeKey(
  key: TrustedKey,
  { at, now, file }: { at: string | undefined; now: string; file: string },
  found: Findings,
): void {
  if (!key.roles.includes("ledger")) {
    found.fail(
      "checkpoint.signer_not_allowed",
      `The key of "${key.owner}" signed the checkpoint, but it is not one of a ledger`,
      file,
    );
  }
  const outside = at === undefined ? null : notInForce(key, at);
  if (outside !== null) {
    found.fail(
      "checkpoint.signer_not_in_force",
      `The key of "${key.owner}" ${outside}`,
      file,
    );
  } else if (key.revokedAt !== null && key.revokedAt <= now) {
    found.warn(
      "checkpoint.signer_revoked_since",
      `The key of "${key.owner}" was revoked at ${key.revokedAt}, after the time that the run gives; whoever has it could give any time`,
      file,
    );
  }
}
