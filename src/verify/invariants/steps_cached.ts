/**
 * `steps.cached`: a result that was taken from the cache was made by a run whose seal is in the bundle.
 *
 * @module
 */
import { CACHED_FOLDER } from "../../bundle/names.ts";
import type { BundleParts, Maker } from "../../bundle/parse_bundle.ts";
import { canonicalText } from "../../core/canonical_json.ts";
import { isWritError } from "../../core/errors.ts";
import { OrderGuard } from "../../ledger/order.ts";
import type { TreeRef } from "../../ledger/receipt.ts";
import { planDigest, type PlanStep, stepDigest } from "../../plan/plan.ts";
import { Findings, type Invariant, type VerifyOptions } from "../invariant.ts";
import { stepsOf } from "../step_invariant.ts";
import {
  type Event,
  eventsOf,
  finalOf,
  receiptPointer,
  stepRuns,
} from "../step_runs.ts";
import { checkSigners, sealedAt } from "./seal_signature.ts";

/** For each cached step there is a sealed run in which a step of the same digest, from the same materials, made the same products. */
export const stepsCached: Invariant = {
  id: "steps.cached",
  title: "Each cached result was made by a sealed run",
  beforeSeal: false,
  async check(parts, options) {
    const found = new Findings();
    const steps = stepsOf(parts, found);
    if (steps === undefined) return found;
    const { plan, runs } = steps;
    const sound = await soundMakers(parts, options);
    const needed = new Set<Maker>();
    for (const step of plan.steps) {
      const final = finalOf(runs.get(step.id));
      if (final?.body.status !== "cached") continue;
      const maker = sound.find((each) => madeBy(each, step, final));
      if (maker !== undefined) needed.add(maker);
      else {
        found.unknown(
          "cached.unproven",
          `The step "${step.id}" was taken from the cache, and no sealed run in the bundle made it`,
          receiptPointer(final.seq),
        );
      }
    }
    for (const maker of parts.makers.filter((each) => !needed.has(each))) {
      found.fail(
        "bundle.file_unvouched",
        `Nothing in this run is proved by the run "${maker.run}" beside it`,
        `${CACHED_FOLDER}${maker.run}`,
      );
    }
    return found;
  },
};

/** The makers whose receipts are a whole, sealed chain by a runner whom the reader trusts. */
async function soundMakers(
  { makers }: BundleParts,
  { trust, now }: VerifyOptions,
): Promise<Maker[]> {
  const sound: Maker[] = [];
  for (const maker of makers) {
    const { plan, receipts, seal } = maker;
    if (plan.faults || receipts.faults || seal.faults) continue;
    const { payload } = seal.value;
    const chained = receipts.value.every(({ value }, i) =>
      value.seq === i && value.run === maker.run &&
      value.prev === (receipts.value[i - 1]?.hash ?? null)
    );
    const ends = payload.run === maker.run &&
      payload.count === receipts.value.length &&
      payload.head === receipts.value.at(-1)?.hash;
    const opened = eventsOf(receipts.value, "run.opened")[0]?.body.plan;
    if (
      !chained || !ends || opened !== planDigest(plan.value) ||
      !isLegal(maker)
    ) continue;
    const said = new Findings();
    const at = sealedAt(receipts.value);
    await checkSigners(seal.value, trust, at, now, CACHED_FOLDER, said);
    if (said.verdict === "PASS") sound.push(maker);
  }
  return sound;
}

function isLegal({ receipts }: Maker): boolean {
  const guard = new OrderGuard();
  try {
    for (const { value } of receipts.value ?? []) guard.accept(value);
  } catch (error) {
    if (!isWritError(error, "receipt.illegal")) throw error;
    return false;
  }
  return guard.phase === "sealed";
}

function madeBy(
  maker: Maker,
  step: PlanStep,
  cached: Event<"step.finished">,
): boolean {
  const plan = maker.plan.value!;
  const runs = stepRuns(maker.receipts.value!);
  return plan.steps.some((other) => {
    const made = finalOf(runs.get(other.id))?.body;
    return other.digest === step.digest &&
      stepDigest(other, plan.toolchain) === step.digest &&
      made?.status === "ok" &&
      sameTrees(made.materials, cached.body.materials) &&
      sameTrees(made.products, cached.body.products) &&
      canonicalText([made.fetch, made.fetched]) ===
        canonicalText([cached.body.fetch, cached.body.fetched]);
  });
}

function sameTrees(a: readonly TreeRef[], b: readonly TreeRef[]): boolean {
  return a.length === b.length &&
    a.every(({ path, tree }, i) => b[i].path === path && b[i].tree === tree);
}
