/**
 * What was thrown, as an error of Writ.
 *
 * @module
 */
import { isWritError, WritError } from "./errors.ts";

/**
 * A {@linkcode WritError} stays; a missing permission of Deno, a full or read-only disk become
 * one with its code; all else is a fault of Writ itself. Where tidying up failed too, the first
 * error counts.
 */
export function asWritError(thrown: unknown): WritError {
  if (thrown instanceof SuppressedError) return asWritError(thrown.suppressed);
  if (isWritError(thrown)) return thrown;
  for (let cause = thrown; cause instanceof Error; cause = cause.cause) {
    if (cause.name === "NotCapable") return permission(cause, thrown);
    const disk = DISK[(cause as { code?: string }).code ?? ""];
    if (disk !== undefined) {
      return new WritError("store.unwritable", `Cannot write: ${disk}`, {
        hint: "nothing is left half-written; try again when there is room",
        cause: thrown,
      });
    }
  }
  const message = thrown instanceof Error
    ? `${thrown.name}: ${thrown.message}`
    : String(thrown);
  return new WritError("writ.fault", `This is a fault of Writ: ${message}`, {
    hint:
      "please report it, with what WRIT_DEBUG=1 prints when the command is given again",
    cause: thrown,
  });
}

const DISK: Record<string, string | undefined> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the quota is used up",
  EROFS: "the file system is read-only",
};

/** Deno says: `Requires write access to "/x", run again with the --allow-write flag`. */
function permission(error: Error, cause: unknown): WritError {
  const [, what = error.message] = /^Requires (.*?)(?:, run again.*)?$/s.exec(
    error.message,
  ) ?? [];
  const [flag = "the permission"] = /--(?:allow|unstable)-[a-z]+/.exec(
    error.message,
  ) ?? [];
  return new WritError(
    "writ.permission",
    `Cannot go on: this process was started without ${flag}, and ${what} is needed`,
    {
      hint:
        "a command has the permissions of its row in src/cli/profile.ts, and no others",
      cause,
    },
  );
}
