/**
 * What a step sees of Deno's own cache: packages, and the bundler that Deno downloads once.
 *
 * @module
 */
import { isLocalhost } from "../core/localhost.ts";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import type { Step } from "../pipeline/pipeline.ts";
import type { Disk } from "./disk.ts";
import { npmPackages } from "./npm_packages.ts";

/** A folder of Deno's cache that a step is given. */
export interface CachedFolder {
  /** What the plan calls it among the tools: `npm:zod@4.6.7`, `esbuild-0.25.5-1`. */
  name: string;
  /** Where it lies in any cache of Deno. */
  path: string;
  /** Its absolute path on this machine. */
  dir: string;
}

/** The caches of the steps of one plan; the disk is asked once. */
export class DenoCaches {
  readonly #disk: Disk;
  readonly #workspace: string;
  readonly #denoDir: string | null;
  #packages: CachedFolder[] | null = null;

  /** `denoDir` is Deno's cache, absolute; `null`: there is none to take from. */
  constructor(disk: Disk, workspace: string, denoDir: string | null) {
    this.#disk = disk;
    this.#workspace = workspace;
    this.#denoDir = denoDir;
  }

  /**
   * What a step is given: the packages of the workspace's lock, and for `deno bundle` every
   * bundler that is there. `null` for a step that has no need of a cache.
   *
   * @throws {WritError} `plan.executable_missing` for a bundle without a bundler,
   * `input.invalid` for a lock that is not JSON
   */
  of(step: Step): CachedFolder[] | null {
    const words = denoWords(step);
    // What was fetched stands in the place of what lies in the user's own cache.
    const isFetched = step.fetched.some(({ cache }) => cache === "deno");
    if (words === null || isFetched) return null;
    this.#packages ??= npmPackages(this.#disk, this.#workspace, this.#denoDir)
      .map(({ name, version, dir }) => ({
        name: `npm:${name}@${version}`,
        path: `npm/registry.npmjs.org/${name}/${version}`,
        dir,
      }));
    return words.includes("bundle")
      ? [...this.#packages, ...this.#bundlers(step)]
      : this.#packages;
  }

  #bundlers(step: Step): CachedFolder[] {
    const folder = `${this.#denoDir}/dl`;
    const names = this.#denoDir !== null &&
        this.#disk.lstat(folder)?.kind === "folder"
      ? this.#disk.list(folder).filter((name) => /^esbuild-[\w.-]+$/.test(name))
      : [];
    if (names.length === 0) {
      throw new WritError(
        "plan.executable_missing",
        `Step ${
          quoted(step.id)
        } bundles with esbuild, which Deno downloads once and has not yet`,
        { hint: "Let Deno do it: deno bundle FILE -o /dev/null" },
      );
    }
    return names.sort().map((name) => ({
      name,
      path: `dl/${name}`,
      dir: `${folder}/${name}`,
    }));
  }
}

/**
 * The arguments of Deno, where it must do with what the cache has. A native step with a
 * network may download what it likes, into a cache of its own.
 */
function denoWords(step: Step): readonly string[] | null {
  if (step.kind === "deno") return step.argv;
  const { net } = step.permissions;
  const offline = net === false ||
    net !== true && net.every(isLocalhost);
  return step.argv[0] === "deno" && offline ? step.argv.slice(1) : null;
}
