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
import { WritError } from "../core/errors.ts";
import type { ActiveRun, Sealed } from "./active_run.ts";
import { type Judged, judgeRun } from "./judge_run.ts";
import type { RunOptions } from "./run.ts";
import type { World } from "./world.ts";

/** A sealed run. */
export interface SealedRun {
  envelope: Envelope;
  result: {
    outcome: RunOutcome;
    steps: { step: string; status: StepStatus; reason: string | null }[];
    products: { path: string; tree: Digest }[];
    /** The invariants that keep it from counting as succeeded, though its steps did. */
    poison: Judged["poison"];
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
  const { last, poison } = run.sealed === null
    ? await sealReceipts(run, options, world)
    : { last: run.sealed, poison: [] };
  const { outcome } = last.receipt.body;
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
  return { envelope, result: { outcome, steps, products, poison } };
}

/** Judges the run and appends its last receipt. */
async function sealReceipts(
  run: ActiveRun,
  options: RunOptions,
  world: World,
): Promise<{ last: Sealed; poison: Judged["poison"] }> {
  const steps = run.steps.map(({ id }) => ({
    step: id,
    status: run.ends.get(id)!.status,
  }));
  const reached = outcomeOf(
    steps.map(({ status }) => status),
    options.signal.aborted,
  );
  const { invariants, poison } = await judgeRun(run, reached, steps, world);
  const isPoisoned = reached === "ok" && poison.length > 0;
  const outcome = isPoisoned ? "failed" : reached;
  const { receipt, hash } = await world.ledger.append(
    run.id,
    "run.sealed",
    { outcome, steps, invariants },
    run.actor,
  );
  if (receipt.type !== "run.sealed") {
    throw new WritError("writ.fault", `Receipt ${receipt.seq} seals nothing`);
  }
  return { last: { receipt, hash }, poison: isPoisoned ? poison : [] };
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
