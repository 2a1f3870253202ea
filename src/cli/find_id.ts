/**
 * Finding the run or ticket that a reference names, among any number of them.
 *
 * @module
 */
import { resolveReference } from "./reference.ts";

/** Ids that can be asked for in the order of their making. */
export interface Ids {
  /** For messages. */
  noun: "run" | "ticket";
  has(id: string): Promise<boolean>;
  /** Newest first, at most `limit`, those that begin with `prefix`. */
  newest(limit: number, prefix: string): AsyncIterable<string>;
}

/** So many beginnings alike are told apart in a message, and looked at for a name that is near. */
const ENOUGH = 100;

const BEGINS = { run: "run_", ticket: "tkt_" } as const;

/**
 * The id that a reference names, as {@linkcode resolveReference} takes it, without looking at
 * the others.
 *
 * @throws {WritError} `reference.unknown`
 */
export async function findId(reference: string, ids: Ids): Promise<string> {
  if (await ids.has(reference)) return reference;
  const newest = (limit: number, prefix = "") =>
    Array.fromAsync(ids.newest(limit, prefix));
  const number = /^#([1-9]\d{0,8})$/.exec(reference)?.[1];
  const found = reference === "latest"
    ? await newest(1)
    : number !== undefined
    ? await newest(Number(number))
    : await newest(ENOUGH, prefixOf(reference, BEGINS[ids.noun]));
  return resolveReference(
    reference,
    found.length > 0 ? found : await newest(ENOUGH),
    ids.noun,
  );
}

/** How an id begins that the reference is the beginning of: ids are upper-case behind their noun. */
function prefixOf(reference: string, begins: string): string {
  const lower = reference.toLowerCase();
  if (begins.startsWith(lower)) return begins;
  const rest = lower.startsWith(begins) ? lower.slice(begins.length) : lower;
  return begins + rest.toUpperCase();
}
