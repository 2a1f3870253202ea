/**
 * How the system view lies on this machine.
 *
 * Edge: files.
 *
 * @module
 */
import type { SystemFacts } from "./confinement.ts";
import {
  CERTIFICATE_BUNDLES,
  ETC_NAMES,
  ETC_NAMES_IN_PLACE,
} from "./system_etc.ts";

/** Names at the root that belong to `/usr`, or did before it was merged. */
const TOP = ["/bin", "/lib", "/lib32", "/lib64", "/libx32", "/sbin"];

/** Reads them; they change with the distribution only, so once a run is enough. */
export async function systemFacts(): Promise<SystemFacts> {
  const top: SystemFacts["top"] = [];
  for (const path of TOP) {
    const info = await lstat(path);
    if (info === null) continue;
    if (info.isSymlink) top.push({ path, link: await Deno.readLink(path) });
    else if (info.isDirectory) top.push({ path, link: null });
  }
  return {
    arch: Deno.build.arch === "aarch64" ? "aarch64" : "x86_64",
    top,
    etc: await etcPaths(),
    certificates: await firstOf(CERTIFICATE_BUNDLES),
  };
}

async function etcPaths(): Promise<string[]> {
  const names = [...ETC_NAMES, ...ETC_NAMES_IN_PLACE];
  const prefixes = names.filter((name) => name.endsWith("*"))
    .map((name) => name.slice(0, -1));
  const found: string[] = [];
  for await (const { name } of Deno.readDir("/etc")) {
    if (prefixes.some((prefix) => name.startsWith(prefix))) found.push(name);
  }
  for (const name of names) {
    if (!name.endsWith("*") && await lstat(`/etc/${name}`) !== null) {
      found.push(name);
    }
  }
  return found.map((name) => `/etc/${name}`).sort();
}

async function firstOf(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) {
    if (await lstat(path) !== null) return path;
  }
  return null;
}

async function lstat(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
