/**
 * A bundle: a run's folder, whole and portable.
 *
 * @module
 */
import * as z from "zod";
import { type Digest, DigestSchema } from "../core/digest.ts";
import type { TreeHead } from "../ledger/merkle.ts";

/** `bundle.json`: every other file of the folder, sorted by name. */
export interface BundleIndex {
  v: 1;
  run: string;
  files: { name: string; size: number; digest: Digest }[];
}

/** Schema of a {@linkcode BundleIndex}. */
export const BundleIndexSchema: z.ZodType<BundleIndex> = z.strictObject({
  v: z.literal(1),
  run: z.string(),
  files: z.array(z.strictObject({
    name: z.string().min(1),
    size: z.int().min(0),
    digest: DigestSchema,
  })),
});

/**
 * The files of a bundle by name, `bundle.json` included, as they were found. Reading a bundle
 * judges nothing but what could not be read at all; verify does the rest.
 */
export interface Bundle {
  /** The folder, for messages. */
  where: string;
  /** Bytes by name relative to the folder, with `/`; `bundle.json` included. */
  files: ReadonlyMap<string, Uint8Array>;
  /** What was found that no file can be: links, folders without files, special files. */
  strange: { name: string; what: string }[];
}

/** The names that every bundle has; `policy/` and `evidence/sha256/` hold more. */
export const BUNDLE_FILES = {
  index: "bundle.json",
  pipeline: "pipeline.json",
  plan: "plan.json",
  decision: "decision.json",
  trust: "trust.json",
  ticket: "ticket.dsse.json",
  receipts: "receipts.jsonl",
  seal: "seal.dsse.json",
  ledger: "ledger.json",
  checkpoint: "checkpoint",
} as const;

/** `ledger.json`: the ledger's entries that concern the run, and what joins them with the `checkpoint`. */
export interface LedgerExcerpt {
  /** Format version; any other is refused. */
  v: 1;
  /** The id of the ledger's key. */
  ledger: Digest;
  /** The entries, in the order of `seq`. */
  entries: unknown[];
  /** For each entry the proof that it is in the checkpoint's tree, from the leaf up (RFC 9162 section 2.1.3). */
  inclusion: Digest[][];
  /**
   * Proofs that the tree of an earlier size, at least 1, grew to the checkpoint's (RFC 9162
   * section 2.1.4), by size: from what the ticket has seen, and from the checkpoint before.
   */
  consistency: ConsistencyProof[];
}

/** A proof that an earlier tree grew to that of a checkpoint. */
export interface ConsistencyProof extends TreeHead {
  /** The hashes of the proof, in the order of RFC 9162. */
  path: Digest[];
}

/**
 * Beside the bundle's listed files, once evidence has expired: what the ledger says of that. The
 * list stays as it was, so that digests and sizes of what is gone are still known.
 */
export const EXPIRED_FILE = "expired.json";

/** `expired.json`: the entries by which evidence has gone, and what joins them with the bundle's `checkpoint`. */
export interface ExpiryExcerpt {
  /** Format version; any other is refused. */
  v: 1;
  /** The id of the ledger's key. */
  ledger: Digest;
  /** The entries `evidence.expired` of the run, in the order of `seq`. */
  entries: unknown[];
  /** A later checkpoint, which covers them: a signed note (C2SP tlog-checkpoint). */
  checkpoint: string;
  /** For each entry the proof that it is in that checkpoint's tree (RFC 9162 section 2.1.3). */
  inclusion: Digest[][];
  /** The proof that the tree of the bundle's checkpoint grew to that one (RFC 9162 section 2.1.4). */
  consistency: Digest[];
}

/** Schema of an {@linkcode ExpiryExcerpt}. */
export const ExpiryExcerptSchema: z.ZodType<ExpiryExcerpt> = z.strictObject({
  v: z.literal(1),
  ledger: DigestSchema,
  entries: z.array(z.unknown()).min(1),
  checkpoint: z.string(),
  inclusion: z.array(z.array(DigestSchema)),
  consistency: z.array(DigestSchema),
});

/** Schema of a {@linkcode LedgerExcerpt}. */
export const LedgerExcerptSchema: z.ZodType<LedgerExcerpt> = z.strictObject({
  v: z.literal(1),
  ledger: DigestSchema,
  entries: z.array(z.unknown()),
  inclusion: z.array(z.array(DigestSchema)),
  consistency: z.array(z.strictObject({
    size: z.int().min(1),
    root: DigestSchema,
    path: z.array(DigestSchema),
  })),
});
