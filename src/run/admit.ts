/**
 * Admitting a run: a use of its ticket is consumed in one commit with its first receipt.
 *
 * @module
 */
import { sha256 } from "../core/digest.ts";
import { newRunId } from "../core/id.ts";
import { acquireRunLock } from "../evidence/run_lock.ts";
import { type ActiveRun, chooseSteps, requireWanted } from "./active_run.ts";
import { documentsOf } from "./documents.ts";
import type { Leave } from "./find_ticket.ts";
import { markOpen, unmarkOpen } from "./open_mark.ts";
import type { Proposal } from "./propose.ts";
import type { RunOptions } from "./run.ts";
import type { World } from "./world.ts";

/**
 * Admits a new run.
 *
 * @throws {WritError} `ticket.used`, `ticket.revoked`, … when another runner was faster
 */
export async function admit(
  proposal: Proposal,
  leave: Leave,
  options: RunOptions,
  world: World,
): Promise<ActiveRun> {
  requireWanted(options.signal);
  const { sight, ledger, state } = world;
  const id = newRunId(sight.now());
  const { ticket, payloadDigest } = leave.judged;
  const { steps, only } = chooseSteps(proposal, options.only);
  const actor = { kind: "system", id: (await world.runner()).id } as const;
  for (const entries of proposal.planned.trees.values()) {
    await world.blobs.putTree(entries);
  }
  await world.blobs.flush();
  const lock = await acquireRunLock(state.locks, id);
  try {
    await markOpen(id, sight.workspace);
    await ledger.admit({
      ticket,
      envelope: leave.envelope,
      payloadDigest,
      run: id,
      opened: {
        plan: proposal.plan.digest,
        decision: leave.decision.digest,
        pipeline: sha256(proposal.wish.bytes),
        only,
      },
      actor,
      steps: steps.map(({ id }) => id),
      documents: documentsOf({
        plan: proposal.plan,
        decision: leave.decision,
        policy: sight.policy.set,
        trust: sight.trust.file,
        pipeline: proposal.wish.bytes,
      }),
    });
  } catch (error) {
    try {
      await unmarkUnknown(id, world);
    } catch {
      // A mark that stays says no more than that a run was begun; why it was not admitted counts.
    } finally {
      lock.release();
    }
    throw error;
  }
  options.watch({ type: "admitted", run: id, ticket: ticket.id });
  return {
    id,
    ticket: ticket.id,
    proposal,
    leave,
    actor,
    steps,
    only,
    ends: new Map(),
    attempts: new Map(),
    products: new Map(),
    fetched: new Map(),
    sealed: null,
    [Symbol.dispose]: () => lock.release(),
  };
}

/** What was not heard may have been done: a run that the ledger has, or may have, keeps its mark. */
async function unmarkUnknown(
  run: string,
  { sight, ledger }: World,
): Promise<void> {
  const known = await ledger.run(run).catch(() => undefined);
  if (known === null) unmarkOpen(run, sight.workspace);
}
