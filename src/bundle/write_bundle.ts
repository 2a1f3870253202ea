/**
 * Writes a bundle's folder: whole or not at all, and never over another.
 *
 * Edge: the file system.
 *
 * @module
 */
import { sameBytes } from "../core/same_bytes.ts";
import { dirname } from "@std/path/dirname";
import { isWritError, WritError } from "../core/errors.ts";
import { BUNDLE_FILES, EXPIRED_FILE } from "./bundle.ts";
import { type ListedFile, withIndex } from "./bundle_index.ts";
import { bundleNameFault } from "./names.ts";
import { readBundle } from "./read_bundle.ts";

/**
 * Writes `files` and the `bundle.json` that lists them. Everything is written and synced in
 * a sibling folder that is then renamed, so that `folder` is there whole or not at all.
 * A bundle of the same content may be there already; it is left as it is.
 *
 * @param expired files that are listed and have gone, and `expired.json`, which says so
 * @throws {WritError} `store.unwritable` when another bundle is there or the disk refuses;
 * `writ.fault` on a name that no bundle may hold.
 */
export async function writeBundle(
  folder: string,
  files: Map<string, Uint8Array>,
  run: string,
  expired?: { gone: readonly ListedFile[]; told: Uint8Array },
): Promise<void> {
  mustBeNames(files);
  const whole = withIndex(files, run, expired?.gone);
  if (expired !== undefined) whole.set(EXPIRED_FILE, expired.told);
  if (await isThere(folder)) return await mustBeSame(folder, whole);
  const parent = dirname(folder);
  let draft: string | null = null;
  try {
    await Deno.mkdir(parent, { recursive: true });
    draft = await Deno.makeTempDir({ dir: parent, prefix: ".bundle-" });
    await writeFiles(draft, whole);
    // makeTempDir makes it private; a bundle is as open as the folder that it lies in.
    await Deno.chmod(draft, 0o755);
    await Deno.rename(draft, folder);
    draft = null;
    await sync(parent);
  } catch (cause) {
    if (await isThere(folder)) return await mustBeSame(folder, whole);
    throw unwritable(folder, cause);
  } finally {
    if (draft !== null) {
      await Deno.remove(draft, { recursive: true });
    }
  }
}

function mustBeNames(files: ReadonlyMap<string, Uint8Array>): void {
  for (const name of files.keys()) {
    const fault = name === BUNDLE_FILES.index
      ? "it is made from the others"
      : bundleNameFault(name);
    if (fault !== null) {
      throw new WritError(
        "writ.fault",
        `Cannot put "${name}" into a bundle: ${fault}`,
      );
    }
  }
}

async function writeFiles(
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const folders = new Set([folder]);
  for (const [name, bytes] of files) {
    let at = folder;
    for (const segment of name.split("/").slice(0, -1)) {
      folders.add(at = `${at}/${segment}`);
    }
    await Deno.mkdir(at, { recursive: true });
    using file = await Deno.open(`${folder}/${name}`, {
      write: true,
      createNew: true,
    });
    for (let done = 0; done < bytes.length;) {
      done += await file.write(bytes.subarray(done));
    }
    await file.sync();
  }
  for (const each of folders) await sync(each);
}

/** Makes the names in a folder durable, not only the bytes behind them. */
async function sync(folder: string): Promise<void> {
  using handle = await Deno.open(folder, { read: true });
  await handle.sync();
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw unwritable(path, error);
  }
}

async function mustBeSame(
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const there = await readBundle(folder);
  const same = there.strange.length === 0 &&
    there.files.size === files.size &&
    [...files].every(([name, bytes]) =>
      sameBytes(there.files.get(name), bytes)
    );
  if (same) return;
  throw new WritError(
    "store.unwritable",
    `Cannot write the bundle "${folder}": something else is there, and a bundle is never overwritten`,
    { hint: "Move it away, or look at it with verify" },
  );
}

function unwritable(folder: string, cause: unknown): WritError {
  if (isWritError(cause)) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new WritError(
    "store.unwritable",
    `Cannot write the bundle "${folder}": ${why}`,
    { cause },
  );
}
