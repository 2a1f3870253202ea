/**
 * Makes files survive a power cut, many at a time: the file system joins what waits together
 * into one write of its journal.
 *
 * Edge: files.
 *
 * @module
 */
import { unwritable } from "./blob_files.ts";

const AT_ONCE = 32;

/** Syncs files, then the folders they lie in, then `root`. */
export async function syncFiles(
  root: string,
  paths: readonly string[],
): Promise<void> {
  if (paths.length === 0) return;
  await syncAll(paths);
  const folders = new Set(
    paths.map((path) => path.slice(0, path.lastIndexOf("/"))),
  );
  folders.add(root);
  await syncAll([...folders]);
}

/** Syncs files and folders, some at a time. */
export async function syncAll(paths: readonly string[]): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < paths.length) await syncOne(paths[next++]);
  };
  await Promise.all(
    Array.from({ length: Math.min(AT_ONCE, paths.length) }, worker),
  );
}

async function syncOne(path: string): Promise<void> {
  try {
    using file = await Deno.open(path);
    await file.sync();
  } catch (cause) {
    throw unwritable(path, cause);
  }
}
