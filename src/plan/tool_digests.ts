/**
 * Digests of tools. A file by its content, a folder as a tree; what was hashed before is known
 * again by what the file system says of it, without reading.
 *
 * @module
 */
import { type Digest, EMPTY_DIGEST, sha256 } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { joinPath } from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import { sortEntries, type TreeEntry, treeRoot } from "../core/tree.ts";
import type { Disk, DiskStat } from "./disk.ts";
import type { FileToRead, ReadFiles } from "./read_files.ts";

/** Remembers digests under a key that changes whenever the files do. */
export interface ToolDigestCache {
  read(key: Digest): Promise<Digest | undefined>;
  write(key: Digest, digest: Digest): Promise<void>;
}

/** One name of a tool's folder; `path` is relative to it. */
interface Item {
  path: string;
  at: string;
  stat: DiskStat;
}

/** Times have a grain: of a file that changed this short a time ago (milliseconds), they prove nothing. */
const GRAIN = 2000;

/** Hashes tools, each once. */
export class ToolDigests {
  readonly #disk: Disk;
  readonly #hash: ReadFiles;
  readonly #cache: ToolDigestCache | null;
  readonly #known = new Map<string, Promise<Digest>>();

  constructor(disk: Disk, hash: ReadFiles, cache: ToolDigestCache | null) {
    this.#disk = disk;
    this.#hash = hash;
    this.#cache = cache;
  }

  /** SHA-256 of a file, by its absolute real path. */
  file(path: string): Promise<Digest> {
    return this.#once(
      path,
      (items) => this.#read(items).then(([digest]) => digest),
    );
  }

  /** The tree root of a folder, by its absolute real path. Links are taken as they are. */
  tree(folder: string): Promise<Digest> {
    return this.#once(folder, async (items) => {
      const files = items.filter((item) => item.stat.kind === "file");
      const digests = await this.#read(files);
      const byPath = new Map(files.map((file, i) => [file.path, digests[i]]));
      return treeRoot(
        sortEntries(items.map((item) => this.#entry(item, byPath))),
      );
    });
  }

  #once(
    path: string,
    hash: (items: Item[]) => Promise<Digest>,
  ): Promise<Digest> {
    let digest = this.#known.get(path);
    if (digest === undefined) {
      digest = this.#remembered(path, hash);
      this.#known.set(path, digest);
    }
    return digest;
  }

  async #remembered(
    path: string,
    hash: (items: Item[]) => Promise<Digest>,
  ): Promise<Digest> {
    const items = this.#walk(path);
    if (this.#cache === null) return await hash(items);
    const key = keyOf(path, items);
    const known = await this.#cache.read(key);
    if (known !== undefined) return known;
    const started = this.#disk.now();
    const digest = await hash(items);
    const settled = items.every(({ stat }) =>
      stat.ctime < started - GRAIN && stat.mtime < started - GRAIN
    );
    if (settled) await this.#cache.write(key, digest);
    return digest;
  }

  async #read(items: Item[]): Promise<Digest[]> {
    const files: FileToRead[] = items.map(({ at, stat }) => ({
      path: at,
      size: stat.size,
    }));
    return (await this.#hash(files)).map((read) => read.digest);
  }

  #entry(item: Item, digests: ReadonlyMap<string, Digest>): TreeEntry {
    const { path, at, stat } = item;
    if (stat.kind === "folder") {
      return { path, mode: "040000", digest: EMPTY_DIGEST };
    }
    if (stat.kind === "link") {
      const target = new TextEncoder().encode(this.#disk.readLink(at));
      return { path, mode: "120000", digest: sha256(target) };
    }
    const mode = stat.executable ? "100755" : "100644";
    return { path, mode, digest: digests.get(path)! };
  }

  /** Files, links and empty folders, in a fixed order. */
  #walk(root: string): Item[] {
    const items: Item[] = [];
    const open: { path: string; at: string }[] = [{ path: ".", at: root }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { path, at } = next;
      const stat = this.#disk.lstat(at);
      if (stat === null || stat.kind === "other") throw unsupported(at);
      if (stat.kind !== "folder") {
        items.push({ path, at, stat });
        continue;
      }
      const names = this.#disk.list(at).sort();
      if (names.length === 0) items.push({ path, at, stat });
      for (const name of names) {
        if (name.includes("\ufffd")) throw unsupported(`${at}/${name}`);
        open.push({
          path: joinPath(path, name),
          at: `${at}/${name}`,
        });
      }
    }
    return items;
  }
}

function keyOf(path: string, items: readonly Item[]): Digest {
  const listing = items.map(({ path, stat }) => {
    const { kind, executable, size, mtime, ctime, ino, dev } = stat;
    return [path, kind, executable, size, mtime, ctime, ino, dev];
  });
  const text = JSON.stringify(["writ tool 1", path, listing]);
  return sha256(new TextEncoder().encode(text));
}

function unsupported(at: string): WritError {
  return new WritError(
    "plan.material_unsupported",
    `Cannot hash the tool file ${
      quoted(at)
    }: it is not a plain file, folder or link with a name in UTF-8`,
  );
}
