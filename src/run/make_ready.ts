/**
 * Making ready: what runners that were killed left behind is put right before anything is read.
 *
 * @module
 */
import { sweepViews } from "../evidence/sweep_views.ts";
import { requireOwnFolders } from "./publish_place.ts";
import type { World } from "./world.ts";

/**
 * Settles interrupted publishings, sweeps the views of dead runs, and requires that bundles can
 * be put into the workspace.
 *
 * @throws {WritError} `workspace.unsafe`, `publish.unsafe`
 */
export async function makeReady(world: World): Promise<void> {
  requireOwnFolders(world.sight.workspace);
  await world.publishing.settle();
  await sweepViews(world.state);
  // What cannot be remembered after the admission would leave a run that nobody holds.
  await world.remember();
}
