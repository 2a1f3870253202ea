/**
 * The blob store: bytes by their digest, as files, and the listings of trees.
 *
 * What is read out was hashed on the way, so a flipped bit on disk is a refusal, never a result.
 * A crash leaves unfinished files behind, which `sweep` removes, and never a false blob that
 * would be believed.
 *
 * Edge: files.
 *
 * @module
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { type Digest, sha256 } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import type { TreeEntry } from "../core/tree.ts";
import {
  BLOB_TIME,
  blobPath,
  type BlobSink,
  hashFile,
  isAbandoned,
  moveAside,
  moveIn,
  newSink,
  SMALL,
  storeBytes,
  tempPath,
  writeFully,
  writeNew,
} from "./blob_files.ts";
import { type BlobWriter, blobWriter, joined } from "./blob_writer.ts";
import { isErrno, lookAt, openRegular } from "../plan/open_regular.ts";
import { readOne, type ReadResult } from "./read_one.ts";
import { syncFiles } from "./sync_files.ts";
import { parseTree, treeText } from "./tree_listing.ts";

export type { BlobWriter } from "./blob_writer.ts";

/** The two folders of a store; {@linkcode StatePaths} has them. */
export interface BlobFolders {
  blobs: string;
  trees: string;
}

/** A file of the store. */
export interface StoredFile {
  digest: Digest;
  /** Absolute. */
  path: string;
  bytes: number;
}

/** How old an unfinished file must be, in milliseconds, before nobody can be writing it. */
const ABANDONED = 60 * 60 * 1000;

/** How long what was moved aside is kept, in milliseconds: 30 days. */
const ASIDE = 30 * 24 * 60 * 60 * 1000;

/** A store of blobs and trees in two folders, which need not exist yet. */
export class BlobStore {
  /** What {@linkcode readFiles} and its workers write through. */
  readonly sink: BlobSink;
  readonly #trees: BlobSink;
  /** Blobs that have a true twin with mode 0755. */
  readonly #programs = new Set<Digest>();

  constructor(folders: BlobFolders) {
    this.sink = newSink(folders.blobs);
    this.#trees = newSink(folders.trees);
  }

  /** Stores bytes. */
  put(bytes: Uint8Array): Promise<Digest> {
    return Promise.try(() => {
      const digest = sha256(bytes);
      storeBytes(this.sink, digest, bytes);
      return digest;
    });
  }

  /**
   * Stores a file: the bytes that are hashed are the bytes that are kept.
   *
   * @throws {WritError} `plan.changed_while_read`, `store.unwritable`
   */
  putFile(path: string): Promise<ReadResult> {
    return Promise.try(() => readOne(path, this.sink));
  }

  /** Whether a blob is there. Its bytes are not looked at. */
  has(digest: Digest): boolean {
    return lookAt(blobPath(this.sink.folder, digest)) !== null;
  }

  /**
   * The size of a blob, bytes.
   *
   * @throws {WritError} `evidence.corrupt` when it is not there
   */
  size(digest: Digest): number {
    const info = lookAt(blobPath(this.sink.folder, digest));
    if (info !== null) return info.size;
    throw new WritError(
      "evidence.corrupt",
      `Cannot read blob ${digest}: it is not in the store`,
    );
  }

  /**
   * The bytes of a blob.
   *
   * @throws {WritError} `evidence.corrupt`
   */
  read(digest: Digest): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.try(() => {
      const chunks: Uint8Array[] = [];
      let size = 0;
      this.#pass(digest, (bytes) => {
        chunks.push(bytes.slice());
        size += bytes.length;
      });
      return joined(chunks, size);
    });
  }

  /**
   * Writes a blob to a new file, hashing the bytes as they pass. `mode` is the file's
   * permission bits, whatever the umask; `mtime` in seconds since 1970.
   *
   * @throws {WritError} `evidence.corrupt`; the file is then gone again.
   * @throws {Error} of code `EEXIST`
   */
  copyTo(
    digest: Digest,
    target: string,
    mode: number,
    mtime: number | null = BLOB_TIME,
  ): void {
    const fd = fs.openSync(target, "wx");
    try {
      this.copyInto(digest, fd, mode, mtime);
    } catch (error) {
      Deno.removeSync(target);
      throw error;
    } finally {
      fs.closeSync(fd);
    }
  }

  /**
   * As {@linkcode BlobStore.copyTo}, into a new file that is open for writing (`node:fs`):
   * what lies at its path by now may be something else.
   *
   * @throws {WritError} `evidence.corrupt`
   */
  copyInto(
    digest: Digest,
    fd: number,
    mode: number,
    mtime: number | null = BLOB_TIME,
  ): void {
    this.#pass(digest, (bytes) => writeFully(fd, bytes));
    if (mtime !== null) fs.futimesSync(fd, mtime, mtime);
    fs.fchmodSync(fd, mode);
  }

  /**
   * Makes a hard link of a blob, checked once in the life of this object. The link shows mode
   * 0644, or 0755 of a program: whoever gets to see it must not be able to write there. Where
   * the file system cannot link, it is a copy.
   *
   * @throws {WritError} `evidence.corrupt`
   */
  linkTo(digest: Digest, target: string, program = false): void {
    if (!this.sink.known.has(digest)) {
      this.#pass(digest, () => {});
      this.sink.known.add(digest);
    }
    const source = program
      ? this.#program(digest)
      : blobPath(this.sink.folder, digest);
    try {
      Deno.linkSync(source, target);
    } catch (error) {
      if (!["EMLINK", "EXDEV"].some((name) => isErrno(error, name))) {
        throw error;
      }
      this.copyTo(digest, target, program ? 0o755 : 0o644);
    }
  }

  /** Takes bytes as they come. Whoever asks for it must `close` or `abort` it. */
  writer(): BlobWriter {
    return blobWriter(this.sink);
  }

  /** Stores the listing of a tree under its root. Entries are sorted by path. */
  putTree(entries: readonly TreeEntry[]): Promise<Digest> {
    return Promise.try(() => {
      const { root, text } = treeText(entries);
      if (this.#trees.known.has(root)) return root;
      const bytes = new TextEncoder().encode(text);
      const { folder } = this.#trees;
      const path = blobPath(folder, root);
      const there = lookAt(path);
      // A root is no hash of its listing's bytes, so listings are compared, not hashed.
      if (there === null || !fileHolds(path, there, bytes)) {
        if (there !== null) moveAside(folder, path);
        const temp = tempPath(folder);
        writeNew(temp, bytes, folder);
        moveIn(this.#trees, root, temp);
      }
      this.#trees.known.add(root);
      return root;
    });
  }

  /**
   * The entries of a tree.
   *
   * @throws {WritError} `evidence.corrupt` when it is not there or not what its root says.
   */
  async getTree(root: Digest): Promise<TreeEntry[]> {
    let text: string;
    try {
      text = await Deno.readTextFile(blobPath(this.#trees.folder, root));
    } catch (cause) {
      // What could not be read this once may be there all the same, and is not to be swept.
      if (!(cause instanceof Deno.errors.NotFound)) throw cause;
      throw new WritError(
        "evidence.corrupt",
        `Cannot read tree ${root}: it is not in the store`,
        { cause },
      );
    }
    return parseTree(root, text);
  }

  /** Makes all that was written since the last call survive a power cut. */
  async flush(): Promise<void> {
    for (const sink of [this.sink, this.#trees]) {
      const written = sink.written.splice(0);
      await syncFiles(
        sink.folder,
        written.map((digest) => blobPath(sink.folder, digest)),
      );
    }
  }

  /**
   * Removes unfinished files that nobody writes any more, and what was false and lies aside for
   * longer than anybody asks why. `now` in milliseconds since 1970.
   */
  sweep(now: number): void {
    for (const { folder } of [this.sink, this.#trees]) {
      for (
        const [part, age] of [["tmp", ABANDONED], ["aside", ASIDE]] as const
      ) {
        const at = `${folder}/${part}`;
        if (lookAt(at) === null) continue;
        for (const { name } of Array.from(Deno.readDirSync(at))) {
          const path = `${at}/${name}`;
          if (isAbandoned(path, now, age)) removeIfThere(path);
        }
      }
    }
  }

  /** The files of blobs and of trees, with their sizes in bytes: a program's blob has two. */
  stored(): { blobs: StoredFile[]; trees: StoredFile[] } {
    return {
      blobs: [...storedFiles(this.sink.folder)],
      trees: [...storedFiles(this.#trees.folder)],
    };
  }

  /**
   * Removes files that {@linkcode BlobStore.stored} gave. The caller has the store for itself: who
   * plans or runs at the same time would miss what it has seen to be there.
   */
  remove(files: Iterable<StoredFile>): void {
    for (const { path, digest } of files) {
      removeIfThere(path);
      this.sink.known.delete(digest);
      this.#trees.known.delete(digest);
      this.#programs.delete(digest);
    }
  }

  /** Reads a blob through, piece by piece, and judges it at the end. */
  #pass(digest: Digest, take: (bytes: Uint8Array) => void): void {
    const path = blobPath(this.sink.folder, digest);
    const hash = createHash("sha256");
    try {
      const { fd } = openRegular(path, { code: "evidence.corrupt" });
      try {
        for (let n; (n = fs.readSync(fd, chunk, 0, chunk.length, null)) > 0;) {
          const bytes = chunk.subarray(0, n);
          hash.update(bytes);
          take(bytes);
        }
      } finally {
        fs.closeSync(fd);
      }
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw cause;
      throw new WritError(
        "evidence.corrupt",
        `Cannot read blob ${digest}: it is not in the store`,
        { cause },
      );
    }
    if (`sha256:${hash.digest("hex")}` !== digest) {
      this.sink.known.delete(digest);
      throw new WritError(
        "evidence.corrupt",
        `Cannot read blob ${digest}: its bytes on disk are not what was stored`,
        {
          hint:
            "the disk or another program changed it; run again to store it anew",
        },
      );
    }
  }

  /** A file's mode is the same under all its names, so a program has a twin of its own. */
  #program(digest: Digest): string {
    const path = `${blobPath(this.sink.folder, digest)}.x`;
    if (this.#programs.has(digest)) return path;
    const there = lookAt(path);
    if (there !== null && hashFile(path) !== digest) {
      moveAside(this.sink.folder, path);
    }
    if (lookAt(path) === null) {
      const temp = tempPath(this.sink.folder);
      this.copyTo(digest, temp, 0o755);
      Deno.renameSync(temp, path);
    }
    this.#programs.add(digest);
    return path;
  }
}

const chunk = new Uint8Array(SMALL);

/** Files as `<folder>/ab/<62 hex digits>`, some with `.x`; whatever else lies there is not ours to know. */
function* storedFiles(folder: string): Generator<StoredFile> {
  if (lookAt(folder) === null) return;
  for (const { name: head } of Array.from(Deno.readDirSync(folder))) {
    if (!/^[0-9a-f]{2}$/.test(head)) continue;
    for (const { name } of Array.from(Deno.readDirSync(`${folder}/${head}`))) {
      const rest = /^([0-9a-f]{62})(\.x)?$/.exec(name)?.[1];
      const path = `${folder}/${head}/${name}`;
      const info = lookAt(path);
      if (rest === undefined || info === null) continue;
      yield { digest: `sha256:${head}${rest}`, path, bytes: info.size };
    }
  }
}

/** Another process may have been first. */
function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Whether a file has these bytes. */
function fileHolds(
  path: string,
  there: Deno.FileInfo,
  bytes: Uint8Array,
): boolean {
  if (!there.isFile || there.size !== bytes.length) return false;
  return sha256(Deno.readFileSync(path)) === sha256(bytes);
}
