/**
 * Hash chains of receipts and entries: making the next link.
 *
 * The hash of a record is `SHA-256(0x00 || bytes)` (the leaf hash of RFC 6962 section 2.1)
 * over its canonical bytes; `prev` is the hash of the record before.
 *
 * @module
 */
import { canonicalBytes, canonicalText } from "../core/canonical_json.ts";
import { type Digest, leafHash } from "../core/digest.ts";
import { encode } from "./encode.ts";
import type { Entry, EntryBodies, EntryType } from "./entry.ts";
import {
  type Actor,
  type Receipt,
  type ReceiptBodies,
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
