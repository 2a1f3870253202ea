/**
 * Turns a bundle's files into typed parts.
 *
 * @module
 */
import { decodeBase64 } from "@std/encoding/base64";
import type * as z from "zod";
import { canonicalBytes } from "../core/canonical_json.ts";
import { type Digest, leafHash, sha256 } from "../core/digest.ts";
import { type Envelope, EnvelopeSchema } from "../core/dsse.ts";
import { isWritError } from "../core/errors.ts";
import { type Checkpoint, parseCheckpoint } from "../ledger/checkpoint.ts";
import { type Entry, EntrySchema } from "../ledger/entry.ts";
import { type Receipt, ReceiptSchema } from "../ledger/receipt.ts";
import { type Seal, SEAL_TYPE, SealSchema } from "../ledger/seal.ts";
import { type Plan, PlanSchema } from "../plan/plan.ts";
import { type Decision, DecisionSchema } from "../policy/decision.ts";
import type { PolicySet } from "../policy/policy_set.ts";
import { type Ticket, TICKET_TYPE, TicketSchema } from "../ticket/ticket.ts";
import { type Trust, TrustSchema } from "../ticket/trust.ts";
import {
  type Bundle,
  BUNDLE_FILES,
  type BundleIndex,
  BundleIndexSchema,
  EXPIRED_FILE,
  type ExpiryExcerpt,
  ExpiryExcerptSchema,
  type LedgerExcerpt,
  LedgerExcerptSchema,
} from "./bundle.ts";
import { splitLines } from "./lines.ts";
import { BUNDLE_POLICY, CACHED_FOLDER } from "./names.ts";
import {
  checkPart,
  malformed,
  MAX_FAULTS,
  parsePart,
  type Part,
  type PartFault,
} from "./part.ts";

/** A signed payload: the envelope, what it says, and the digest of the signed bytes. */
export interface Signed<T> {
  envelope: Envelope;
  payload: T;
  digest: Digest;
}

/** A receipt or an entry with the hash of its bytes. */
export interface Hashed<T> {
  value: T;
  hash: Digest;
}

/** The ledger's entries that concern the run, with their proofs. */
export interface Excerpt
  extends Pick<LedgerExcerpt, "ledger" | "inclusion" | "consistency"> {
  entries: Hashed<Entry>[];
}

/** What the ledger says of evidence that has gone, with its proofs. */
export interface Expired
  extends Pick<ExpiryExcerpt, "ledger" | "inclusion" | "consistency"> {
  entries: Hashed<Entry>[];
  /** As it says; its signatures are not verified. */
  checkpoint: Checkpoint;
}

/** The run that made a cached step, as the bundle carries it. */
export interface Maker {
  run: string;
  plan: Part<Plan>;
  receipts: Part<Hashed<Receipt>[]>;
  seal: Part<Signed<Seal>>;
}

/** A bundle in typed parts. */
export interface BundleParts {
  bundle: Bundle;
  index: Part<BundleIndex>;
  /** The author's bytes, not parsed: every version of the format is theirs. */
  pipeline: Part<Uint8Array>;
  plan: Part<Plan>;
  decision: Part<Decision>;
  policy: Part<PolicySet>;
  /** Trust as it was in force; it proves nothing by itself. */
  trust: Part<Trust>;
  ticket: Part<Signed<Ticket>>;
  receipts: Part<Hashed<Receipt>[]>;
  seal: Part<Signed<Seal>>;
  ledger: Part<Excerpt>;
  /** As it says; its signatures are not verified. */
  checkpoint: Part<Checkpoint>;
  /** The makers of cached steps, by run id. */
  makers: Maker[];
  /** What the ledger says of evidence that has gone; `null` where the bundle says nothing. */
  expired: Part<Expired> | null;
}

/** Parses every part of a bundle; what is wrong with one stays in it. */
export function parseBundle(bundle: Bundle): BundleParts {
  const { files } = bundle;
  return {
    bundle,
    index: part(files, BUNDLE_FILES.index, json(BundleIndexSchema)),
    pipeline: part(files, BUNDLE_FILES.pipeline, (value) => ({ value })),
    plan: part(files, BUNDLE_FILES.plan, json(PlanSchema)),
    decision: part(files, BUNDLE_FILES.decision, json(DecisionSchema)),
    policy: { ...policyPart(files), file: BUNDLE_POLICY },
    trust: part(files, BUNDLE_FILES.trust, json(TrustSchema)),
    ticket: part(
      files,
      BUNDLE_FILES.ticket,
      signed(TICKET_TYPE, TicketSchema),
    ),
    receipts: part(files, BUNDLE_FILES.receipts, receiptsPart),
    seal: part(files, BUNDLE_FILES.seal, signed(SEAL_TYPE, SealSchema)),
    ledger: part(files, BUNDLE_FILES.ledger, excerptPart),
    checkpoint: part(files, BUNDLE_FILES.checkpoint, checkpointPart),
    makers: makersOf(files),
    expired: files.has(EXPIRED_FILE)
      ? part(files, EXPIRED_FILE, expiredPart)
      : null,
  };
}

type Parser<T> = (bytes: Uint8Array, name: string) => Part<T>;

function part<T>(
  files: ReadonlyMap<string, Uint8Array>,
  name: string,
  parse: Parser<T>,
): Part<T> {
  const bytes = files.get(name);
  if (bytes !== undefined) return { ...parse(bytes, name), file: name };
  const message = `The bundle has no "${name}"`;
  return {
    faults: [{ code: "part.missing", message, pointer: name }],
    file: name,
  };
}

function json<T>(schema: z.ZodType<T>): Parser<T> {
  return (bytes, name) => parsePart(bytes, name, schema);
}

function signed<T>(type: string, schema: z.ZodType<T>): Parser<Signed<T>> {
  return (bytes, name) => {
    const envelope = parsePart(bytes, name, EnvelopeSchema);
    if (envelope.faults) return envelope;
    const { payloadType, payload } = envelope.value;
    if (payloadType !== type) {
      return malformed(
        `${name}#/payloadType`,
        `Its payload is of type "${payloadType}", "${type}" was expected`,
      );
    }
    const raw = decodeBase64(payload);
    const said = parsePart(raw, `${name}#/payload`, schema);
    if (said.faults) return said;
    return {
      value: {
        envelope: envelope.value,
        payload: said.value,
        digest: sha256(raw),
      },
    };
  };
}

function policyPart(files: ReadonlyMap<string, Uint8Array>): Part<PolicySet> {
  const texts: [name: string, text: string][] = [];
  const faults: PartFault[] = [];
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (const [name, bytes] of files) {
    if (!name.startsWith(BUNDLE_POLICY)) continue;
    try {
      texts.push([name.slice(BUNDLE_POLICY.length), decoder.decode(bytes)]);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      faults.push(...malformed(name, "It is not UTF-8 text").faults);
    }
  }
  if (faults.length > 0) return { faults };
  // fromEntries makes "__proto__" a name like any other.
  const set = Object.fromEntries(texts);
  if (texts.length > 0) return { value: { files: set } };
  const message = `The bundle has no files in "${BUNDLE_POLICY}"`;
  return {
    faults: [{ code: "part.missing", message, pointer: BUNDLE_POLICY }],
  };
}

function receiptsPart(
  bytes: Uint8Array,
  name: string,
): Part<Hashed<Receipt>[]> {
  const receipts: Hashed<Receipt>[] = [];
  const faults: PartFault[] = [];
  const { lines, cut } = splitLines(bytes);
  for (const [seq, line] of lines.entries()) {
    const pointer = `${name}#/${seq}`;
    if (faults.length >= MAX_FAULTS) break;
    const parsed = parsePart(line, pointer, ReceiptSchema);
    if (parsed.faults) faults.push(...parsed.faults);
    else receipts.push({ value: parsed.value, hash: leafHash(line) });
  }
  if (cut) {
    faults.push(...malformed(name, "Its last line does not end").faults);
  }
  return faults.length > 0 ? { faults } : { value: receipts };
}

function excerptPart(bytes: Uint8Array, name: string): Part<Excerpt> {
  const excerpt = parsePart(bytes, name, LedgerExcerptSchema);
  if (excerpt.faults) return excerpt;
  const { ledger, inclusion, consistency } = excerpt.value;
  const entries = hashedEntries(excerpt.value.entries, name);
  if (entries.faults) return entries;
  return { value: { ledger, entries: entries.value, inclusion, consistency } };
}

function hashedEntries(
  list: readonly unknown[],
  name: string,
): Part<Hashed<Entry>[]> {
  const faults: PartFault[] = [];
  const entries: Hashed<Entry>[] = [];
  for (const [i, raw] of list.entries()) {
    if (faults.length >= MAX_FAULTS) break;
    const entry = checkPart(raw, `${name}#/entries/${i}`, EntrySchema);
    if (entry.faults) faults.push(...entry.faults);
    else {
      const hash = leafHash(canonicalBytes(raw));
      entries.push({ value: entry.value, hash });
    }
  }
  return faults.length > 0 ? { faults } : { value: entries };
}

function expiredPart(bytes: Uint8Array, name: string): Part<Expired> {
  const excerpt = parsePart(bytes, name, ExpiryExcerptSchema);
  if (excerpt.faults) return excerpt;
  const { ledger, inclusion, consistency } = excerpt.value;
  const note = new TextEncoder().encode(excerpt.value.checkpoint);
  const checkpoint = checkpointPart(note, `${name}#/checkpoint`);
  if (checkpoint.faults) return checkpoint;
  const entries = hashedEntries(excerpt.value.entries, name);
  if (entries.faults) return entries;
  return {
    value: {
      ledger,
      inclusion,
      consistency,
      entries: entries.value,
      checkpoint: checkpoint.value,
    },
  };
}

function checkpointPart(bytes: Uint8Array, name: string): Part<Checkpoint> {
  try {
    return { value: parseCheckpoint(bytes, name) };
  } catch (error) {
    if (!isWritError(error)) throw error;
    return malformed(name, error.message);
  }
}

/** The runs in `cached/<run id>/`. */
function makersOf(files: ReadonlyMap<string, Uint8Array>): Maker[] {
  const runs = new Set<string>();
  for (const name of files.keys()) {
    if (name.startsWith(CACHED_FOLDER)) runs.add(name.split("/")[1]);
  }
  return [...runs].sort().map((run) => {
    const at = (name: string) => `${CACHED_FOLDER}${run}/${name}`;
    return {
      run,
      plan: part(files, at(BUNDLE_FILES.plan), json(PlanSchema)),
      receipts: part(files, at(BUNDLE_FILES.receipts), receiptsPart),
      seal: part(
        files,
        at(BUNDLE_FILES.seal),
        signed(SEAL_TYPE, SealSchema),
      ),
    };
  });
}
