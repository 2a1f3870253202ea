/**
 * Reading materials: each file once, its bytes hashed as they pass.
 *
 * Edge: files, for reading.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { closeSync, fstatSync, readSync, type Stats } from "node:fs";
import { type Digest, DigestStream } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { isAbsence, openPlain, reading } from "./disk.ts";

/** A plain file that was seen by a walk: its absolute path, without links, and its size in bytes. */
export interface FileToRead {
  path: string;
  size: number;
}

/** What reading a file came to. */
export interface FileRead {
  digest: Digest;
  bytes: number;
}

/**
 * Reads files, each once, and answers in their order. Whatever else it does with the bytes
 * (keeping them), it does with the very bytes that were hashed.
 *
 * @throws {WritError} `plan.changed_while_read`, `input.unreadable`, `writ.permission`
 */
export type ReadFiles = (files: FileToRead[]) => Promise<FileRead[]>;

/** Bytes that are read at one time; files up to this size take one read. */
const CHUNK = 1024 * 1024;

/** Files after which other work of the process gets its turn. */
const TURN = 256;

/** A {@linkcode ReadFiles} that only hashes, in this thread, in constant memory. */
export const hashFiles: ReadFiles = async (files) => {
  const buffer = Buffer.allocUnsafe(CHUNK);
  const out: FileRead[] = [];
  for (const file of files) {
    out.push(hashFile(file, buffer));
    if (out.length % TURN === 0) await new Promise((next) => setTimeout(next));
  }
  return out;
};

/**
 * Reads one file in pieces and hashes them; `take` gets each piece before the next is read.
 *
 * @throws {WritError} as {@linkcode ReadFiles}
 */
export function hashFile(
  file: FileToRead,
  buffer: Uint8Array,
  take?: (chunk: Uint8Array) => void,
): FileRead {
  try {
    return reading(file.path, () => hashPlain(file, buffer, take));
  } catch (cause) {
    if (isAbsence(cause)) throw changed(file, "it was removed", cause);
    throw cause;
  }
}

function hashPlain(
  file: FileToRead,
  buffer: Uint8Array,
  take?: (chunk: Uint8Array) => void,
): FileRead {
  // Deno follows links on open, O_NOFOLLOW or not. So: look, open, and compare.
  const seen = Deno.lstatSync(file.path);
  if (!seen.isFile) throw changed(file, "it is no longer a plain file");
  const fd = openPlain(file.path);
  try {
    const before = fstatSync(fd);
    if (
      !before.isFile() || before.ino !== seen.ino || before.dev !== seen.dev
    ) throw changed(file, "another file took its place");
    if (before.size !== file.size) throw changed(file, "its size changed");
    const hash = new DigestStream();
    while (true) {
      const length = readSync(fd, buffer, 0, buffer.length, null);
      if (length === 0) break;
      const chunk = buffer.subarray(0, length);
      hash.update(chunk);
      take?.(chunk);
      // The rest of a file that grows for ever would never be reached.
      if (hash.bytes > file.size) throw changed(file, "it grew");
      // Saves the read that would only say that the end was reached.
      if (hash.bytes === file.size && length < buffer.length) break;
    }
    if (hash.bytes !== file.size || differs(before, fstatSync(fd))) {
      throw changed(file, "it was written to");
    }
    return { digest: hash.digest(), bytes: hash.bytes };
  } finally {
    closeSync(fd);
  }
}

function differs(before: Stats, after: Stats): boolean {
  return before.size !== after.size || before.mtimeMs !== after.mtimeMs;
}

function changed(file: FileToRead, how: string, cause?: unknown): WritError {
  return new WritError(
    "plan.changed_while_read",
    `Cannot read ${quoted(file.path)}: ${how} while the plan was made`,
    { hint: "Let what writes there finish, then plan again", cause },
  );
}
