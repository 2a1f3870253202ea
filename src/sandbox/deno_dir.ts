/**
 * The module cache of a deno step: only the packages that it was planned with.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path";
import { WritError } from "../core/errors.ts";
import type { HostFacts } from "./confinement.ts";

/** A package of npm as it lies unpacked in a cache of Deno. */
export interface CachedPackage {
  name: string;
  version: string;
  /** Absolute path of its folder. */
  dir: string;
}

/** Where Deno looks for the packages of the public registry, below `DENO_DIR`. */
const NPM = "npm/registry.npmjs.org";

const NAME = /^(@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9_][a-z0-9._-]*$/i;
const VERSION = /^[0-9]+\.[0-9A-Za-z.+-]+(_\d+)?$/;

/**
 * Fills `dir` with copies of these packages, so that a step finds them under `--cached-only`
 * with its lock file, and no others. Steps see it read-only.
 *
 * @throws {WritError} `sandbox.launch` for a package that is not there, or holds what is neither file, folder nor link.
 */
export async function prepareDenoDir(
  dir: string,
  packages: readonly CachedPackage[],
): Promise<void> {
  await Deno.mkdir(join(dir, NPM), { recursive: true });
  for (const { name, version, dir: from } of packages) {
    if (!NAME.test(name) || !VERSION.test(version)) {
      throw new WritError(
        "sandbox.launch",
        `Cannot show the package "${name}@${version}": this is no name and version of npm`,
      );
    }
    await copyTree(from, packageFolder(dir, { name, version }));
  }
}

/** Where a package lies in a `DENO_DIR`. */
export function packageFolder(
  denoDir: string,
  { name, version }: Pick<CachedPackage, "name" | "version">,
): string {
  return join(denoDir, NPM, name, version);
}

/** Names of the configuration and lock file at the root of a stage, as Deno would find them. */
export async function findDenoFiles(
  stage: string,
): Promise<NonNullable<HostFacts["deno"]>> {
  const first = async (names: string[]) => {
    for (const name of names) {
      if (await isFile(join(stage, name))) return name;
    }
    return null;
  };
  return {
    config: await first(["deno.json", "deno.jsonc"]),
    lock: await first(["deno.lock"]),
  };
}

async function copyTree(from: string, to: string): Promise<void> {
  try {
    await Deno.mkdir(to, { recursive: true });
    for await (const entry of Deno.readDir(from)) {
      const source = join(from, entry.name);
      const target = join(to, entry.name);
      if (entry.isDirectory) await copyTree(source, target);
      else if (entry.isSymlink) {
        await Deno.symlink(await Deno.readLink(source), target);
      } else if (entry.isFile) await Deno.copyFile(source, target);
      else throw new Error(`"${source}" is no file, folder or link`);
    }
  } catch (cause) {
    if (cause instanceof WritError) throw cause;
    throw new WritError(
      "sandbox.launch",
      `Cannot take the package folder "${from}" into the step's cache`,
      { cause, hint: "Fetch it first: deno install" },
    );
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
