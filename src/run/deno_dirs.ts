/**
 * The Deno caches of steps: steps that are given the same see the same one, read-only. A cache is made once, of copies that are hashed after they were made, and kept for later runs.
 *
 * Edge: files.
 *
 * @module
 */
import { type Digest, digestOf } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { readFiles } from "../evidence/read_files.ts";
import { removeTree } from "../evidence/remove_tree.ts";
import type { CachedFolder } from "../plan/deno_cache.ts";
import { disk } from "../plan/disk.ts";
import type { Tool } from "../plan/plan.ts";
import { type ToolDigestCache, ToolDigests } from "../plan/tool_digests.ts";
import { prepareDenoDir } from "../sandbox/deno_dir.ts";

/** A folder with the root of its tree, as planned. */
interface PlannedFolder extends CachedFolder {
  digest: Digest;
}

/** Makes each cache once. */
export class DenoDirs {
  readonly #folder: string;
  readonly #remembered: ToolDigestCache | null;
  readonly #made = new Map<string, Promise<string>>();

  /** @param folder where caches are kept from run to run, the runner's own */
  constructor(folder: string, remembered: ToolDigestCache | null) {
    this.#folder = folder;
    this.#remembered = remembered;
  }

  /**
   * The cache of a step. Without `share` it is a copy in `runFolder`, for a step
   * that is not kept from changing modes and times of what it may only read.
   *
   * @param tools the plan's, which say what the packages must be
   * @throws {WritError} `plan.changed_while_read` for a folder that is not what was planned
   */
  of(
    runFolder: string,
    folders: readonly CachedFolder[],
    tools: readonly Tool[],
    share: boolean,
  ): Promise<string> {
    const planned = folders.map((each) => ({
      ...each,
      digest: tools.find(({ name }) => name === each.name)!.digest,
    }));
    const key = digestOf(
      planned.map(({ path, digest }) => [path, digest]),
    ).slice(7);
    const shared = this.#once(key, () => this.#keep(key, planned));
    return share ? shared : this.#once(`${runFolder} ${key}`, async () => {
      const copy = `${runFolder}/deno-${key.slice(0, 16)}`;
      await prepareDenoDir(copy, within(await shared, planned));
      return copy;
    });
  }

  #once(key: string, make: () => Promise<string>): Promise<string> {
    let made = this.#made.get(key);
    if (made === undefined) this.#made.set(key, made = make());
    return made;
  }

  async #keep(key: string, folders: PlannedFolder[]): Promise<string> {
    const kept = `${this.#folder}/${key}`;
    const there = disk.lstat(kept) !== null;
    if (there && await this.#firstWrong(kept, folders) === null) {
      // What has not been used for long is removed by that time.
      const now = new Date();
      await Deno.utime(kept, now, now);
      return kept;
    }
    const fresh = `${this.#folder}/new-${crypto.randomUUID()}`;
    try {
      await prepareDenoDir(fresh, folders);
      const wrong = await this.#firstWrong(fresh, folders);
      if (wrong !== null) throw changed(wrong);
      await this.#place(fresh, kept, folders);
    } finally {
      await removeTree(fresh);
    }
    // Another runner may have been first: what lies there now is what is used, so it is looked at.
    const wrong = await this.#firstWrong(kept, folders);
    if (wrong !== null) throw changed(wrong);
    return kept;
  }

  /**
   * Puts a new cache in its place, unless another runner put its own there meanwhile. What was wrong
   * is only moved aside: steps of others may be running on it, so gc removes it when nobody does.
   */
  async #place(
    fresh: string,
    kept: string,
    folders: readonly PlannedFolder[],
  ): Promise<void> {
    if (await rename(fresh, kept)) return;
    if (await this.#firstWrong(kept, folders) === null) return;
    try {
      await Deno.rename(kept, `${fresh}-old`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await rename(fresh, kept);
  }

  /** The first folder that is not there as planned. */
  async #firstWrong(
    denoDir: string,
    folders: readonly PlannedFolder[],
  ): Promise<PlannedFolder | null> {
    const digests = new ToolDigests(
      disk,
      readFiles({ blobs: null }),
      this.#remembered,
    );
    for (const [index, { dir }] of within(denoDir, folders).entries()) {
      const there = disk.lstat(dir)?.kind === "folder";
      if (!there || await digests.tree(dir) !== folders[index].digest) {
        return folders[index];
      }
    }
    return null;
  }
}

function within(
  denoDir: string,
  folders: readonly PlannedFolder[],
): PlannedFolder[] {
  return folders.map((each) => ({ ...each, dir: `${denoDir}/${each.path}` }));
}

/**
 * The caches that nothing has used since a time (milliseconds since 1970), and what is left of those
 * that were never finished: absolute paths, sorted. None may be in use.
 */
export function unusedDenoDirs(folder: string, since: number): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (!isDirectory || name.startsWith("new-")) return [path];
    const used = Deno.lstatSync(path).mtime?.getTime() ?? Infinity;
    return used < since ? [path] : [];
  }).sort();
}

/** Gives a folder a name that nothing has, or an empty folder; `false` where something else has it. */
async function rename(from: string, to: string): Promise<boolean> {
  try {
    await Deno.rename(from, to);
    return true;
  } catch (error) {
    if (disk.lstat(to) === null) throw error;
    return false;
  }
}

function changed({ name, dir }: CachedFolder): WritError {
  return new WritError(
    "plan.changed_while_read",
    `Cannot use "${name}": "${dir}" is no longer what was planned`,
    { hint: "Let what writes there finish, then plan again" },
  );
}
