/**
 * Entries: what the ledger says of tickets and runs. A hash chain over all of them.
 *
 * @module
 */
import * as z from "zod";
import { type Digest, DigestSchema } from "../core/digest.ts";
import { TimeSchema } from "../core/time.ts";
import type { EvidenceClass } from "../pipeline/pipeline.ts";

/** The bodies of entries, by type. */
export interface EntryBodies {
  /** `payload` is the digest of the ticket's payload bytes. */
  "ticket.issued": { ticket: string; payload: Digest; decision: Digest };
  "ticket.revoked": { ticket: string; reason: string; by: string };
  /** `use` counts from 1 up to the ticket's `maxUses`. */
  "run.admitted": {
    run: string;
    ticket: string;
    decision: Digest;
    use: number;
  };
  /** A run goes on under the same use. */
  "run.resumed": { run: string };
  /**
   * `seal` is the digest of the seal's payload bytes, `envelope` that of its envelope, which holds
   * the signature; `before` is the size of the tree that the
   * checkpoint before was of, 0 where there was none.
   */
  "run.closed": {
    run: string;
    seal: Digest;
    envelope: Digest;
    outcome: string;
    head: Digest;
    count: number;
    before: number;
  };
  /** What was captured in a run, all of a class, has been kept long enough: its bytes go. */
  "evidence.expired": {
    run: string;
    class: EvidenceClass;
    /** When the last of it was captured. */
    captured: string;
    /** How long it was kept at least. */
    days: number;
  };
}

/** A type of entry. */
export type EntryType = keyof EntryBodies;

/** An entry. Its hash is the leaf hash of its canonical bytes; `prev` is that of the one before. */
export type Entry = {
  [T in EntryType]: {
    v: 1;
    /** The id of the ledger's key. */
    ledger: Digest;
    /** Counts from 0 without a gap. */
    seq: number;
    prev: Digest | null;
    at: string;
    type: T;
    body: EntryBodies[T];
  };
}[EntryType];

const text = z.string();

function entry<T extends EntryType>(type: T, body: z.ZodType) {
  return z.strictObject({
    v: z.literal(1),
    ledger: DigestSchema,
    seq: z.int().min(0),
    prev: DigestSchema.nullable(),
    at: TimeSchema,
    type: z.literal(type),
    body,
  });
}

/** Schema of an {@linkcode Entry}. */
export const EntrySchema: z.ZodType<Entry> = z.discriminatedUnion("type", [
  entry(
    "ticket.issued",
    z.strictObject({
      ticket: text,
      payload: DigestSchema,
      decision: DigestSchema,
    }),
  ),
  entry(
    "ticket.revoked",
    z.strictObject({ ticket: text, reason: text, by: text }),
  ),
  entry(
    "run.admitted",
    z.strictObject({
      run: text,
      ticket: text,
      decision: DigestSchema,
      use: z.int().min(1),
    }),
  ),
  entry("run.resumed", z.strictObject({ run: text })),
  entry(
    "run.closed",
    z.strictObject({
      run: text,
      seal: DigestSchema,
      envelope: DigestSchema,
      outcome: text,
      head: DigestSchema,
      count: z.int().min(1),
      before: z.int().min(0),
    }),
  ),
  entry(
    "evidence.expired",
    z.strictObject({
      run: text,
      class: z.enum(["public", "sealed"]),
      captured: TimeSchema,
      days: z.int().min(0),
    }),
  ),
]) as unknown as z.ZodType<Entry>;
