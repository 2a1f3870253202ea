/**
 * Indexes of runs: which stand how, had which step, and are by whom, found without a walk.
 *
 * @module
 */
import type { RunRecord } from "./records.ts";
import type { Put, Store } from "./store.ts";

/** Indexes that go beside an admission in one commit; more are written before it. */
const AT_ONCE = 200;

/** An index that a run is found in: the beginning of the ids that it is listed under. */
export type RunIndex = `${"status" | "step" | "actor"}/${string}/`;

/** The runs that stand so. */
export function byStatus(status: RunRecord["status"]): RunIndex {
  return `status/${status}/`;
}

/** The runs that chose a step of this name. */
export function byStep(step: string): RunIndex {
  return `step/${encodeURIComponent(step)}/`;
}

/** The runs that somebody asked for, approved or ran: an id of a requester or of a key. */
export function byActor(id: string): RunIndex {
  return `actor/${encodeURIComponent(id)}/`;
}

/** What lists a run in indexes. */
export function indexPuts(run: string, indexes: Iterable<RunIndex>): Put[] {
  return [...new Set(indexes)].map((index) => ({
    kind: "index",
    id: index + run,
    bytes: new Uint8Array(),
  }));
}

/**
 * Lists a run in indexes before it is there, but for as many as go beside it in one commit:
 * these are returned. A run that does not come to be is found in none.
 */
export async function indexBefore(
  store: Store,
  run: string,
  indexes: Iterable<RunIndex>,
): Promise<Put[]> {
  const put = indexPuts(run, indexes);
  while (put.length > AT_ONCE) {
    await store.commit({ put: put.splice(0, AT_ONCE) });
  }
  return put;
}

/** Whether an index lists a run. */
export async function isListed(
  store: Store,
  index: RunIndex,
  run: string,
): Promise<boolean> {
  return await store.get("index", index + run) !== null;
}
