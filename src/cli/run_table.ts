/**
 * Runs as a table.
 *
 * @module
 */
import { runsHere } from "../bundle/runs_here.ts";
import { isRunHeld } from "../evidence/run_lock.ts";
import type { RunRecord, RunState } from "../ledger/records.ts";
import { readPlan } from "../run/documents.ts";
import type { OpenLedger } from "./open_ledger.ts";
import type { Emphasis } from "./paint.ts";
import type { Table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** A run with what a reader knows it by. */
export interface ShownRun extends RunRecord {
  /** Where it stands now: `running` only while a living process holds it. */
  state: RunState;
  /** The name of its pipeline. */
  pipeline: string;
  requester: string;
  /** Whether it is of the workspace that is asked in: `latest` and `#N` count those. */
  here: boolean;
}

/** How a state looks. */
export const STATE_EMPHASIS: Record<RunState, Emphasis> = {
  running: "care",
  interrupted: "bad",
  ok: "good",
  failed: "bad",
  cancelled: "care",
  indeterminate: "bad",
};

/** Looks up what is to be shown of runs; what several have in common is read once. */
export async function* shownRuns(
  runs: AsyncIterable<RunRecord>,
  { ledger, state, workspace }: OpenLedger,
): AsyncIterable<ShownRun> {
  const here = new Set(runsHere(workspace).map(({ run }) => run));
  const names = new Map<string, string>();
  const requesters = new Map<string, string>();
  for await (const record of runs) {
    const { plan, ticket } = record;
    if (!names.has(plan)) {
      names.set(plan, (await readPlan(ledger, record.plan)).name);
    }
    if (!requesters.has(ticket)) {
      const known = await ledger.ticket(ticket);
      requesters.set(ticket, known?.ticket.requester.id ?? "");
    }
    const isHeld = record.status === "running" &&
      await isRunHeld(state.locks, record.run);
    yield {
      ...record,
      state: await ledger.runState(record, isHeld),
      pipeline: names.get(plan)!,
      requester: requesters.get(ticket)!,
      here: here.has(record.run),
    };
  }
}

/** The table of runs. */
export function runTable(
  runs: readonly ShownRun[],
  { paint }: Terminal,
): Table {
  return {
    head: ["run", "opened", "state", "took", "pipeline", "requester", "here"],
    rows: runs.map((run) => [
      run.run,
      run.openedAt,
      paint(STATE_EMPHASIS[run.state], run.state),
      took(run),
      run.pipeline,
      run.requester,
      run.here ? "yes" : "",
    ]),
  };
}

function took({ openedAt, closedAt }: RunRecord): string {
  if (closedAt === null) return "";
  const ms = Date.parse(closedAt) - Date.parse(openedAt);
  return ms < 10_000 ? `${ms} ms` : `${Math.round(ms / 1000)} s`;
}
