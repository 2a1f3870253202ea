/**
 * The mark of a run that has no bundle yet: without it the workspace would show the run before as
 * its newest one when a runner is killed.
 *
 * Edge: files.
 *
 * @module
 */
import { OPEN_MARK, RUNS } from "../bundle/names.ts";
import { unwritable } from "../evidence/blob_files.ts";
import { ignoreOwn } from "./ignore_own.ts";
import { Place } from "./publish_place.ts";

/**
 * Marks a run as begun in a workspace, before it is admitted.
 *
 * @throws {WritError} `workspace.unsafe`, `publish.unsafe`, `store.unwritable`
 */
export async function markOpen(run: string, workspace: string): Promise<void> {
  const place = new Place(workspace);
  for (const missing of place.missingFolders(RUNS)) {
    await place.ensureFolder(missing);
  }
  await ignoreOwn(place.root);
  place.requireFolder(RUNS);
  const path = place.at(markOf(run));
  try {
    Deno.writeFileSync(path, new Uint8Array(), { createNew: true });
  } catch (cause) {
    // A run that is resumed has it already.
    if (cause instanceof Deno.errors.AlreadyExists) return;
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw unwritable(path, cause);
  }
}

/** Takes the mark away: the run has its bundle, or was not admitted. */
export function unmarkOpen(run: string, workspace: string): void {
  try {
    Deno.removeSync(new Place(workspace).at(markOf(run)));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function markOf(run: string): string {
  return `${RUNS}/${OPEN_MARK}${run}`;
}
