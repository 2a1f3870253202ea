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

/** The folders of a stage that a step may write in; in namespaces it gets a home and a `/tmp` that are nobody's. */
export const STEP_FOLDERS = ["work", "home", "tmp"] as const;

/** One of {@linkcode STEP_FOLDERS}. */
export type StepFolder = typeof STEP_FOLDERS[number];

/** The file whose last change says when a stage was complete. */
export const STAGED = "staged";

interface Used {
  root: string;
  folders: StepFolder[];
}

/** The stages of a run that are free. */
export class UsedStages {
  readonly #free: Used[] = [];

  /** Moves a free stage of these folders to `root`, which does not exist; `false` where none is free. */
  take(root: string, folders: readonly StepFolder[]): boolean {
    const at = this.#free.findLastIndex((used) =>
      used.folders.length === folders.length &&
      folders.every((name) => used.folders.includes(name))
    );
    if (at < 0) return false;
    const [free] = this.#free.splice(at, 1);
    Deno.renameSync(free.root, root);
    return true;
  }

  /**
   * Empties a stage and keeps it, or removes it where it would not be like a new one. Nothing of
   * the step is running any more, and its folders carry nothing that they did not when it began.
   */
  async keep(root: string): Promise<void> {
    const folders = await emptied(root);
    if (folders === null) await removeTree(root);
    else this.#free.push({ root, folders });
  }

  /** Removes what is free. */
  async clear(): Promise<void> {
    for (const { root } of this.#free.splice(0)) await removeTree(root);
  }
}

/** The folders of a stage that is now like a new one; `null` where it is not. */
async function emptied(root: string): Promise<StepFolder[] | null> {
  let touched: Map<StepFolder, boolean>;
  try {
    touched = await empty(root);
  } catch {
    // What cannot be emptied is removed with the rest, which says why it cannot.
    return null;
  }
  const { size } = Deno.lstatSync(root);
  const isLikeNew = [...touched].every(([name, wasTouched]) => {
    const folder = `${root}/${name}`;
    // Some file systems never shrink a folder, and its size would tell how much lay in it.
    return Deno.lstatSync(folder).size <= size &&
      (!wasTouched || namesIn(folder).length === 0);
  });
  return isLikeNew ? [...touched.keys()] : null;
}

/** Returns the folders of the step, and whether anything lay in each. */
async function empty(root: string): Promise<Map<StepFolder, boolean>> {
  const touched = new Map<StepFolder, boolean>();
  for (const name of namesIn(root)) {
    const path = `${root}/${name}`;
    if (name === STAGED) continue;
    const folder = STEP_FOLDERS.find((each) => each === name);
    if (folder === undefined) await removeOne(path);
    else {
      const names = namesIn(path);
      touched.set(folder, names.length > 0);
      for (const name of names) await removeOne(`${path}/${name}`);
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
