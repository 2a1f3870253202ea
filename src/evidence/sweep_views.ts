/**
 * Sweeping what the steps of dead runs saw.
 *
 * Edge: files.
 *
 * @module
 */
import { openLockFile } from "./lock_file.ts";
import { removeTree } from "./remove_tree.ts";
import { holdDead } from "./run_lock.ts";
import type { StatePaths } from "./state_folder.ts";

/** Begins the names of views that no run has any more. */
const GONE = "gone-";

/** In the state folder's `locks`: whoever removes views holds it. */
const LOCK = "sweep";

/**
 * Removes the views of runs that are no longer alive, and gives the names of these runs. Each is held
 * for no longer than a rename takes, so that it can go on while what it left is removed.
 */
export async function sweepViews(
  state: Pick<StatePaths, "views" | "locks">,
): Promise<string[]> {
  const swept: string[] = [];
  for (const name of namesIn(state.views)) {
    if (name.startsWith(GONE)) continue;
    using lock = holdDead(state.locks, name);
    if (lock !== null && setAside(state.views, name)) swept.push(name);
  }
  using sweeping = openLockFile(state.locks, LOCK);
  // Another one at it leaves what it has not seen to the next.
  if (!sweeping.tryLockSync(true)) return swept.sort();
  for (const name of namesIn(state.views)) {
    if (name.startsWith(GONE)) await removeTree(`${state.views}/${name}`);
  }
  return swept.sort();
}

/** `false` where another sweep was faster. */
function setAside(views: string, name: string): boolean {
  try {
    Deno.renameSync(
      `${views}/${name}`,
      `${views}/${GONE}${crypto.randomUUID()}`,
    );
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function namesIn(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name);
}
