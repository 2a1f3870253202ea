/**
 * Who uses what the state folder stores: many processes that plan and run, or one that sweeps. A
 * lock (`flock(2)`) on a file says it, and ends with the process, however that ends.
 *
 * Edge: files.
 *
 * @module
 */
import { openLockFile } from "./lock_file.ts";

/** In the state folder's `locks`, beside one file a run. */
const FILE = "in-use";

/**
 * Says that this process relies on what is stored, until disposed: it waits while another one sweeps.
 *
 * @param locks the state folder's `locks`
 * @throws {WritError} `store.unwritable`
 */
export async function useState(locks: string): Promise<Disposable> {
  const file = openLockFile(locks, FILE);
  await file.lock(false);
  return file;
}

/** Has the state folder for this process alone, until disposed; `null` where others use it. */
export function stateAlone(locks: string): Disposable | null {
  const file = openLockFile(locks, FILE);
  if (file.tryLockSync(true)) return file;
  file.close();
  return null;
}
