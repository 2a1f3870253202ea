/**
 * Who uses what the state folder stores: any number of processes that plan and run, or one that
 * sweeps. A lock (`flock(2)`) on a file says it, and ends with the process, however that ends.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path/join";
import { unwritable } from "./blob_files.ts";

/** In the state folder's `locks`, beside one file a run. */
const FILE = "in-use";

/**
 * Says that this process relies on what is stored, until disposed: it waits while another one sweeps.
 *
 * @param locks the state folder's `locks`
 * @throws {WritError} `store.unwritable`
 */
export async function useState(locks: string): Promise<Disposable> {
  const file = openLock(locks);
  await file.lock(false);
  return closing(file);
}

/** Has the state folder for this process alone, until disposed; `null` where others use it. */
export function stateAlone(locks: string): Disposable | null {
  const file = openLock(locks);
  if (file.tryLockSync(true)) return closing(file);
  file.close();
  return null;
}

function openLock(locks: string): Deno.FsFile {
  const path = join(locks, FILE);
  try {
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

function closing(file: Deno.FsFile): Disposable {
  return { [Symbol.dispose]: () => file.close() };
}
