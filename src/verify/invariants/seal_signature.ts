/**
 * `seal.signature`: a runner whom the reader trusts signed how the run ended, and the receipts say the same.
 *
 * @module
 */
import { decodeBase64 } from "@std/encoding/base64";
import { BUNDLE_FILES } from "../../bundle/bundle.ts";
import type { Hashed, Signed } from "../../bundle/parse_bundle.ts";
import type { Digest } from "../../core/digest.ts";
import { signersOf } from "../../core/dsse.ts";
import { isWritError } from "../../core/errors.ts";
import { keyId } from "../../core/keys.ts";
import type { Receipt } from "../../ledger/receipt.ts";
import type { Seal } from "../../ledger/seal.ts";
import { notInForce } from "../../ticket/judge_signers.ts";
import type { Trust, TrustedKey } from "../../ticket/trust.ts";
import { Findings, type Invariant } from "../invariant.ts";
import { eventsOf, productKey, publishedProducts } from "../step_runs.ts";

/** Signed by a key with the role `runner`, in force when it sealed; run, ticket, outcome and products are those of the receipts. */
export const sealSignature: Invariant = {
  id: "seal.signature",
  title: "A trusted runner signed how the run ended",
  beforeSeal: false,
  async check(parts, { trust, now }) {
    const found = new Findings();
    const seal = found.own(parts.seal);
    if (seal === undefined) return found;
    const receipts = found.need(parts.receipts);
    if (receipts === undefined) return found;
    checkAgreement(seal.payload, receipts, found);
    const at = sealedAt(receipts);
    const file = BUNDLE_FILES.seal;
    const keys = await checkSigners(seal, trust, at, now, file, found);
    for (const { owner, id } of keys) {
      found.signers.push({ as: "runner", owner, key: id });
    }
    return found;
  },
};

/** When a run says that it was sealed. */
export function sealedAt(
  receipts: readonly Hashed<Receipt>[],
): string | undefined {
  return eventsOf(receipts, "run.sealed").at(-1)?.at;
}

/** The keys in the reader's trust that signed a seal and may, at the time that counts. */
export async function checkSigners(
  seal: Signed<Seal>,
  trust: Trust | null,
  at: string | undefined,
  now: string,
  pointer: string,
  found: Findings,
): Promise<TrustedKey[]> {
  if (trust === null) {
    found.unknown(
      "trust.none",
      "The reader named no trust file: whose seal it is is not known",
      pointer,
    );
    return [];
  }
  if (at === undefined) {
    found.unknown(
      "receipts.unsealed",
      "No receipt says when the run was sealed",
      pointer,
    );
    return [];
  }
  const { length } = seal.envelope.signatures;
  if (length !== 1) {
    found.fail(
      "seal.signatures",
      `The seal has ${length} signatures, that of the runner was expected`,
      pointer,
    );
    return [];
  }
  const genuine = await genuineSigners(seal, trust, pointer, found);
  if (genuine === null) return [];
  const signed = trust.keys.filter(({ id }) => genuine.has(id));
  if (signed.length === 0) {
    found.fail(
      "seal.signer_unknown",
      "No key in the reader's trust signed the seal",
      pointer,
    );
    return [];
  }
  return runnersIn(signed, { at, now, pointer }, found);
}

/** Those that may seal, and might when they did; it is told why others may not. */
function runnersIn(
  signed: readonly TrustedKey[],
  { at, now, pointer }: { at: string; now: string; pointer: string },
  found: Findings,
): TrustedKey[] {
  const runners = signed.filter(({ roles }) => roles.includes("runner"));
  if (runners.length === 0) {
    found.fail(
      "seal.signer_not_allowed",
      `The key of "${
        signed[0].owner
      }" signed the seal, but it is not one of a runner`,
      pointer,
    );
  }
  const good = runners.filter((key) => notInForce(key, at) === null);
  if (runners.length > 0 && good.length === 0) {
    found.fail(
      "seal.signer_not_in_force",
      `The key of "${runners[0].owner}" ${notInForce(runners[0], at)}`,
      pointer,
    );
  }
  for (const key of good) {
    if (key.revokedAt !== null && key.revokedAt <= now) {
      found.warn(
        "seal.signer_revoked_since",
        `The key of "${key.owner}" was revoked at ${key.revokedAt}, after the time that the run gives; whoever has it could give any time`,
        pointer,
      );
    }
  }
  return good;
}

async function genuineSigners(
  seal: Signed<Seal>,
  trust: Trust,
  pointer: string,
  found: Findings,
): Promise<Set<Digest> | null> {
  const keys = new Map<Digest, Uint8Array>();
  for (const { id, publicKey } of trust.keys) {
    const raw = decodeBase64(publicKey);
    // An id that is not its key's would let one key speak for another.
    if (keyId(raw) === id) keys.set(id, raw);
  }
  try {
    return await signersOf(seal.envelope, keys);
  } catch (error) {
    if (!isWritError(error)) throw error;
    found.fail("seal.signature", error.message, pointer);
    return null;
  }
}

function checkAgreement(
  seal: Seal,
  receipts: readonly Hashed<Receipt>[],
  found: Findings,
): void {
  const opened = eventsOf(receipts, "run.opened")[0]?.body;
  const sealed = eventsOf(receipts, "run.sealed").at(-1)?.body;
  const run = receipts[0]?.value.run;
  if (run !== seal.run || opened?.ticket !== seal.ticket) {
    found.fail(
      "seal.run",
      `The seal is of the run "${seal.run}" with the ticket "${seal.ticket}", the receipts are of "${run}" with "${opened?.ticket}"`,
      BUNDLE_FILES.seal,
      BUNDLE_FILES.receipts,
    );
  }
  if (sealed?.outcome !== seal.outcome) {
    found.fail(
      "seal.outcome",
      `The seal says ${seal.outcome}, the receipts say ${
        sealed?.outcome ?? "nothing"
      }`,
      BUNDLE_FILES.seal,
      BUNDLE_FILES.receipts,
    );
  }
  const { all, last } = publishedProducts(receipts);
  const said = seal.products.map(productKey);
  // A path that two steps wrote, one after the other, may be there as each of them left it.
  const same = said.every((key) => all.has(key)) &&
    [...last.values()].every((key) => said.includes(key)) &&
    new Set(said).size === said.length;
  if (!same) {
    found.fail(
      "seal.products",
      "The products in the seal are not those that were published",
      `${BUNDLE_FILES.seal}#/payload/products`,
      BUNDLE_FILES.receipts,
    );
  }
}
