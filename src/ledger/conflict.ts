/**
 * When a commit is refused: what it was made from is not what lies in the store.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import type { Head } from "./store.ts";

/** `true` when two heads are of the same chain at the same place. */
export function sameHead(a: Head, b: Head): boolean {
  return a.size === b.size && a.hash === b.hash;
}

/** `true` when both are absent, or both hold the same bytes. */
export function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The refusal of a commit that was made from a state that is gone. */
export function conflict(why: string): WritError {
  return new WritError("ledger.conflict", `Cannot write the ledger: ${why}`, {
    hint: "Another process has written since; try again",
  });
}
