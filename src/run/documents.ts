/**
 * The documents that tickets and runs point to by digest.
 *
 * @module
 */
import { canonicalBytes, parseCanonical } from "../core/canonical_json.ts";
import { type Digest, sha256 } from "../core/digest.ts";
import { sameBytes } from "../core/same_bytes.ts";
import { WritError } from "../core/errors.ts";
import type { Ledger } from "../ledger/ledger.ts";
import {
  type EvidenceRef,
  type Receipt,
  ReceiptSchema,
} from "../ledger/receipt.ts";
import { CORRUPT_HINT, parseStored } from "../ledger/records.ts";
import { type Plan, PlanSchema } from "../plan/plan.ts";
import { type Decision, DecisionSchema } from "../policy/decision.ts";
import type { PolicySet } from "../policy/policy_set.ts";
import { type Trust, TrustSchema } from "../ticket/trust.ts";

/** A document by whose digest others refer to it. */
export interface Document<T> {
  /** What it says. */
  value: T;
  /** SHA-256 of `bytes`. */
  digest: Digest;
  /** RFC 8785. */
  bytes: Uint8Array;
}

/** A value as a document. */
export function documentOf<T>(value: T): Document<T> {
  const bytes = canonicalBytes(value);
  return { value, digest: sha256(bytes), bytes };
}

/** What a decision is about, as bytes by digest. The pipeline's text is kept as it was read. */
export function documentsOf(
  parts: {
    plan: Document<Plan>;
    decision: Document<Decision>;
    policy: PolicySet;
    trust: Trust;
    pipeline: Uint8Array;
  },
): Map<Digest, Uint8Array> {
  const files = Object.values(parts.policy.files).map((text) =>
    new TextEncoder().encode(text)
  );
  const texts = [canonicalBytes(parts.trust), parts.pipeline, ...files];
  return new Map([
    [parts.plan.digest, parts.plan.bytes],
    [parts.decision.digest, parts.decision.bytes],
    ...texts.map((bytes) => [sha256(bytes), bytes] as const),
  ]);
}

/** A plan that was kept. */
export async function readPlan(ledger: Ledger, digest: Digest): Promise<Plan> {
  return PlanSchema.parse(await read(ledger, digest, "plan"));
}

/** A decision that was kept. */
export async function readDecision(
  ledger: Ledger,
  digest: Digest,
): Promise<Decision> {
  return DecisionSchema.parse(await read(ledger, digest, "decision"));
}

/** The bytes that a run was admitted with: what has been changed since does not belong to it. */
export interface Admitted {
  /** The author's file. */
  pipeline: Uint8Array;
  /** The ticket's envelope. */
  envelope: Uint8Array;
  /** The trust that was in force when it was decided. */
  trust: Uint8Array;
}

/**
 * What a run was admitted with.
 *
 * @param opened the run's first receipt
 * @param decision the decision that it names
 */
export async function readAdmitted(
  ledger: Ledger,
  opened: Uint8Array,
  decision: Decision,
): Promise<Admitted> {
  const receipt = readReceipt(opened);
  if (receipt.type !== "run.opened") {
    throw new WritError(
      "ledger.corrupt",
      `Cannot read how run "${receipt.run}" was opened: its first receipt is "${receipt.type}"`,
      { hint: CORRUPT_HINT },
    );
  }
  const { pipeline, envelope } = receipt.body;
  return {
    pipeline: await readBytes(ledger, pipeline, "pipeline"),
    envelope: await readBytes(ledger, envelope, "ticket"),
    trust: await readBytes(ledger, decision.trust, "trust"),
  };
}

/**
 * All receipts of a run.
 *
 * @throws {WritError} `ledger.corrupt`
 */
export async function readReceipts(
  ledger: Ledger,
  run: string,
): Promise<Receipt[]> {
  return await Array.fromAsync(ledger.receipts(run), readReceipt);
}

/**
 * A receipt that was kept.
 *
 * @throws {WritError} `ledger.corrupt`
 */
export function readReceipt(bytes: Uint8Array): Receipt {
  return parseStored(bytes, ReceiptSchema, "a receipt");
}

/** How the canonical text of the end of a step ends: the members before are sorted. */
const END_OF_STEP = new TextEncoder().encode('"type":"step.finished","v":1}');

/**
 * What was captured of the step whose end this is; nothing for any other receipt, which is not
 * parsed for that.
 *
 * @throws {WritError} `ledger.corrupt`
 */
export function evidenceOf(bytes: Uint8Array): EvidenceRef[] {
  if (!sameBytes(bytes.subarray(-END_OF_STEP.length), END_OF_STEP)) return [];
  const receipt = readReceipt(bytes);
  return receipt.type === "step.finished" ? receipt.body.evidence : [];
}

/** Trust that was kept. */
export async function readTrust(
  ledger: Ledger,
  digest: Digest,
): Promise<Trust> {
  return TrustSchema.parse(await read(ledger, digest, "trust"));
}

async function read(
  ledger: Ledger,
  digest: Digest,
  what: string,
): Promise<unknown> {
  const bytes = await readBytes(ledger, digest, what);
  return parseCanonical(bytes, `${what} ${digest}`);
}

async function readBytes(
  ledger: Ledger,
  digest: Digest,
  what: string,
): Promise<Uint8Array> {
  const bytes = await ledger.document(digest);
  if (bytes !== null) return bytes;
  throw new WritError(
    "ledger.corrupt",
    `Cannot read ${what} ${digest}: it is not in the ledger`,
    { hint: CORRUPT_HINT },
  );
}
