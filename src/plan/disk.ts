/**
 * What planning asks of a file system: names, kinds, links, the heads of small files. Never
 * the contents of materials, which are read once by {@linkcode ReadFiles}.
 *
 * Edge: files, for reading; the clock that file times are in.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { closeSync, readSync } from "node:fs";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { openRegular } from "./open_regular.ts";

/** What a name stands for. `other` is a FIFO, a socket or a device. */
export type Kind = "file" | "folder" | "link" | "other";

/** What is known of a name without opening or following it. Times in milliseconds since 1970. */
export interface DiskStat {
  kind: Kind;
  /** The owner's execute bit. */
  executable: boolean;
  /** Bytes. */
  size: number;
  mtime: number;
  ctime: number;
  ino: number;
  dev: number;
}

/**
 * A file system, read only. Paths are absolute. "Not there" (a dangling link, a loop, a file
 * where a folder is needed, a name too long) is `null`; everything else that goes wrong throws.
 *
 * @throws {WritError} `input.unreadable`; `writ.permission` when Deno forbids it.
 */
export interface Disk {
  /** Names in a folder, in any order. @throws {WritError} `plan.changed_while_read` when it is gone. */
  list(folder: string): string[];
  lstat(path: string): DiskStat | null;
  /** The text of a link. @throws {WritError} `plan.changed_while_read` when it is gone. */
  readLink(path: string): string;
  /** The path with all links followed. */
  realPath(path: string): string | null;
  /** Up to `limit` bytes from the start of a plain file, links followed; `null` for what is not one. */
  head(path: string, limit: number): Uint8Array | null;
  /** The clock that the times of files are in, milliseconds since 1970. */
  now(): number;
}

/** The file system of this machine. */
export const disk: Disk = {
  list: (folder) =>
    present(
      folder,
      () => Array.from(Deno.readDirSync(folder), (entry) => entry.name),
    ),
  lstat: (path) =>
    orNull(() => reading(path, () => statOf(Deno.lstatSync(path)))),
  readLink: (path) => present(path, () => Deno.readLinkSync(path)),
  realPath: (path) =>
    orNull(() => reading(path, () => Deno.realPathSync(path))),
  head: (path, limit) => orNull(() => reading(path, () => headOf(path, limit))),
  now: () => Date.now(),
};

/** The facts that {@linkcode DiskStat} keeps. */
function statOf(info: Deno.FileInfo): DiskStat {
  return {
    kind: info.isFile
      ? "file"
      : info.isDirectory
      ? "folder"
      : info.isSymlink
      ? "link"
      : "other",
    executable: ((info.mode ?? 0) & 0o100) !== 0,
    size: info.size,
    mtime: info.mtime?.getTime() ?? 0,
    ctime: info.ctime?.getTime() ?? 0,
    ino: info.ino ?? 0,
    dev: info.dev,
  };
}

function headOf(path: string, limit: number): Uint8Array | null {
  if (!Deno.statSync(path).isFile) return null;
  const { fd, size } = openRegular(Deno.realPathSync(path));
  try {
    const buffer = Buffer.alloc(Math.min(limit, size));
    let length = 0;
    while (length < buffer.length) {
      const read = readSync(fd, buffer, length, buffer.length - length, null);
      if (read === 0) break;
      length += read;
    }
    return new Uint8Array(buffer.subarray(0, length));
  } finally {
    closeSync(fd);
  }
}

/** Does `read`; a failure that is not "not there" becomes a {@linkcode WritError} naming `path`. */
export function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (isAbsence(cause) || cause instanceof WritError) throw cause;
    if (cause instanceof Deno.errors.NotCapable) {
      throw new WritError(
        "writ.permission",
        `Cannot read ${quoted(path)}: Deno was not given leave to`,
        { hint: "start Writ with --allow-read", cause },
      );
    }
    const denied = cause instanceof Deno.errors.PermissionDenied ||
      codeOf(cause) === "EACCES" || codeOf(cause) === "EPERM";
    throw new WritError(
      "input.unreadable",
      `Cannot read ${quoted(path)}: ${
        denied ? "permission denied" : messageOf(cause)
      }`,
      { cause },
    );
  }
}

/** Whether an error of Deno or Node means that there is nothing of that name. */
export function isAbsence(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.NotADirectory ||
    error instanceof Deno.errors.FilesystemLoop ||
    ABSENT.has(codeOf(error));
}

const ABSENT: ReadonlySet<string> = new Set([
  "ENOENT",
  "ENOTDIR",
  "ELOOP",
  "ENAMETOOLONG",
]);

/** Does `read` on what was there a moment ago. */
function present<T>(path: string, read: () => T): T {
  try {
    return reading(path, read);
  } catch (cause) {
    if (!isAbsence(cause)) throw cause;
    throw new WritError(
      "plan.changed_while_read",
      `Cannot read ${quoted(path)}: it was removed while the plan was made`,
      { hint: "Let what writes there finish, then plan again", cause },
    );
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (isAbsence(error)) return null;
    throw error;
  }
}
