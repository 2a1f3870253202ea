/**
 * What lies in the state folder and beside the bundles, and nobody needs any more.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path/join";
import { isRunId } from "../core/id.ts";
import type { BlobStore, StoredFile } from "../evidence/blobs.ts";
import { removeTree } from "../evidence/remove_tree.ts";
import { dueAt } from "../evidence/retention.ts";
import { isRunHeld } from "../evidence/run_lock.ts";
import type { StatePaths } from "../evidence/state_folder.ts";
import { sweepViews } from "../evidence/sweep_views.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { unusedEtcs } from "../sandbox/build_etc.ts";
import { RETENTION, type Retention } from "../ticket/trust.ts";
import { unusedDenoDirs } from "./deno_dirs.ts";
import type { DueEvidence, RetentionRules } from "./due_evidence.ts";
import { neededBlobs } from "./needed_blobs.ts";
import type { Place } from "./publish_place.ts";
import { abandonedDrafts } from "./strip_bundles.ts";

/** What can go. */
export interface Unneeded {
  /** Files of blobs and of trees. */
  blobs: StoredFile[];
  trees: StoredFile[];
  /** Runs that are dead and have left what their steps saw. */
  views: string[];
  /** Module caches that nothing has used for as long as public evidence is kept, absolute. */
  denoDirs: string[];
  /** What was begun in the folder of bundles, relative to the workspace. */
  drafts: string[];
}

interface In {
  ledger: Ledger;
  blobs: BlobStore;
  state: StatePaths;
  retention: Retention;
  now: number;
}

/** Looks for it. What is found may go only while nobody else uses the state folder. */
export async function findUnneeded(
  place: Place,
  rules: RetentionRules,
  { ledger, blobs, state, retention, now }: In,
  expiring: ReadonlyMap<string, DueEvidence> = new Map(),
): Promise<Unneeded> {
  const needed = await neededBlobs({ ledger, blobs, rules, now }, expiring);
  const stored = blobs.stored();
  const views: string[] = [];
  for (const { name } of Deno.readDirSync(state.views)) {
    if (!isRunId(name) || !await isRunHeld(state.locks, name)) views.push(name);
  }
  return {
    blobs: stored.blobs.filter(({ digest }) => !needed.blobs.has(digest)),
    trees: stored.trees.filter(({ digest }) => !needed.trees.has(digest)),
    views: views.sort(),
    denoDirs: unusedDenoDirs(state.denoDirs, unusedSince(now, retention)),
    drafts: abandonedDrafts(place),
  };
}

/** Removes it, for whoever has the state folder alone. */
export async function removeUnneeded(
  { blobs: files, trees, denoDirs, drafts }: Unneeded,
  place: Place,
  { blobs, state, retention, now }: In,
): Promise<void> {
  await sweepViews(state);
  const etcs = unusedEtcs(join(state.root, "etc"), unusedSince(now, retention));
  for (const path of etcs) await removeTree(path);
  blobs.sweep(now);
  blobs.remove(files);
  blobs.remove(trees);
  for (const path of denoDirs) await removeTree(path);
  for (const path of drafts) await removeTree(place.at(path));
}

/** A cache is made again when it is needed, so that even what is kept for ever does not keep one. */
function unusedSince(now: number, { public: days }: Retention): number {
  const epoch = new Date(0).toISOString();
  return now - dueAt(epoch, days ?? RETENTION.public)!;
}
