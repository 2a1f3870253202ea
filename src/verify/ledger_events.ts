/**
 * A ledger excerpt's entries, by type.
 *
 * @module
 */
import { BUNDLE_FILES } from "../bundle/bundle.ts";
import type { Excerpt } from "../bundle/parse_bundle.ts";
import type { Digest } from "../core/digest.ts";
import type { EntryBodies, EntryType } from "../ledger/entry.ts";

/** The body of an entry and where it stands. */
export interface LedgerEvent<T extends EntryType> {
  /** In the ledger. */
  seq: number;
  at: string;
  hash: Digest;
  /** Where in the bundle. */
  pointer: string;
  body: EntryBodies[T];
}

/** Where in the bundle an entry of the excerpt stands. */
export function entryPointer(index: number): string {
  return `${BUNDLE_FILES.ledger}#/entries/${index}`;
}

/** All entries of a type, in the order of the excerpt. */
export function entriesOf<T extends EntryType>(
  excerpt: Excerpt,
  type: T,
): LedgerEvent<T>[] {
  const out: LedgerEvent<T>[] = [];
  for (const [i, { value, hash }] of excerpt.entries.entries()) {
    if (value.type !== type) continue;
    // The union narrows by `type`, which a type parameter does not.
    const body = value.body as EntryBodies[T];
    out.push({
      seq: value.seq,
      at: value.at,
      hash,
      pointer: entryPointer(i),
      body,
    });
  }
  return out;
}
