/**
 * Which runs are of a workspace: those whose bundle lies in it, and those that were begun in it
 * and have none yet.
 *
 * Edge: files, read only.
 *
 * @module
 */
import { join } from "@std/path/join";
import { isRunId } from "../core/id.ts";
import { OPEN_MARK, RUNS } from "./names.ts";

/** A run of a workspace. */
export interface RunHere {
  run: string;
  /** `false` while it is not closed, and where its bundle could not be written. */
  hasBundle: boolean;
}

/** The runs of a workspace, newest first; what else lies there is passed over. */
export function runsHere(workspace: string): RunHere[] {
  const bundles = new Set<string>();
  const begun = new Set<string>();
  for (const { name, isDirectory } of entriesOf(join(workspace, RUNS))) {
    if (isDirectory && name.startsWith("run_")) bundles.add(name);
    const marked = name.slice(OPEN_MARK.length);
    if (name.startsWith(OPEN_MARK) && isRunId(marked)) begun.add(marked);
  }
  // Ids sort by the time they were made.
  return [...bundles.union(begun)].sort().reverse()
    .map((run) => ({ run, hasBundle: bundles.has(run) }));
}

function entriesOf(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
