/**
 * Hash chains of receipts and entries: making the next link.
 *
 * The hash of a record is `SHA-256(0x00 || bytes)` (the leaf hash of RFC 6962 section 2.1)
 * over its canonical bytes; `prev` is the hash of the record before.
 *
 * @module
 */
import {
  canonicalBytes,
  canonicalText,
  parseCanonical,
} from "../core/canonical_json.ts";
import { type Digest, leafHash } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { encode } from "./encode.ts";
import type { Entry, EntryBodies, EntryType } from "./entry.ts";
import {
  type Actor,
  type Receipt,
  type ReceiptBodies,
  ReceiptSchema,
  type ReceiptType,
} from "./receipt.ts";
import type { Head } from "./store.ts";

/** A receipt before it has a place in its chain. */
export type ReceiptDraft = {
  [T in ReceiptType]: {
    run: string;
    at: string;
    type: T;
    actor: Actor;
    body: ReceiptBodies[T];
  };
}[ReceiptType];

/** An entry before it has a place in the ledger. */
export type EntryDraft = {
  [T in EntryType]: {
    ledger: Digest;
    at: string;
    type: T;
    body: EntryBodies[T];
  };
}[EntryType];

/** A receipt in its place: its canonical bytes, their hash, and the head of the chain that it ends. */
export interface ReceiptLink {
  receipt: Receipt;
  bytes: Uint8Array;
  hash: Digest;
  head: Head;
}

/** An entry in its place: its canonical bytes, their hash, and the head of the chain that it ends. */
export interface EntryLink {
  entry: Entry;
  bytes: Uint8Array;
  hash: Digest;
  head: Head;
}

/** Puts a receipt after `head`. */
export function nextReceipt(head: Head, draft: ReceiptDraft): ReceiptLink {
  const receipt = {
    ...draft,
    v: 1,
    seq: head.size,
    prev: head.hash,
  } as Receipt;
  const bytes = encode(canonicalText(receipt));
  const hash = leafHash(bytes);
  return { receipt, bytes, hash, head: { size: head.size + 1, hash } };
}

/** Puts an entry after `head`. */
export function nextEntry(head: Head, draft: EntryDraft): EntryLink {
  const entry = { ...draft, v: 1, seq: head.size, prev: head.hash } as Entry;
  const bytes = canonicalBytes(entry);
  const hash = leafHash(bytes);
  return { entry, bytes, hash, head: { size: head.size + 1, hash } };
}

/**
 * Reads receipts, each from its bytes, without looking at how they hang together.
 *
 * @throws {WritError} `input.invalid` at the first that is not one.
 */
export function readReceipts(lines: Iterable<Uint8Array>): Receipt[] {
  const receipts: Receipt[] = [];
  for (const line of lines) {
    const what = `receipt ${receipts.length}`;
    const parsed = ReceiptSchema.safeParse(parseCanonical(line, what));
    if (!parsed.success) {
      throw new WritError("input.invalid", `Cannot read ${what}: not one`, {
        faults: parsed.error.issues.map(({ path, message }) => ({
          message: `${path.join(".")}: ${message}`,
        })),
        cause: parsed.error,
      });
    }
    receipts.push(parsed.data);
  }
  return receipts;
}
