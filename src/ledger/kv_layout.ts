/**
 * Where things lie in the key-value store, and how a commit becomes its mutations.
 *
 * ```
 * writ format                  {"v":1}
 * writ head                    the ledger's head
 * writ entries SEQ             page of entries, the first of which has this seq
 * writ run-head RUN            a run's head
 * writ receipts RUN SEQ        page of receipts
 * writ document KIND ID
 * writ piece HEX PART          a piece of a value that is too large, by its digest
 * writ mark ID                 what became of a commit at a server; passes after a day
 * ```
 *
 * @module
 */
import { canonicalBytes } from "../core/canonical_json.ts";
import { WritError } from "../core/errors.ts";
import { joinPage, pack, type PieceRef } from "./page.ts";
import type { Append, Commit, DocumentKind, Head } from "./store.ts";

/** A key of the key-value store. */
export type Key = readonly (string | number)[];

/** A mutation: set this key to these bytes. */
export interface Assignment {
  key: Key;
  value: Uint8Array;
}

/** The version of this layout. */
export const FORMAT_VERSION = 1;

/** The keys. */
export const KEYS = {
  format: ["writ", "format"] as Key,
  head: ["writ", "head"] as Key,
  entries: ["writ", "entries"] as Key,
  runHead: (run: string): Key => ["writ", "run-head", run],
  receipts: (run: string): Key => ["writ", "receipts", run],
  documents: (kind: DocumentKind): Key => ["writ", "document", kind],
  document: (kind: DocumentKind, id: string): Key => [
    "writ",
    "document",
    kind,
    id,
  ],
  mark: (id: string): Key => ["writ", "mark", id],
  piece: ({ digest }: PieceRef, part: number): Key => [
    "writ",
    "piece",
    digest.slice(7),
    part,
  ],
};

/** Bounds of one atomic commit, below the backend's 819,200 bytes, 1,000 mutations, 81,920 bytes of keys, 100 checks. */
const ATOMIC = { bytes: 700_000, mutations: 500, keyBytes: 60_000, checks: 90 };

/** From here on a value moves out of an atomic commit that is too large. */
const SMALL_BYTES = 256;

/**
 * A commit as mutations. `before` are batches that nothing refers to yet: they are written
 * first, in any number of atomic commits; `atomic` makes all of it hold, at once.
 */
export interface KvCommit {
  before: Assignment[][];
  atomic: Assignment[];
}

/**
 * Lays a commit out.
 *
 * @throws {WritError} `writ.fault` when it touches more keys than can change at once
 */
export function layOut(change: Commit): KvCommit {
  const values = valuesOf(change);
  const small = packAll(values);
  const checkable = checksOf(change) <= ATOMIC.checks;
  if (checkable && fits([...small.pieces, ...small.atomic])) {
    return { before: [], atomic: [...small.pieces, ...small.atomic] };
  }
  const { pieces, atomic } = fits(small.atomic)
    ? small
    : packAll(values, SMALL_BYTES);
  if (!checkable || !fits(atomic)) {
    throw new WritError(
      "writ.fault",
      `Cannot write the ledger: one change has ${atomic.length} parts, more than can hold at once`,
    );
  }
  return { before: batches(pieces), atomic };
}

/** A head as it is stored. */
export function headBytes({ size, hash }: Head): Uint8Array {
  return canonicalBytes({ size, hash });
}

function checksOf({ receipts = [], put = [] }: Commit): number {
  // The format, a mark, the head, the runs.
  return 3 + receipts.length +
    put.filter(({ expect }) => expect !== undefined).length;
}

function valuesOf({ entries, receipts = [], put = [] }: Commit): Assignment[] {
  return [
    ...(entries ? chainValues(KEYS.head, KEYS.entries, entries) : []),
    ...receipts.flatMap(({ run, append }) =>
      chainValues(KEYS.runHead(run), KEYS.receipts(run), append)
    ),
    ...put.map(({ kind, id, bytes }) => ({
      key: KEYS.document(kind, id),
      value: bytes,
    })),
  ];
}

function chainValues(head: Key, pages: Key, append: Append): Assignment[] {
  const { after, records, hash } = append;
  return [
    {
      key: head,
      value: headBytes({ size: after.size + records.length, hash }),
    },
    { key: [...pages, after.size], value: joinPage(records) },
  ];
}

function packAll(
  values: readonly Assignment[],
  inlineBytes?: number,
): { pieces: Assignment[]; atomic: Assignment[] } {
  const pieces: Assignment[] = [];
  const atomic = values.map(({ key, value }) => {
    const packed = pack(value, inlineBytes);
    const { ref } = packed;
    if (ref !== null) {
      packed.pieces.forEach((piece, part) =>
        pieces.push({ key: KEYS.piece(ref, part), value: piece })
      );
    }
    return { key, value: packed.value };
  });
  return { pieces, atomic };
}

function sizeOf(key: Key): number {
  return key.reduce<number>(
    (sum, part) => sum + (typeof part === "string" ? part.length + 3 : 10),
    0,
  );
}

function fits(assignments: readonly Assignment[]): boolean {
  let bytes = 0;
  let keyBytes = 0;
  for (const { key, value } of assignments) {
    keyBytes += sizeOf(key);
    bytes += value.length;
  }
  return assignments.length <= ATOMIC.mutations && bytes <= ATOMIC.bytes &&
    keyBytes <= ATOMIC.keyBytes;
}

function batches(pieces: readonly Assignment[]): Assignment[][] {
  const found: Assignment[][] = [];
  let bytes = Infinity;
  for (const piece of pieces) {
    if (bytes + piece.value.length > ATOMIC.bytes) {
      found.push([]);
      bytes = 0;
    }
    found[found.length - 1].push(piece);
    bytes += piece.value.length;
  }
  return found;
}
