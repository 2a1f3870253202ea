/**
 * Reads one file that others may be changing: hashed, and where a store is given, kept. The
 * digest is always that of the bytes that were kept.
 *
 * Edge: files.
 *
 * @module
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import type { Digest } from "../core/digest.ts";
import { type ErrorCode, WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import {
  abandon,
  type BlobSink,
  finishNew,
  holds,
  openNew,
  SMALL,
  storeBytes,
  storeTemp,
  tempPath,
  unwritable,
  writeAll,
} from "./blob_files.ts";
import {
  lookAt,
  type OpenFile,
  type OpenOptions,
  openRegular,
} from "../plan/open_regular.ts";

/** What a file held. */
export interface ReadResult {
  digest: Digest;
  bytes: number;
}

// One byte more than a small file has, so that one that grew shows.
const buffer = new Uint8Array(SMALL + 1);

/**
 * Hashes a file and, where a sink is given, stores it. Memory stays flat whatever its size.
 *
 * @throws {WritError} `plan.changed_while_read` (or the code asked for), `store.unwritable`
 */
export function readOne(
  path: string,
  sink: BlobSink | null,
  options: OpenOptions = {},
): ReadResult {
  const file = openThere(path, options);
  try {
    const result = file.size <= SMALL
      ? readSmall(file, sink)
      : readLarge(path, file, sink, options.code);
    if (!isUnchanged(path, file, result)) throw changed(path, options.code);
    return result;
  } finally {
    fs.closeSync(file.fd);
  }
}

function openThere(path: string, options: OpenOptions): OpenFile {
  try {
    return openRegular(path, options);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new WritError(
      options.code ?? "plan.changed_while_read",
      `Cannot read ${quoted(path)}: it is gone`,
      { cause },
    );
  }
}

function isUnchanged(
  path: string,
  { seen }: OpenFile,
  { bytes }: ReadResult,
): boolean {
  const now = lookAt(path);
  return now !== null && now.ino === seen.ino && now.dev === seen.dev &&
    now.size === bytes && now.mtime?.getTime() === seen.mtime?.getTime();
}

function readSmall(file: OpenFile, sink: BlobSink | null): ReadResult {
  let filled = 0;
  while (filled < buffer.length) {
    const room = buffer.length - filled;
    const length = fs.readSync(file.fd, buffer, filled, room, null);
    if (length === 0) break;
    filled += length;
    // The look at the end finds what has grown; this saves the read that finds the end.
    if (filled === file.size) break;
  }
  const bytes = buffer.subarray(0, filled);
  const digest: Digest = `sha256:${
    createHash("sha256").update(bytes).digest("hex")
  }`;
  if (sink !== null && filled <= SMALL) storeBytes(sink, digest, bytes);
  return { digest, bytes: filled };
}

/**
 * Most large files are in the store already, so the first pass only hashes. The second pass
 * hashes what it stores: what it takes in counts, and has to be the same.
 */
function readLarge(
  path: string,
  file: OpenFile,
  sink: BlobSink | null,
  code?: ErrorCode,
): ReadResult {
  const first = pass(file, () => {});
  if (sink === null || sink.known.has(first.digest)) return first;
  if (holds(sink, first.digest, first.bytes)) {
    sink.known.add(first.digest);
    return first;
  }
  const temp = tempPath(sink.folder);
  const out = openNew(temp, sink.folder);
  try {
    const second = pass(file, (bytes) => writeAll(out, bytes));
    if (second.digest !== first.digest) throw changed(path, code);
    finishNew(temp, out);
  } catch (cause) {
    abandon(temp, out);
    throw unwritable(temp, cause);
  }
  storeTemp(sink, first.digest, temp, first.bytes);
  return first;
}

function pass(file: OpenFile, take: (bytes: Uint8Array) => void): ReadResult {
  const hash = createHash("sha256");
  let at = 0;
  for (let n; (n = fs.readSync(file.fd, buffer, 0, SMALL, at)) > 0; at += n) {
    const bytes = buffer.subarray(0, n);
    hash.update(bytes);
    take(bytes);
  }
  return { digest: `sha256:${hash.digest("hex")}`, bytes: at };
}

function changed(path: string, code?: ErrorCode): WritError {
  return new WritError(
    code ?? "plan.changed_while_read",
    `Cannot read ${quoted(path)}: it changed while it was read`,
    { hint: "let whatever writes to it finish first" },
  );
}
