/**
 * Listing runs by what is known of them, newest or oldest first, without a walk over all.
 *
 * @module
 */
import { parseStored, type RunRecord, RunRecordSchema } from "./records.ts";
import {
  byActor,
  byStatus,
  byStep,
  isListed,
  listedRuns,
  type RunIndex,
} from "./run_index.ts";
import type { Store } from "./store.ts";

/** Which runs to list, in the order of their ids, that is of their making. */
export interface RunQuery {
  /** Newest first. */
  reverse?: boolean;
  limit?: number;
  /** Ids that begin so. */
  prefix?: string;
  status?: RunRecord["status"];
  /** Runs that chose a step of this name. */
  step?: string;
  /** Runs that any of these asked for, approved or ran: ids of requesters and of keys. */
  actors?: readonly string[];
  /** Runs that were opened at this time or later: RFC 3339, UTC, milliseconds. */
  since?: string;
}

/** The runs that a query names. */
export async function* listRuns(
  store: Store,
  query: RunQuery,
): AsyncIterable<RunRecord> {
  let left = query.limit ?? Infinity;
  if (left <= 0) return;
  for await (const record of candidates(store, query)) {
    if (query.since !== undefined && record.openedAt < query.since) {
      // Ids are in the order of their making, so that all that follow are older.
      if (query.reverse) return;
      continue;
    }
    if (!await matches(store, query, record)) continue;
    yield record;
    if (--left <= 0) return;
  }
}

/** The runs of one index, where the query names one; the rest is looked up for each. */
async function* candidates(
  store: Store,
  query: RunQuery,
): AsyncIterable<RunRecord> {
  const { reverse = false, prefix = "" } = query;
  const indexes = narrowest(query);
  if (indexes === null) {
    for await (const { id, bytes } of store.list("run", { reverse, prefix })) {
      yield parse(id, bytes);
    }
    return;
  }
  for await (const id of listedRuns(store, indexes, reverse)) {
    if (!id.startsWith(prefix)) continue;
    const bytes = await store.get("run", id);
    // Listed before it was admitted, and never was.
    if (bytes !== null) yield parse(id, bytes);
  }
}

/** The index that likely lists the fewest; `null` for all runs. */
function narrowest({ status, step, actors }: RunQuery): RunIndex[] | null {
  if (status !== undefined && status !== "ok") return [byStatus(status)];
  if (actors !== undefined) return actors.map(byActor);
  if (step !== undefined) return [byStep(step)];
  return status === undefined ? null : [byStatus(status)];
}

async function matches(
  store: Store,
  { status, step, actors }: RunQuery,
  { run, status: stands }: RunRecord,
): Promise<boolean> {
  if (status !== undefined && stands !== status) return false;
  if (step !== undefined && !await isListed(store, byStep(step), run)) {
    return false;
  }
  if (actors === undefined) return true;
  for (const actor of actors) {
    if (await isListed(store, byActor(actor), run)) return true;
  }
  return false;
}

function parse(id: string, bytes: Uint8Array): RunRecord {
  return parseStored(bytes, RunRecordSchema, `run "${id}"`);
}
