/**
 * The cache of a step that Deno runs: only what it was planned with.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path";
import { WritError } from "../core/errors.ts";
import type { HostFacts } from "./confinement.ts";

/** A folder of a cache of Deno. */
interface CachedFolder {
  /** Where it lies below `DENO_DIR`. */
  path: string;
  /** Absolute path of it in the cache that it is taken from. */
  dir: string;
}

/** A package of the public registry by name and version, or a program that Deno downloaded. */
const PATH =
  /^(npm\/registry\.npmjs\.org\/(@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9_][a-z0-9._-]*\/[0-9]+\.[0-9a-z.+-]+(_\d+)?|dl\/[a-z0-9][a-z0-9._-]*)$/i;

/**
 * Fills `dir` with copies of these folders, so that a step finds its packages under
 * `--cached-only` with its lock file, and no others. Steps see it read-only.
 *
 * @throws {WritError} `sandbox.launch` for a folder that is not there, or holds what is neither
 * file, folder nor link.
 */
export async function prepareDenoDir(
  dir: string,
  folders: readonly CachedFolder[],
): Promise<void> {
  await Deno.mkdir(join(dir, "npm/registry.npmjs.org"), { recursive: true });
  for (const { path, dir: from } of folders) {
    if (!PATH.test(path)) {
      throw new WritError(
        "sandbox.launch",
        `Cannot show "${path}" of Deno's cache: it is neither a package nor a download`,
      );
    }
    await copyTree(from, join(dir, path));
  }
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
