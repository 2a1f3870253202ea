/**
 * Sealing: the last receipt of a run, the runner's signature over its end, the ledger's entry.
 *
 * @module
 */
import { canonicalBytes } from "../core/canonical_json.ts";
import { type Digest, sha256 } from "../core/digest.ts";
import { type Envelope, signEnvelope } from "../core/dsse.ts";
import type { RunOutcome, StepStatus } from "../ledger/receipt.ts";
import { type Seal, SEAL_TYPE } from "../ledger/seal.ts";
import type { ActiveRun } from "./active_run.ts";
import type { RunOptions } from "./run.ts";
import type { World } from "./world.ts";

/** A sealed run. */
export interface SealedRun {
  envelope: Envelope;
  result: {
    outcome: RunOutcome;
    steps: { step: string; status: StepStatus; reason: string | null }[];
    products: { path: string; tree: Digest }[];
  };
}

/** Seals a run whose chosen steps have all ended, or closes one that is sealed. */
export async function sealRun(
  run: ActiveRun,
  options: RunOptions,
  world: World,
): Promise<SealedRun> {
  const { ledger } = world;
  const steps = run.steps.map(({ id }) => ({
    step: id,
    status: run.ends.get(id)!.status,
    reason: run.ends.get(id)!.reason,
  }));
  const outcome = run.sealed?.receipt.body.outcome ?? outcomeOf(
    steps.map(({ status }) => status),
    options.signal.aborted,
  );
  const last = run.sealed ?? await ledger.append(run.id, "run.sealed", {
    outcome,
    steps: steps.map(({ step, status }) => ({ step, status })),
    invariants: [],
  }, run.actor);
  const products = [...run.products.values()].flat()
    .map(({ path, tree }) => ({ path, tree }))
    .sort((a, b) => a.path < b.path ? -1 : 1);
  const seal: Seal = {
    v: 1,
    ledger: ledger.id,
    run: run.id,
    ticket: run.ticket,
    outcome,
    head: last.hash,
    count: last.receipt.seq + 1,
    products,
  };
  const payload = canonicalBytes(seal);
  const envelope = await signEnvelope(SEAL_TYPE, payload, [
    await world.runner(),
  ]);
  await ledger.closeRun(run.id, envelope, sha256(payload), outcome);
  options.watch({ type: "sealed", run: run.id, outcome });
  return { envelope, result: { outcome, steps, products } };
}

/** What a run comes to: `ok` only when every chosen step was. */
export function outcomeOf(
  statuses: readonly StepStatus[],
  cancelled: boolean,
): RunOutcome {
  if (statuses.every((status) => status === "ok" || status === "cached")) {
    return "ok";
  }
  if (cancelled) return "cancelled";
  return statuses.includes("indeterminate") ? "indeterminate" : "failed";
}
