/**
 * The files of the blob store: how one is named, written, checked and replaced. Workers use this
 * too, so it imports next to nothing.
 *
 * Edge: files.
 *
 * @module
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import type { Digest } from "../core/digest.ts";
import { isWritError, WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { isErrno, lookAt, openRegular } from "../plan/open_regular.ts";

/**
 * The modification time of every blob and of what is copied from one, seconds since 1970:
 * 2020-01-01. A build must not depend on when a material was checked out.
 */
export const BLOB_TIME = 1_577_836_800;

/** Files up to this size (bytes) pass through memory whole. */
export const SMALL: number = 1 << 20;

/** Where one writer puts blobs, and what it knows of them. */
export interface BlobSink {
  folder: string;
  /** Blobs whose bytes on disk this process has seen to be true. */
  known: Set<Digest>;
  /** Blobs written since the last flush. */
  written: Digest[];
}

/** A sink that knows nothing yet. */
export function newSink(folder: string): BlobSink {
  return { folder, known: new Set(), written: [] };
}

/** `<folder>/ab/cdef…`. */
export function blobPath(folder: string, digest: Digest): string {
  return `${folder}/${digest.slice(7, 9)}/${digest.slice(9)}`;
}

/** A name in the store's folder of unfinished files. */
export function tempPath(folder: string): string {
  return `${folder}/tmp/${tempPrefix}${tempCount++}`;
}

const tempPrefix = `${crypto.randomUUID()}-`;
let tempCount = 0;

/** Stores bytes under their digest. An equal blob is left alone; a false one is moved aside. */
export function storeBytes(
  sink: BlobSink,
  digest: Digest,
  bytes: Uint8Array,
): void {
  if (sink.known.has(digest)) return;
  if (!holds(sink, digest, bytes.length)) {
    const temp = tempPath(sink.folder);
    writeNew(temp, bytes, sink.folder);
    moveIn(sink, digest, temp);
  }
  sink.known.add(digest);
}

/** Makes a finished unfinished file the blob of its digest; an equal blob makes it superfluous. */
export function storeTemp(
  sink: BlobSink,
  digest: Digest,
  temp: string,
  size: number,
): void {
  if (sink.known.has(digest) || holds(sink, digest, size)) {
    Deno.removeSync(temp);
  } else moveIn(sink, digest, temp);
  sink.known.add(digest);
}

/** Whether the true bytes of a digest are in the store. What is false there is moved aside. */
export function holds(
  sink: BlobSink,
  digest: Digest,
  size?: number,
): boolean {
  const path = blobPath(sink.folder, digest);
  const info = lookAt(path);
  if (info === null) return false;
  if (
    info.isFile && (size === undefined || info.size === size) &&
    hashFile(path) === digest
  ) return true;
  moveAside(sink.folder, path);
  return false;
}

/** Takes what is false out of the way, and keeps it for whoever wants to know why. */
export function moveAside(folder: string, path: string): void {
  const name = path.slice(folder.length + 1).replaceAll("/", "");
  try {
    inFolder(
      `${folder}/aside`,
      () =>
        Deno.renameSync(path, `${folder}/aside/${name}.${crypto.randomUUID()}`),
    );
  } catch (error) {
    // Another process saw the same and was first.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** SHA-256 of a blob's bytes on disk. */
export function hashFile(path: string): Digest {
  const { fd } = openRegular(path, { code: "evidence.corrupt" });
  try {
    const hash = createHash("sha256");
    for (let n; (n = fs.readSync(fd, chunk, 0, chunk.length, null)) > 0;) {
      hash.update(chunk.subarray(0, n));
    }
    return `sha256:${hash.digest("hex")}`;
  } finally {
    fs.closeSync(fd);
  }
}

const chunk = new Uint8Array(SMALL);

/** Writes a new file as the store keeps them: mode 0644 whatever the umask, time fixed. */
export function writeNew(
  path: string,
  bytes: Uint8Array,
  folder: string,
): void {
  const file = openNew(path, folder);
  try {
    writeAll(file, bytes);
    finishNew(path, file);
  } catch (cause) {
    abandon(path, file);
    throw unwritable(path, cause);
  }
}

/** Closes and removes an unfinished file after a fault. */
export function abandon(path: string, file: Deno.FsFile): void {
  try {
    file.close();
  } catch (error) {
    // It may be closed already; what matters is the fault that led here.
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
  Deno.removeSync(path);
}

/** Opens an unfinished file of the store. */
export function openNew(path: string, folder: string): Deno.FsFile {
  try {
    return inFolder(
      `${folder}/tmp`,
      () => Deno.openSync(path, { write: true, createNew: true }),
    );
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** Gives an unfinished file its time and mode and closes it. */
export function finishNew(path: string, file: Deno.FsFile): void {
  file.utimeSync(BLOB_TIME, BLOB_TIME);
  file.close();
  // Views link blobs, and a linked file shows the blob's own mode: 0444 would end up in the
  // archives that steps make. What keeps a step from writing is its read-only mount.
  Deno.chmodSync(path, 0o644);
}

/** Writes all bytes; a write may take fewer than it was given. */
export function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) {
    done += file.writeSync(bytes.subarray(done));
  }
}

/** As {@linkcode writeAll}, by descriptor (`node:fs`). */
export function writeFully(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) {
    done += fs.writeSync(fd, bytes, done);
  }
}

/** Makes an unfinished file the blob of a digest, whatever lies there. */
export function moveIn(sink: BlobSink, digest: Digest, temp: string): void {
  const path = blobPath(sink.folder, digest);
  try {
    // Another process may just have put the same bytes there: then this replaces equal by equal.
    inFolder(
      path.slice(0, path.lastIndexOf("/")),
      () => Deno.renameSync(temp, path),
    );
  } catch (cause) {
    throw unwritable(path, cause);
  }
  sink.written.push(digest);
}

/** Acts, and makes the folder first when the act shows that it is not there. */
function inFolder<T>(folder: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    return act();
  }
}

/** The refusal when the store cannot be written to. */
export function unwritable(path: string, cause: unknown): WritError {
  if (isWritError(cause)) return cause;
  const why = isErrno(cause, "ENOSPC")
    ? "the disk is full"
    : isErrno(cause, "EROFS")
    ? "the file system is read-only"
    : cause instanceof Error
    ? cause.message
    : "unknown fault";
  return new WritError(
    "store.unwritable",
    `Cannot write ${quoted(path)}: ${why}`,
    { hint: "Check the folder's permissions and free space", cause },
  );
}

/** Whether a file that was never finished has been left by its writer, `age` milliseconds ago or more. */
export function isAbandoned(path: string, now: number, age: number): boolean {
  const info = lookAt(path);
  if (info === null || !info.isFile) return false;
  // Unfinished files get the fixed time of blobs just before they are moved in; the time of
  // the last change of the inode is nobody's to set.
  const touched = Math.max(
    info.ctime?.getTime() ?? now,
    info.mtime?.getTime() ?? now,
  );
  if (now - touched < age) return false;
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  try {
    return file.tryLockSync(true);
  } finally {
    file.close();
  }
}
