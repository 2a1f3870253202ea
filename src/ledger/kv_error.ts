/**
 * What the key-value store throws, in our words.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { DamagedValue } from "./page.ts";
import { CORRUPT_HINT } from "./records.ts";

/** `true` for what passes when another process is done (SQLITE_BUSY, SQLITE_LOCKED). */
export function isLocked(error: unknown): boolean {
  return error instanceof Error &&
    /database (table |schema )?is locked/.test(error.message);
}

/** Turns an error of the store at `where` into a {@linkcode WritError} that says what to do. */
export function kvError(
  cause: unknown,
  where: string,
  remote: boolean,
): WritError {
  if (cause instanceof WritError) return cause;
  if (cause instanceof DamagedValue) return corrupt(cause, where);
  const said = messageOf(cause);
  if (remote) {
    return new WritError(
      "store.unavailable",
      `Cannot use the store at "${where}": ${said}`,
      {
        hint: /\b40[13]\b|token/i.test(said)
          ? "Put the server's access token into DENO_KV_ACCESS_TOKEN in the environment"
          : "Check the address and the network, and that the server speaks KV Connect",
        cause,
      },
    );
  }
  if (UNWRITABLE.test(said)) return unwritable(cause, where);
  return corrupt(cause, where);
}

/** The refusal of a folder, a file or a disk that does not take what is written. */
export function unwritable(cause: unknown, where: string): WritError {
  return new WritError(
    "store.unwritable",
    `Cannot write the ledger "${where}": ${messageOf(cause)}`,
    {
      hint:
        "Check the state folder: that it is a folder, its permissions, and free space on its disk",
      cause,
    },
  );
}

function corrupt(cause: unknown, where: string): WritError {
  return new WritError(
    "ledger.corrupt",
    `Cannot read the ledger "${where}": ${messageOf(cause)}`,
    { hint: CORRUPT_HINT, cause },
  );
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

const UNWRITABLE = /full|read-?only|unable to open|disk i\/o/i;
