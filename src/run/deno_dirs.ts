/**
 * The module caches of a run's deno steps: steps with the same packages see the same one,
 * read-only.
 *
 * @module
 */
import { digestOf } from "../core/digest.ts";
import type { NpmPackage } from "../plan/npm_packages.ts";
import { prepareDenoDir } from "../sandbox/deno_dir.ts";

/** Makes each cache once. */
export class DenoDirs {
  readonly #made = new Map<string, Promise<string>>();

  /** The cache with these packages, below `folder`. `share`: its files cannot be written through. */
  of(
    folder: string,
    packages: NpmPackage[],
    share: boolean,
  ): Promise<string> {
    const key = `${share ? "shared" : "copied"}-${
      digestOf(packages.map(({ name, version }) => `${name}@${version}`))
        .slice(7, 23)
    }`;
    let made = this.#made.get(key);
    if (made === undefined) {
      const dir = `${folder}/deno-${key}`;
      made = prepareDenoDir(dir, packages, { share }).then(() => dir);
      this.#made.set(key, made);
    }
    return made;
  }
}
