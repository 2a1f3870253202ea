import { basename, join, normalize } from "@std/path";

/** What {@linkcode walk} may be told. */
export interface WalkOptions {
  includeFiles?: boolean;
  includeDirs?: boolean;
  includeSymlinks?: boolean;
  /** When any expression matches a path, it is left out, with all below it. */
  skip?: RegExp[];
}

/** A folder entry with its path. */
export interface WalkEntry extends Deno.DirEntry {
  path: string;
}

/** Walks a folder depth first and yields what is in it, itself included; links are not followed. */
export async function* walk(
  root: string | URL,
  options: WalkOptions = {},
): AsyncIterableIterator<WalkEntry> {
  const {
    includeFiles = true,
    includeDirs = true,
    includeSymlinks = true,
    skip = [],
  } = options;
  const path = root instanceof URL
    ? decodeURIComponent(root.pathname)
    : normalize(root);
  if (skip.some((pattern) => pattern.test(path))) return;
  if (includeDirs) {
    const { isFile, isDirectory, isSymlink } = await Deno.stat(path);
    yield { path, name: basename(path), isFile, isDirectory, isSymlink };
  }
  for await (const entry of Deno.readDir(path)) {
    const child = join(path, entry.name);
    if (entry.isDirectory) {
      yield* walk(child, options);
      continue;
    }
    const wanted = entry.isSymlink ? includeSymlinks : includeFiles;
    if (wanted && !skip.some((pattern) => pattern.test(child))) {
      yield { path: child, ...entry };
    }
  }
}
