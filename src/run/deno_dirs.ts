/**
 * The module caches of deno steps: steps with the same packages see the same one, read-only. A
 * cache is made once, of copies that are hashed after they were made, and kept for later runs.
 *
 * Edge: files.
 *
 * @module
 */
import { type Digest, digestOf } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { readFiles } from "../evidence/read_files.ts";
import { removeTree } from "../evidence/remove_tree.ts";
import { disk } from "../plan/disk.ts";
import type { NpmPackage } from "../plan/npm_packages.ts";
import type { Tool } from "../plan/plan.ts";
import { type ToolDigestCache, ToolDigests } from "../plan/tool_digests.ts";
import { packageFolder, prepareDenoDir } from "../sandbox/deno_dir.ts";

/** A package with the root of its tree, as planned. */
interface PlannedPackage extends NpmPackage {
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
   * The cache with the packages of a step. Without `share` it is a copy in `runFolder`, for a step
   * that is not kept from changing modes and times of what it may only read.
   *
   * @param tools the plan's, which say what the packages must be
   * @throws {WritError} `plan.changed_while_read` for a package that is not what was planned
   */
  of(
    runFolder: string,
    packages: readonly NpmPackage[],
    tools: readonly Tool[],
    share: boolean,
  ): Promise<string> {
    const planned = packages.map((each) => ({
      ...each,
      digest:
        tools.find(({ name }) => name === `npm:${each.name}@${each.version}`)!
          .digest,
    }));
    const key = digestOf(
      planned.map(({ name, version, digest }) => [name, version, digest]),
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

  async #keep(key: string, packages: PlannedPackage[]): Promise<string> {
    const kept = `${this.#folder}/${key}`;
    const there = disk.lstat(kept) !== null;
    if (there && await this.#firstWrong(kept, packages) === null) return kept;
    const fresh = `${this.#folder}/new-${crypto.randomUUID()}`;
    try {
      await prepareDenoDir(fresh, packages);
      const wrong = await this.#firstWrong(fresh, packages);
      if (wrong !== null) throw changed(wrong);
      await replace(kept, fresh);
    } finally {
      await removeTree(fresh);
    }
    // Another runner may have been first: what lies there now is what is used, so it is looked at.
    const wrong = await this.#firstWrong(kept, packages);
    if (wrong !== null) throw changed(wrong);
    return kept;
  }

  /** The first package that is not there as planned. */
  async #firstWrong(
    denoDir: string,
    packages: readonly PlannedPackage[],
  ): Promise<PlannedPackage | null> {
    const digests = new ToolDigests(
      disk,
      readFiles({ blobs: null }),
      this.#remembered,
    );
    for (const [index, { dir }] of within(denoDir, packages).entries()) {
      const there = disk.lstat(dir)?.kind === "folder";
      if (!there || await digests.tree(dir) !== packages[index].digest) {
        return packages[index];
      }
    }
    return null;
  }
}

function within(
  denoDir: string,
  packages: readonly PlannedPackage[],
): PlannedPackage[] {
  return packages.map((each) => ({
    ...each,
    dir: packageFolder(denoDir, each),
  }));
}

/** Puts `fresh` in the place of `kept`, unless another runner put its own there meanwhile. */
async function replace(kept: string, fresh: string): Promise<void> {
  const old = `${fresh}-old`;
  try {
    await Deno.rename(kept, old);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  try {
    await Deno.rename(fresh, kept);
  } catch (error) {
    if (disk.lstat(kept)?.kind !== "folder") throw error;
  }
  await removeTree(old);
}

function changed({ name, version, dir }: NpmPackage): WritError {
  return new WritError(
    "plan.changed_while_read",
    `Cannot use the package "${name}@${version}": "${dir}" is no longer what was planned`,
    { hint: "Let what writes there finish, then plan again" },
  );
}
