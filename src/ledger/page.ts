/**
 * How records and documents become values of a key-value store whose values are bounded.
 *
 * A page is the records of one append: four bytes of length, big-endian, before each. A
 * packed value is a tag and the bytes themselves, or a tag and where their pieces lie.
 *
 * @module
 */
import { canonicalBytes, parseCanonical } from "../core/canonical_json.ts";
import { type Digest, sha256 } from "../core/digest.ts";

/** The most bytes that a piece holds; the backend's bound is 65,536. */
export const PIECE_BYTES = 60_000;

/** A value whose bytes lie elsewhere, in `parts` pieces. */
export interface PieceRef {
  digest: Digest;
  size: number;
  parts: number;
}

/** A value as it is stored: small enough for the backend, with the pieces that it needs. */
export interface Packed {
  value: Uint8Array;
  ref: PieceRef | null;
  pieces: Uint8Array[];
}

const INLINE = 0;
const REF = 1;

/** A stored value that is not what was once written. */
export class DamagedValue extends Error {
  override name = "DamagedValue";
}

/** Joins records into a page. */
export function joinPage(records: readonly Uint8Array[]): Uint8Array {
  const page = new Uint8Array(
    records.reduce((sum, { length }) => sum + 4 + length, 0),
  );
  const view = new DataView(page.buffer);
  let at = 0;
  for (const record of records) {
    view.setUint32(at, record.length);
    page.set(record, at + 4);
    at += 4 + record.length;
  }
  return page;
}

/**
 * The records of a page.
 *
 * @throws {DamagedValue} when the page is cut or is none
 */
export function splitPage(page: Uint8Array): Uint8Array[] {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const records: Uint8Array[] = [];
  for (let at = 0; at < page.length;) {
    const end = at + 4 > page.length ? Infinity : at + 4 + view.getUint32(at);
    if (end > page.length) throw new DamagedValue("a page of records is cut");
    records.push(page.slice(at + 4, end));
    at = end;
  }
  return records;
}

/** Packs bytes: in place up to `inlineBytes` (at most {@linkcode PIECE_BYTES}), else as pieces. */
export function pack(
  bytes: Uint8Array,
  inlineBytes: number = PIECE_BYTES,
): Packed {
  if (bytes.length <= inlineBytes) {
    return { value: tagged(INLINE, bytes), ref: null, pieces: [] };
  }
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    pieces.push(bytes.subarray(at, at + PIECE_BYTES));
  }
  const ref = {
    digest: sha256(bytes),
    size: bytes.length,
    parts: pieces.length,
  };
  return { value: tagged(REF, canonicalBytes(ref)), ref, pieces };
}

/**
 * The bytes of a packed value, or where their pieces lie.
 *
 * @throws {DamagedValue} when the value was not packed
 */
export function unpack(value: unknown): Uint8Array | PieceRef {
  if (!(value instanceof Uint8Array)) throw new DamagedValue("a value is gone");
  if (value[0] === INLINE) return value.subarray(1);
  if (value[0] !== REF) throw new DamagedValue("a value has an unknown tag");
  return readJson(value.subarray(1), "a reference") as PieceRef;
}

/**
 * Reads canonical JSON that was stored.
 *
 * @throws {DamagedValue}
 */
export function readJson(bytes: Uint8Array, what: string): unknown {
  try {
    return parseCanonical(bytes, what);
  } catch (cause) {
    throw new DamagedValue(`${what} is damaged`, { cause });
  }
}

/**
 * Joins pieces again.
 *
 * @throws {DamagedValue} when they are not what was cut
 */
export function joinPieces(
  ref: PieceRef,
  pieces: readonly unknown[],
): Uint8Array {
  const bytes = new Uint8Array(ref.size);
  let at = 0;
  for (const piece of pieces) {
    if (!(piece instanceof Uint8Array) || at + piece.length > ref.size) {
      throw new DamagedValue("a piece of a value is missing");
    }
    bytes.set(piece, at);
    at += piece.length;
  }
  if (at !== ref.size || sha256(bytes) !== ref.digest) {
    throw new DamagedValue("a value in pieces is not what was stored");
  }
  return bytes;
}

function tagged(tag: number, bytes: Uint8Array): Uint8Array {
  const value = new Uint8Array(bytes.length + 1);
  value[0] = tag;
  value.set(bytes, 1);
  return value;
}
