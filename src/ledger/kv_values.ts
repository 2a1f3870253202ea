/**
 * Reading and writing many values, and values that lie in pieces.
 *
 * Edge: Deno KV.
 *
 * @module
 */
import { type Assignment, type Key, KEYS } from "./kv_layout.ts";
import { joinPieces, unpack } from "./page.ts";

/** How many keys one read asks for: the backend's bound. */
const KEYS_PER_READ = 10;

/** The bytes of a packed value, wherever they lie. */
export async function readValue(
  kv: Deno.Kv,
  value: unknown,
): Promise<Uint8Array> {
  const bytes = unpack(value);
  if (bytes instanceof Uint8Array) return bytes;
  const keys = Array.from(
    { length: bytes.parts },
    (_, part) => KEYS.piece(bytes, part),
  );
  const pieces = await getAll(kv, keys);
  return joinPieces(bytes, pieces.map(({ value }) => value));
}

/** Adds assignments to an atomic operation. */
export function assign(
  operation: Deno.AtomicOperation,
  assignments: readonly Assignment[],
): Deno.AtomicOperation {
  for (const { key, value } of assignments) operation.set([...key], value);
  return operation;
}

/** Reads any number of keys. */
export async function getAll(
  kv: Deno.Kv,
  keys: readonly Key[],
): Promise<Deno.KvEntryMaybe<unknown>[]> {
  const rows: Deno.KvEntryMaybe<unknown>[] = [];
  for (let i = 0; i < keys.length; i += KEYS_PER_READ) {
    rows.push(
      ...await kv.getMany(
        keys.slice(i, i + KEYS_PER_READ).map((key) => [...key]),
      ),
    );
  }
  return rows;
}
