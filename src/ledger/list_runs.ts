/**
 * Listing runs by what is known of them, newest or oldest first, without a walk over all.
 *
 * @module
 */
import { parseStored, type RunRecord, RunRecordSchema } from "./records.ts";
import { runIds } from "./run_ids.ts";
import { byActor, byStatus, byStep, type RunIndex } from "./run_index.ts";
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
  const { status, since, reverse = false, limit = Infinity } = query;
  if (limit <= 0) return;
  let left = limit;
  for await (const record of candidates(store, query)) {
    if (since !== undefined && record.openedAt < since) {
      // Ids are in the order of their making, so that all that follow are older.
      if (reverse) return;
      continue;
    }
    // It may have been closed since its index was read.
    if (status !== undefined && record.status !== status) continue;
    yield record;
    if (--left <= 0) return;
  }
}

/** The runs that are listed in all the indexes that the query names, or all runs. */
async function* candidates(
  store: Store,
  query: RunQuery,
): AsyncIterable<RunRecord> {
  const { reverse = false, prefix = "" } = query;
  const groups = indexesOf(query);
  if (groups.length === 0) {
    for await (const { id, bytes } of store.list("run", { reverse, prefix })) {
      yield parse(id, bytes);
    }
    return;
  }
  for await (const id of runIds(store, groups, { reverse, prefix })) {
    const bytes = await store.get("run", id);
    // Listed before it was admitted, and never was.
    if (bytes !== null) yield parse(id, bytes);
  }
}

/** What a run must be listed in: an index of each group. */
function indexesOf({ status, step, actors }: RunQuery): RunIndex[][] {
  return [
    ...(status === undefined ? [] : [[byStatus(status)]]),
    ...(step === undefined ? [] : [[byStep(step)]]),
    ...(actors === undefined ? [] : [actors.map(byActor)]),
  ];
}

function parse(id: string, bytes: Uint8Array): RunRecord {
  return parseStored(bytes, RunRecordSchema, `run "${id}"`);
}
