/**
 * Resuming a run that nobody holds any more: what its receipts say is kept, the rest runs.
 *
 * @module
 */
import { readReceipt } from "./documents.ts";
import { leafHash } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { lookAt } from "../plan/open_regular.ts";
import { acquireRunLock } from "../evidence/run_lock.ts";
import { type RunRecord } from "../ledger/records.ts";
import { requireCaptured } from "../ledger/run_book.ts";
import { type ReceiptBodies, type TreeRef } from "../ledger/receipt.ts";
import { type ActiveRun, chooseSteps, requireWanted } from "./active_run.ts";
import type { Listed } from "./attempt.ts";
import { bundleFolder } from "./export_bundle.ts";
import type { Leave } from "./find_ticket.ts";
import { markOpen } from "./open_mark.ts";
import type { Proposal } from "./propose.ts";
import type { RunOptions } from "./run.ts";
import { finishIndeterminate, publishStep } from "./run_step.ts";
import { keptCache } from "./step_caches.ts";
import type { World } from "./world.ts";

/**
 * Takes an interrupted run again, without another use of its ticket. A step that was started
 * and whose end nobody saw is recorded as `indeterminate` and run again. Of a run that was
 * sealed only what comes after that is done.
 *
 * @throws {WritError} `run.busy`, `run.not_resumable`, `ticket.decision` when the leave is for
 * another run, `ticket.revoked` and `ticket.expired` when it ended a moment ago
 */
export async function resume(
  proposal: Proposal,
  leave: Leave,
  options: RunOptions,
  world: World,
): Promise<ActiveRun> {
  requireWanted(options.signal);
  const id = options.resume!;
  const lock = await acquireRunLock(world.state.locks, id);
  try {
    const record = await requireUnfinished(id, world);
    requireOwnLeave(record, proposal, leave);
    await markOpen(id, world.sight.workspace);
    const { steps, only } = chooseSteps(proposal, record.only);
    const run: ActiveRun = {
      id,
      ticket: record.ticket,
      proposal,
      leave,
      actor: { kind: "system", id: (await world.runner()).id },
      steps,
      only,
      ends: new Map(),
      attempts: new Map(),
      products: new Map(),
      fetched: new Map(),
      sealed: null,
      [Symbol.dispose]: () => lock.release(),
    };
    const published = await replay(run, record, world);
    if (run.sealed === null) await goOn(run, published, world);
    options.watch({ type: "admitted", run: id, ticket: record.ticket });
    return run;
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** A run that is closed has only its bundle to be missed. */
async function requireUnfinished(
  id: string,
  world: World,
): Promise<RunRecord> {
  const record = await world.ledger.run(id);
  if (record === null) {
    throw new WritError("writ.fault", `Run ${id} has a leave and no record`);
  }
  if (
    record.status === "running" || lookAt(bundleFolder(id, world)) === null
  ) return record;
  throw new WritError(
    "run.not_resumable",
    `Cannot resume run "${id}": it has ended`,
    { hint: "Ask for a new ticket and execute the pipeline again" },
  );
}

/** Its use was consumed for one plan under one ticket: nothing else may go on under it. */
function requireOwnLeave(
  { run, ticket, plan, decision }: RunRecord,
  proposal: Proposal,
  leave: Leave,
): void {
  for (
    const [what, found, wanted] of [
      ["ticket", leave.judged.ticket.id, ticket],
      ["decision", leave.decision.digest, decision],
      ["plan", proposal.plan.digest, plan],
    ]
  ) {
    if (found === wanted) continue;
    throw new WritError(
      "ticket.decision",
      `Cannot resume run "${run}": it was admitted with ${what} ${wanted}, this is ${found}`,
    );
  }
}

async function goOn(
  run: ActiveRun,
  published: ReadonlySet<string>,
  world: World,
): Promise<void> {
  const { unfinished } = await world.ledger.resume(run.id, run.actor);
  for (const step of unfinished) {
    await finishIndeterminate(step, run, world);
  }
  for (const step of run.steps) {
    if (run.ends.get(step.id)?.status !== "ok") continue;
    const said = published.has(step.id);
    if (said && !world.publishing.wasLost(run.id, step.id)) continue;
    const products = run.products.get(step.id) ?? [];
    await publishStep(step, products, run, world, said);
  }
}

/** Takes over what the receipts say, and returns the steps that were published. */
async function replay(
  run: ActiveRun,
  record: RunRecord,
  world: World,
): Promise<Set<string>> {
  const published = new Set<string>();
  const written = new Map<string, Written>();
  for await (const bytes of world.ledger.receipts(run.id)) {
    const receipt = readReceipt(bytes);
    if (receipt.type === "step.started") {
      run.attempts.set(receipt.body.step, receipt.body.attempt);
      // Tried again: how it ended before is its end no more.
      run.ends.delete(receipt.body.step);
    } else if (receipt.type === "step.finished") {
      const { step, status, reason, products, fetch } = receipt.body;
      if (status === "indeterminate") continue;
      run.ends.set(step, { status, reason });
      if (status === "ok") {
        written.set(step, { products, fetch });
      }
    } else if (receipt.type === "step.published") {
      published.add(receipt.body.step);
    } else if (receipt.type === "run.sealed") {
      run.sealed = { receipt, hash: leafHash(bytes) };
    }
  }
  if (run.sealed === null) requireCaptured(record);
  for (const [step, { products, fetch }] of written) {
    run.products.set(step, await listed(products, run, world));
    if (fetch !== null && run.sealed === null) {
      run.fetched.set(step, await keptCache(fetch, world.blobs));
    }
  }
  return published;
}

/** What a step that was ok has left to others. */
type Written = Pick<ReceiptBodies["step.finished"], "products" | "fetch">;

function listed(
  products: readonly TreeRef[],
  run: ActiveRun,
  world: World,
): Promise<Listed[]> {
  return Promise.all(products.map(async (product) => ({
    ...product,
    // Of a run that was sealed nothing is given or published any more, and its trees may be gone.
    entries: run.sealed === null ? await world.blobs.getTree(product.tree) : [],
  })));
}
