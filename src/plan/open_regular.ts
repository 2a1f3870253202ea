/**
 * Opens a file that someone else may be changing, as what it was said to be: a regular file.
 *
 * Edge: files.
 *
 * @module
 */
import * as fs from "node:fs";
import { type ErrorCode, WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";

/** An open regular file. The one who opened it closes `fd` (`node:fs`). */
export interface OpenFile {
  fd: number;
  /** Bytes, when it was opened. */
  size: number;
  /** What the path was just before. */
  seen: Deno.FileInfo;
}

/** What a caller may change about {@linkcode openRegular}. */
export interface OpenOptions {
  /** The code of every refusal. */
  code?: ErrorCode;
  /** Runs between looking at the path and opening it, where a swap would strike. */
  beforeOpen?: (path: string) => void;
}

const CHUNK = 64 * 1024;

// A link at the end of the path is refused by the kernel, and a FIFO that was put there after
// the look does not hold the call.
const FLAGS = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW |
  fs.constants.O_NONBLOCK;

/**
 * Opens a regular file for reading. Never follows a link at the end of the path, never waits on
 * a FIFO, never opens a device that was there to be seen.
 *
 * @throws {WritError} `plan.changed_while_read`, `input.unreadable`, or the code asked for.
 * @throws {Deno.errors.NotFound} when nothing is there.
 */
export function openRegular(
  path: string,
  options: OpenOptions = {},
): OpenFile {
  const code = options.code ?? "plan.changed_while_read";
  const place = { file: path };
  const seen = Deno.lstatSync(path);
  if (!seen.isFile) {
    throw new WritError(
      code,
      `Cannot read ${quoted(path)}: it is ${kindOf(seen)}, a file was expected`,
      { place },
    );
  }
  options.beforeOpen?.(path);
  let fd: number;
  try {
    fd = fs.openSync(path, FLAGS);
  } catch (cause) {
    if (isErrno(cause, "EACCES") || isErrno(cause, "EPERM")) {
      throw new WritError(
        options.code ?? "input.unreadable",
        `Cannot read ${quoted(path)}: permission denied`,
        { place, cause },
      );
    }
    throw new WritError(
      code,
      `Cannot read ${quoted(path)}: it was replaced while it was opened`,
      { place, cause },
    );
  }
  const info = fs.fstatSync(fd);
  if (!info.isFile() || info.dev !== seen.dev || info.ino !== seen.ino) {
    fs.closeSync(fd);
    throw new WritError(
      code,
      `Cannot read ${quoted(path)}: it was replaced while it was opened`,
      { place },
    );
  }
  return { fd, size: info.size, seen };
}

/** The rest of an open file; `null` where that is more than `limit` bytes. */
export function readUpTo(
  fd: number,
  limit: number,
): Uint8Array<ArrayBuffer> | null {
  const chunks: Uint8Array[] = [];
  let total = 0;
  while (true) {
    const chunk = new Uint8Array(Math.min(CHUNK, limit - total + 1));
    const count = fs.readSync(fd, chunk, 0, chunk.length, null);
    if (count === 0) break;
    total += count;
    if (total > limit) return null;
    chunks.push(chunk.subarray(0, count));
  }
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** What a path is, for a sentence: `a folder`, `a link`, … */
export function kindOf(info: Deno.FileInfo): string {
  if (info.isFile) return "a file";
  if (info.isDirectory) return "a folder";
  if (info.isSymlink) return "a link";
  if (info.isFifo) return "a FIFO";
  if (info.isSocket) return "a socket";
  if (info.isBlockDevice || info.isCharDevice) return "a device";
  return "a special file";
}

/** Looks at a path without following a link at its end; `null` when nothing is there. */
export function lookAt(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    // A parent that is a file also means that nothing is there.
    if (isErrno(error, "ENOTDIR")) return null;
    throw error;
  }
}

/** Whether an error of the system has this name (`errno(3)`). */
export function isErrno(error: unknown, name: string): boolean {
  return error instanceof Error && "code" in error && error.code === name;
}
