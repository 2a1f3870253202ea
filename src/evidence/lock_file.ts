/**
 * Opens a file that says something by its lock (`flock(2)`), which ends with the process, however
 * that ends.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path/join";
import { unwritable } from "./blob_files.ts";

/**
 * Opens the file `name` of a folder of locks; both are made if they are not there.
 *
 * @throws {WritError} `store.unwritable`
 */
export function openLockFile(folder: string, name: string): Deno.FsFile {
  const path = join(folder, name);
  try {
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    return Deno.openSync(path, {
      create: true,
      read: true,
      write: true,
      mode: 0o600,
    });
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw unwritable(path, cause);
  }
}
