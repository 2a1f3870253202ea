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

/** The refusal of a commit that was made from a state that is gone. */
export function conflict(why: string): WritError {
  return new WritError("ledger.conflict", `Cannot write the ledger: ${why}`, {
    hint: "Another process has written since; try again",
  });
}
