/**
 * The npm packages that a `deno.lock` lists, where the module cache has them.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import type { Disk } from "./disk.ts";

/** One package of the module cache. */
export interface NpmPackage {
  /** As in the registry, with its scope: `@scope/name`. */
  name: string;
  /** The exact version of the lock, without peers. */
  version: string;
  /** Absolute path of its folder in the module cache. */
  dir: string;
}

/** Bytes that a lock may have. */
const LOCK_LIMIT = 64 * 1024 * 1024;

/** `name@version`, with `_` and the peers behind it; nothing that could lead out of the cache. */
const KEY =
  /^((?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~_-][a-z0-9._~-]*)@([0-9][0-9A-Za-z.+-]*)(?:_.*)?$/i;

/**
 * The packages of the workspace's lock that lie in the cache, sorted by name and version.
 *
 * @throws {WritError} `input.invalid` when the lock is not JSON
 */
export function npmPackages(
  disk: Disk,
  workspace: string,
  denoDir: string | null,
): NpmPackage[] {
  if (denoDir === null) return [];
  const bytes = disk.head(`${workspace}/deno.lock`, LOCK_LIMIT);
  if (bytes === null) return [];
  const cache = `${denoDir}/npm`;
  if (disk.lstat(cache)?.kind !== "folder") return [];
  const hosts = disk.list(cache).sort();
  const found = new Map<string, NpmPackage>();
  for (const key of lockedKeys(bytes)) {
    const [, name, version] = KEY.exec(key) ?? [];
    if (name === undefined || found.has(`${name}@${version}`)) continue;
    for (const host of hosts) {
      const dir = `${cache}/${host}/${name}/${version}`;
      if (disk.lstat(dir)?.kind !== "folder") continue;
      found.set(`${name}@${version}`, { name, version, dir });
      break;
    }
  }
  return [...found].sort(([a], [b]) => a < b ? -1 : 1).map(([, each]) => each);
}

function lockedKeys(bytes: Uint8Array): string[] {
  let lock: unknown;
  try {
    lock = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new WritError(
      "input.invalid",
      `Cannot read "deno.lock": it is not JSON`,
      { place: { file: "deno.lock" }, cause },
    );
  }
  if (typeof lock !== "object" || lock === null || !("npm" in lock)) return [];
  return typeof lock.npm === "object" && lock.npm !== null
    ? Object.keys(lock.npm)
    : [];
}
