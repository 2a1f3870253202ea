/**
 * A tree: what a declared path holds, as one digest.
 *
 * The root is the RFC 6962 Merkle tree hash over the canonical bytes of the entries,
 * sorted by path in UTF-16 code unit order.
 *
 * @module
 */
import * as z from "zod";
import { canonicalBytes } from "./canonical_json.ts";
import {
  type Digest,
  DigestSchema,
  EMPTY_DIGEST,
  leafHash,
  nodeHash,
} from "./digest.ts";

/** Schema of a {@linkcode TreeEntry}. */
export const TreeEntrySchema: z.ZodType<TreeEntry> = z.strictObject({
  path: z.string().min(1),
  mode: z.enum(["100644", "100755", "120000", "040000"]),
  digest: DigestSchema,
});

/** One file, inward link or empty folder of a tree. */
export interface TreeEntry {
  /** Relative to the declared path, with `/`; `.` when that is itself the file. */
  path: string;
  /** Git's: `100644` file, `100755` executable file, `120000` link, `040000` empty folder. */
  mode: "100644" | "100755" | "120000" | "040000";
  /** SHA-256 of the file's bytes, or of the UTF-8 text of the link's target; of a folder, of nothing. */
  digest: Digest;
}

/** Sorts entries by path, in place, and returns them. */
export function sortEntries(entries: TreeEntry[]): TreeEntry[] {
  return entries.sort((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
}

/**
 * The root digest of sorted entries; of no entries, the digest of nothing.
 *
 * @example
 * ```ts
 * import { sha256, treeRoot } from "@writ/writ";
 * import { assertNotEquals } from "@std/assert";
 *
 * const digest = sha256(new TextEncoder().encode("so much depends"));
 * assertNotEquals(
 *   treeRoot([{ path: "poem.txt", mode: "100644", digest }]),
 *   treeRoot([{ path: "poem.txt", mode: "100755", digest }]),
 * );
 * ```
 *
 * @throws {RangeError} when the entries are not sorted by path, or a path comes twice.
 */
export function treeRoot(entries: readonly TreeEntry[]): Digest {
  for (let i = 1; i < entries.length; i++) {
    if (!(entries[i - 1].path < entries[i].path)) {
      throw new RangeError(
        `Cannot hash a tree: "${entries[i].path}" is out of order`,
      );
    }
  }
  return merkleRoot(entries.map((entry) => leafHash(canonicalBytes(entry))));
}

/** The RFC 6962 section 2.1 Merkle tree hash over leaf hashes. */
export function merkleRoot(leaves: readonly Digest[]): Digest {
  if (leaves.length === 0) return EMPTY_DIGEST;
  let row = leaves;
  // Pairing level by level and carrying an odd last node up unchanged gives the same
  // root as the recursive split at the largest power of two.
  while (row.length > 1) {
    const next: Digest[] = [];
    for (let i = 0; i < row.length; i += 2) {
      next.push(
        i + 1 < row.length ? nodeHash(row[i], row[i + 1]) : row[i],
      );
    }
    row = next;
  }
  return row[0];
}
