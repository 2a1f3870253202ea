/**
 * Resuming a run that nobody holds any more: what its receipts say is kept, the rest runs.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { sweepViews } from "../evidence/state_folder.ts";
import { parseStored } from "../ledger/records.ts";
import { type Receipt, ReceiptSchema } from "../ledger/receipt.ts";
import { acquireRunLock } from "../ledger/run_lock.ts";
import { type ActiveRun, chooseSteps } from "./active_run.ts";
import type { Listed } from "./attempt.ts";
import type { Leave } from "./find_ticket.ts";
import type { Proposal } from "./propose.ts";
import { recoverPublish } from "./publish.ts";
import type { RunOptions } from "./run.ts";
import { finishIndeterminate, journalOf, publishStep } from "./run_step.ts";
import type { World } from "./world.ts";

/**
 * Takes an interrupted run again, without another use of its ticket. A step that was started
 * and whose end nobody saw is recorded as `indeterminate` and run again.
 *
 * @throws {WritError} `run.busy`, `run.not_resumable`, `ticket.missing` when the plan changed
 */
export async function resume(
  proposal: Proposal,
  leave: Leave,
  options: RunOptions,
  world: World,
): Promise<ActiveRun> {
  const { ledger, state, sight } = world;
  const id = options.resume!;
  const record = await ledger.run(id);
  if (record === null) {
    throw new WritError("writ.fault", `Run ${id} has a leave and no record`);
  }
  const lock = await acquireRunLock(state.locks, id);
  try {
    const actor = { kind: "system", id: (await world.runner()).id } as const;
    const { unfinished } = await ledger.resume(id, actor);
    const { steps, only } = chooseSteps(proposal, record.only);
    const run: ActiveRun = {
      id,
      ticket: record.ticket,
      proposal,
      leave,
      actor,
      steps,
      only,
      ends: new Map(),
      attempts: new Map(),
      products: new Map(),
      [Symbol.dispose]: () => lock.release(),
    };
    const published = await replay(run, world);
    for (const step of unfinished) {
      await finishIndeterminate(step, run, world);
    }
    await sweepViews(state);
    for (const step of steps) {
      const journal = journalOf(id, step.id, world);
      const recovery = await recoverPublish(journal, sight.workspace);
      const done = run.ends.get(step.id)?.status === "ok";
      if (done && (!published.has(step.id) || recovery === "lost")) {
        await publishStep(step, run.products.get(step.id) ?? [], run, world);
      }
    }
    options.watch({ type: "admitted", run: id, ticket: record.ticket });
    return run;
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Takes over what the receipts say, and returns the steps that were published. */
async function replay(run: ActiveRun, world: World): Promise<Set<string>> {
  const published = new Set<string>();
  for await (const bytes of world.ledger.receipts(run.id)) {
    const receipt: Receipt = parseStored(bytes, ReceiptSchema, "a receipt");
    if (receipt.type === "step.started") {
      run.attempts.set(receipt.body.step, receipt.body.attempt);
    } else if (receipt.type === "step.finished") {
      const { step, status, reason, products } = receipt.body;
      if (status === "indeterminate") continue;
      run.ends.set(step, { status, reason });
      if (status === "ok") {
        run.products.set(step, await listed(products, world));
      }
    } else if (receipt.type === "step.published") {
      published.add(receipt.body.step);
    }
  }
  return published;
}

function listed(
  products: readonly Omit<Listed, "entries">[],
  world: World,
): Promise<Listed[]> {
  return Promise.all(products.map(async (product) => ({
    ...product,
    entries: await world.blobs.getTree(product.tree),
  })));
}
