/**
 * A sink for bytes that come over time, such as what a step prints.
 *
 * Edge: files.
 *
 * @module
 */
import { DigestStream } from "../core/digest.ts";
import {
  abandon,
  type BlobSink,
  finishNew,
  openNew,
  storeBytes,
  storeTemp,
  tempPath,
  unwritable,
  writeAll,
} from "./blob_files.ts";
import type { ReadResult } from "./read_one.ts";

/** Takes bytes as they come. Whoever asked for one must `close` or `abort` it. */
export interface BlobWriter {
  /** Bytes taken so far. */
  readonly bytes: number;
  /** @throws {WritError} `store.unwritable` */
  write(bytes: Uint8Array): void;
  /** Makes what was written a blob. */
  close(): ReadResult;
  /** Forgets what was written. */
  abort(): void;
}

/** Most steps print little: up to so many bytes wait in memory, and no unfinished file is made. */
const IN_MEMORY = 64 * 1024;

/** A writer into a store. */
export function blobWriter(sink: BlobSink): BlobWriter {
  const hash = new DigestStream();
  let waiting: Uint8Array[] = [];
  let spilt: { path: string; file: Deno.FsFile } | null = null;
  const spill = () => {
    const path = tempPath(sink.folder);
    const file = openNew(path, sink.folder);
    spilt = { path, file };
    // Output may pause for longer than an unfinished file is given; the lock says it is alive.
    file.lockSync(true);
    return spilt;
  };
  const pour = () => {
    const { path, file } = spilt ?? spill();
    try {
      for (const bytes of waiting) writeAll(file, bytes);
    } catch (cause) {
      throw unwritable(path, cause);
    }
    waiting = [];
  };
  return {
    get bytes() {
      return hash.bytes;
    },
    write(bytes) {
      hash.update(bytes);
      waiting.push(bytes.slice());
      if (spilt !== null || hash.bytes > IN_MEMORY) pour();
    },
    close() {
      const { bytes } = hash;
      const digest = hash.digest();
      if (spilt === null) storeBytes(sink, digest, joined(waiting, bytes));
      else {
        finishNew(spilt.path, spilt.file);
        storeTemp(sink, digest, spilt.path, bytes);
      }
      return { digest, bytes };
    },
    abort() {
      waiting = [];
      if (spilt !== null) abandon(spilt.path, spilt.file);
    },
  };
}

/** Pieces as one. */
export function joined(
  pieces: readonly Uint8Array[],
  size: number,
): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(size);
  let at = 0;
  for (const bytes of pieces) {
    all.set(bytes, at);
    at += bytes.length;
  }
  return all;
}
