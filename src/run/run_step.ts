/**
 * One step of a run: its attempts, each between two receipts, and the publishing of what it wrote.
 *
 * Edge: files of the view and the workspace.
 *
 * @module
 */
import { join } from "@std/path/join";
import type { BlobStore } from "../evidence/blobs.ts";
import {
  type ReceiptBodies,
  type TreeRef,
  unseenEnd,
} from "../ledger/receipt.ts";
import type { Material, PlanStep } from "../plan/plan.ts";
import { EXIT, isWritError, WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import type { ActiveRun, StepEnd } from "./active_run.ts";
import {
  type AttemptInput,
  type AttemptResult,
  attemptStep,
  type Listed,
} from "./attempt.ts";
import { isApproved } from "./find_approval.ts";
import type { Holding } from "./hold.ts";
import { removeTree } from "../evidence/remove_tree.ts";
import type { RunOptions } from "./run.ts";
import { requirePublishable } from "./publish_paths.ts";
import { cacheRef, cachesOf } from "./step_caches.ts";
import { subtree } from "./subtree.ts";
import { unreviewedWrites } from "./unreviewed_writes.ts";
import { wishWords } from "./wish_words.ts";
import type { World } from "./world.ts";

/**
 * Runs a step until it succeeds or its retries are used up. It gets ready at once; nothing is written
 * down of it, and nothing of it runs, before its turn.
 */
export async function runStep(
  step: PlanStep,
  turn: Promise<void>,
  run: ActiveRun,
  holding: Holding,
  options: RunOptions,
  world: World,
): Promise<StepEnd> {
  const before = run.attempts.get(step.id) ?? 0;
  for (let attempt = before + 1;; attempt++) {
    const { result, durable } = await oneAttempt(
      step,
      attempt,
      turn,
      run,
      holding,
      options,
      world,
    );
    const retry = result.status === "failed" &&
      attempt - before <= step.retries &&
      !options.signal.aborted;
    const tell = () =>
      options.watch({
        type: "finished",
        step: step.id,
        status: result.status,
        reason: retry && result.reason !== null
          ? `${result.reason}; tried again`
          : result.reason,
        hint: result.hint,
        wallMs: result.usage?.wallMs ?? null,
      });
    // An end is told when it is durable; one that cannot be written is told by the next receipt.
    void durable.then(tell, () => {});
    if (!retry) return { status: result.status, reason: result.reason };
  }
}

async function oneAttempt(
  step: PlanStep,
  attempt: number,
  turn: Promise<void>,
  run: ActiveRun,
  holding: Holding,
  options: RunOptions,
  world: World,
): Promise<{ result: AttemptResult; durable: Promise<unknown> }> {
  const views = join(world.state.views, run.id);
  const folder = join(views, `${step.id}-${attempt}`);
  const materials = materialsOf(step, run, world.blobs);
  const fetched = await cachesOf(step, run.fetched, world.blobs);
  let started = false;
  let reusable = false;
  try {
    Deno.mkdirSync(views, { recursive: true, mode: 0o700 });
    const result = await attemptStep(
      {
        step,
        materials,
        fetched,
        located: run.proposal.planned.located.get(step.id)!,
        hidden: run.proposal.planned.hints.get(step.id) ?? null,
        folder,
        signal: options.signal,
        show: (stream, chunk) =>
          options.watch({ type: "output", step: step.id, stream, chunk }),
        started: async (start) => {
          await turn;
          await recordStart(step, attempt, start, run, world);
          started = true;
          options.watch({
            type: "started",
            step: step.id,
            attempt,
            backend: start.backend.name,
          });
        },
      },
      holding,
      world,
    ).catch(async (error) => {
      await turn;
      return refused(error, started || attempt === 1, options.signal.aborted);
    });
    reusable = result.reusable;
    const judged = judgeReview(step, materials, judgePaths(result), run);
    await world.blobs.flush();
    const end: ReceiptBodies["step.finished"] = {
      step: step.id,
      attempt: started ? attempt : 0,
      status: judged.status,
      reason: judged.reason,
      exit: judged.exit,
      signal: judged.signal,
      limits: judged.limits,
      materials: materials.map(withoutEntries),
      products: judged.products.map(withoutEntries),
      fetch: judged.fetch === null ? null : cacheRef(judged.fetch),
      fetched: fetched.map(cacheRef),
      evidence: judged.evidence,
      usage: judged.usage,
      notEnforced: judged.notEnforced,
    };
    const { durable } = await world.ledger.appendSoon(
      run.id,
      "step.finished",
      end,
      run.actor,
    );
    // What changes nothing outside may become durable together with the next start.
    const changes = end.products.length > 0 || end.fetch !== null;
    if (changes) await world.ledger.settle(run.id);
    if (judged.status === "ok") {
      if (judged.fetch !== null) run.fetched.set(step.id, judged.fetch);
      await publishStep(step, judged.products, run, world);
    }
    return { result: judged, durable };
  } finally {
    await (reusable ? holding.stages.keep(folder) : removeTree(folder));
  }
}

async function recordStart(
  step: PlanStep,
  attempt: number,
  { backend, host, program, argv }: Parameters<AttemptInput["started"]>[0],
  run: ActiveRun,
  world: World,
): Promise<void> {
  const { name, version, abi, path, mechanisms } = backend;
  run.attempts.set(step.id, attempt);
  await world.ledger.append(run.id, "step.started", {
    step: step.id,
    attempt,
    backend: { name, version, abi, path, mechanisms },
    host: { ...host },
    program,
    argv,
  }, run.actor);
}

/** Faults of what the run itself stands on: they are no end of a step. */
const OF_THE_RUN = /^(ledger|store|run)\./;

/** What could not be held or given to the step ends it, not the run. */
function refused(
  error: unknown,
  mayEnd: boolean,
  cancelled: boolean,
): AttemptResult {
  // Without a start only the first attempt can end: later ones follow one that failed.
  if (
    !isWritError(error) || error.exit !== EXIT.refused || !mayEnd ||
    OF_THE_RUN.test(error.code)
  ) throw error;
  return {
    status: "refused",
    reason: cancelled ? "the run was cancelled" : error.message,
    hint: cancelled ? null : error.hint ?? null,
    exit: null,
    signal: null,
    limits: [],
    products: [],
    fetch: null,
    evidence: [],
    usage: null,
    reusable: false,
    notEnforced: [],
  };
}

/** What may lie nowhere in a workspace ends the step that made it. */
function judgePaths(result: AttemptResult): AttemptResult {
  try {
    requirePublishable(result.products);
    return result;
  } catch (error) {
    if (!isWritError(error, "publish.unsafe")) throw error;
    return turnedDown(result, error.message, error.hint ?? null);
  }
}

/** What was allowed unattended must not write what a reviewer would have had to see. */
function judgeReview(
  step: PlanStep,
  materials: Listed[],
  result: AttemptResult,
  { leave, proposal }: ActiveRun,
): AttemptResult {
  if (result.products.length === 0) return result;
  const { outcome } = leave.decision.value.outcomes
    .find((one) => one.step === step.id)!;
  const isReviewed = outcome !== "allow" || isApproved(leave);
  const unreviewed = isReviewed
    ? []
    : unreviewedWrites(step, materials, result.products);
  if (unreviewed.length === 0) return result;
  const paths = unreviewed.slice(0, 3).map((path) => quoted(path)).join(", ");
  return turnedDown(
    result,
    `it wrote ${paths}, which other tools execute; nobody reviewed that`,
    `deno task approve ${
      wishWords(proposal.wish)
    }: what a person approved may write it`,
  );
}

/** The result of a step that ended well, and of which nothing may leave it. */
function turnedDown(
  result: AttemptResult,
  reason: string,
  hint: string | null,
): AttemptResult {
  return {
    ...result,
    status: "failed",
    reason,
    hint,
    products: [],
    fetch: null,
  };
}

/** Publishes what a step wrote and says so, unless that has been said. */
export async function publishStep(
  step: PlanStep,
  products: Listed[],
  run: ActiveRun,
  world: World,
  said = false,
): Promise<void> {
  run.products.set(step.id, products);
  if (products.length === 0) return;
  await world.publishing.publish(
    run.id,
    step.id,
    products.map(({ path, entries }) => ({ path, entries })),
    world.blobs,
    {
      unseen: [...step.permissions.deny, ...step.scratch],
      given: materialsOf(step, run, world.blobs),
    },
  );
  if (said) return;
  await world.ledger.append(run.id, "step.published", {
    step: step.id,
    products: products.map(withoutEntries),
  }, run.actor);
}

/** The step's materials with their listings: from the plan, or as an earlier step wrote them. */
function materialsOf(
  step: PlanStep,
  run: ActiveRun,
  blobs: BlobStore,
): Listed[] {
  return step.materials.map((material) => {
    if ("from" in material) return productOf(material, run, blobs);
    const entries = run.proposal.planned.trees.get(material.tree);
    if (entries === undefined) {
      throw new WritError("writ.fault", `No listing of tree ${material.tree}`);
    }
    return { ...material, entries };
  });
}

function productOf(
  { path, from }: Extract<Material, { from: string }>,
  run: ActiveRun,
  blobs: BlobStore,
): Listed {
  for (const product of run.products.get(from) ?? []) {
    const found = subtree(product, path, (digest) => blobs.size(digest));
    if (found !== null) return found;
  }
  throw new WritError(
    "plan.material_missing",
    `Cannot give "${path}" to the step: "${from}" did not write it`,
  );
}

function withoutEntries({ path, tree, files, bytes }: Listed): TreeRef {
  return { path, tree, files, bytes };
}

/** Records that nobody saw how the last attempt of a step ended. */
export async function finishIndeterminate(
  step: string,
  run: ActiveRun,
  world: World,
): Promise<void> {
  const end = unseenEnd(
    step,
    run.attempts.get(step)!,
    "indeterminate",
    "the runner ended before the step did",
  );
  await world.ledger.append(run.id, "step.finished", end, run.actor);
}
