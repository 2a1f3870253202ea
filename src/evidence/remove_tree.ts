/**
 * Removes what a step may have left, however deep and whatever its modes.
 *
 * Edge: files.
 *
 * @module
 */
import { lookAt } from "../plan/open_regular.ts";

/**
 * Removes a folder with all that is in it; what is not there is fine. Links are not followed.
 * A folder that its owner may not enter is opened first; paths that are too long for the system
 * are made short.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    if (holdsFew(path)) Deno.removeSync(path, { recursive: true });
    else await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    removeFlat(path);
  }
}

/** So many files and folders are removed sooner than another thread has been asked to. */
const FEW = 64;

function holdsFew(root: string): boolean {
  const folders = [root];
  let count = 0;
  try {
    for (let folder; (folder = folders.pop()) !== undefined;) {
      for (const { name, isDirectory } of Deno.readDirSync(folder)) {
        if (++count > FEW) return false;
        if (isDirectory) folders.push(`${folder}/${name}`);
      }
    }
  } catch {
    // What cannot be listed may be anything; removing it says why.
    return false;
  }
  return true;
}

/** Moves every folder up beneath the root before it is emptied, so that no path grows long. */
function removeFlat(root: string): void {
  let count = 0;
  const prefix = crypto.randomUUID();
  const folders = [root];
  for (let folder; (folder = folders.pop()) !== undefined;) {
    if (lookAt(folder) === null) continue;
    Deno.chmodSync(folder, 0o700);
    for (const { name, isDirectory } of Array.from(Deno.readDirSync(folder))) {
      const path = `${folder}/${name}`;
      // A name that is not UTF-8 goes with its folder, which needs no name of it.
      if (name.includes("\ufffd")) continue;
      if (!isDirectory) Deno.removeSync(path);
      else if (folder === root) folders.push(path);
      else {
        const up = `${root}/${prefix}-${count++}`;
        Deno.chmodSync(path, 0o700);
        Deno.renameSync(path, up);
        folders.push(up);
      }
    }
    if (folder !== root) Deno.removeSync(folder, { recursive: true });
  }
  Deno.removeSync(root, { recursive: true });
}
