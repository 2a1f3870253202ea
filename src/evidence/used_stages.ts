/**
 * Stages that serve again. Under Landlock a thread is confined to folders, whatever they are
 * called, and to confine another one for each step costs more than the step; anywhere, to make
 * and remove folders costs more than to empty them.
 *
 * Edge: files.
 *
 * @module
 */
import { removeTree } from "./remove_tree.ts";

/** The folders of a stage that a step may write in. */
export const STEP_FOLDERS = ["work", "home", "tmp"] as const;

/** The file whose last change says when a stage was complete. */
export const STAGED = "staged";

/** The stages of a run that are free. */
export class UsedStages {
  readonly #free: string[] = [];

  /** Moves a free stage to `root`, which does not exist; `false` where none is free. */
  take(root: string): boolean {
    const free = this.#free.pop();
    if (free === undefined) return false;
    Deno.renameSync(free, root);
    return true;
  }

  /**
   * Empties a stage and keeps it, or removes it where it would not be like a new one. Nothing of
   * the step is running any more, and its folders carry nothing that they did not when it began.
   */
  async keep(root: string): Promise<void> {
    if (await emptied(root)) this.#free.push(root);
    else await removeTree(root);
  }

  /** Removes what is free. */
  async clear(): Promise<void> {
    for (const root of this.#free.splice(0)) await removeTree(root);
  }
}

function emptied(root: string): Promise<boolean> {
  return empty(root).then(
    (touched) => {
      const { size } = Deno.lstatSync(root);
      return STEP_FOLDERS.every((name) => {
        const folder = `${root}/${name}`;
        // Some file systems never shrink a folder, and its size would tell how much lay in it.
        return Deno.lstatSync(folder).size <= size &&
          (!touched.has(folder) || namesIn(folder).length === 0);
      });
    },
    // What cannot be emptied is removed with the rest, which says why it cannot.
    () => false,
  );
}

/** Returns the folders of the step in which anything lay. */
async function empty(root: string): Promise<Set<string>> {
  const touched = new Set<string>();
  for (const name of namesIn(root)) {
    const path = `${root}/${name}`;
    if (name === STAGED) continue;
    if (!STEP_FOLDERS.some((each) => each === name)) await removeOne(path);
    else {
      for (const name of namesIn(path)) {
        touched.add(path);
        await removeOne(`${path}/${name}`);
      }
    }
  }
  return touched;
}

function namesIn(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name);
}

async function removeOne(path: string): Promise<void> {
  if (Deno.lstatSync(path).isDirectory) await removeTree(path);
  else Deno.removeSync(path);
}
