/**
 * What was thrown, as an error of Writ.
 *
 * @module
 */
import { isWritError, WritError } from "./errors.ts";
import { quoted } from "./printable.ts";

/** What helps, by program. */
export interface Helps {
  /** Where a permission of Deno is missing. */
  permission: string;
  /** Where the fault is Writ's own. */
  fault: string;
}

const HELPS: Helps = {
  permission:
    "the command's --help ends with what it may; a file that it shall write lies in the folder that you stand in",
  fault:
    "please report it, with what WRIT_DEBUG=1 prints when the command is given again",
};

/**
 * A {@linkcode WritError} stays; a missing permission of Deno and what the file system refuses
 * become one with its code; all else is a fault of Writ itself. Where tidying up failed too, the first
 * error counts.
 */
export function asWritError(thrown: unknown, helps: Helps = HELPS): WritError {
  if (thrown instanceof SuppressedError) {
    return asWritError(thrown.suppressed, helps);
  }
  if (isWritError(thrown)) return thrown;
  for (let cause = thrown; cause instanceof Error; cause = cause.cause) {
    if (cause.name === "NotCapable") return permission(cause, thrown, helps);
    const why = whyRefused(cause);
    if (why !== undefined) return refused(cause, why, thrown);
  }
  const message = thrown instanceof Error
    ? `${thrown.name}: ${thrown.message}`
    : String(thrown);
  return new WritError("writ.fault", `This is a fault of Writ: ${message}`, {
    hint: helps.fault,
    cause: thrown,
  });
}

/** Why a file system refused, in a few words; `undefined` for what is no error of its. */
export function whyRefused(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = "" } = error as Error & { code?: string };
  return REFUSED[code] ?? /^(.+) \(os error \d+\)/.exec(error.message)?.[1];
}

/** What a file system says, by its code. */
const REFUSED: Record<string, string | undefined> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the quota is used up",
  EROFS: "the file system is read-only",
  EACCES: "the system does not let you",
  EPERM: "the system does not let you",
  ENOENT: "nothing is there",
  EEXIST: "something is there already",
  EISDIR: "it is a folder, a file was expected",
  ENOTDIR: "a part of the path is no folder",
  ENOTEMPTY: "the folder is not empty",
  ELOOP: "its links lead in a circle",
  ENAMETOOLONG: "the name is too long",
  ENXIO: "it is a special file, a plain file was expected",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
  EBUSY: "something else uses it",
  ETXTBSY: "it is a program that runs",
  EXDEV: "it lies on another file system",
  EIO: "the disk has a fault",
};

/** Deno says: `Is a directory (os error 21): readfile '/x'`, and of two paths `rename '/x' -> '/y'`. */
function refused(
  error: Error & { code?: string },
  why: string,
  cause: unknown,
): WritError {
  const [, call = "", path] = /: ([a-z]+) '(.*?)'(?: -> '.*')?$/s.exec(
    error.message,
  ) ?? [];
  const at = path === undefined ? "" : ` ${quoted(path, 200)}`;
  if (READS.test(call) && !ONLY_WRITES.has(error.code ?? "")) {
    return new WritError("input.unreadable", `Cannot read${at}: ${why}`, {
      cause,
    });
  }
  return new WritError("store.unwritable", `Cannot write${at}: ${why}`, {
    hint: "nothing is left half-written; put it right and try again",
    cause,
  });
}

/** What is opened to be written fails so, what is read never does. */
const ONLY_WRITES = new Set(["ENOSPC", "EDQUOT", "EROFS"]);

const READS = /^(read|l?stat|open$|realpath)/;

/** Deno says: `Requires write access to "/x", run again with the --allow-write flag`. */
function permission(
  error: Error,
  cause: unknown,
  helps: Helps,
): WritError {
  const [, what = error.message] = /^Requires (.*?)(?:, run again.*)?$/s.exec(
    error.message,
  ) ?? [];
  const [flag = "the permission"] = /--(?:allow|unstable)-[a-z]+/.exec(
    error.message,
  ) ?? [];
  return new WritError(
    "writ.permission",
    `Cannot go on: this process was started without ${flag}, and ${what} is needed`,
    { hint: helps.permission, cause },
  );
}
