/**
 * The way: pipeline -> plan -> decision -> ticket -> run -> receipts -> seal -> bundle.
 *
 * @module
 */
import type { RunOutcome, StepStatus } from "../ledger/receipt.ts";
import { admit } from "./admit.ts";
import { exportBundle } from "./export_bundle.ts";
import { findLeave } from "./find_leave.ts";
import { finishSealed } from "./finish_sealed.ts";
import { hold } from "./hold.ts";
import { readySandbox } from "./ready_sandbox.ts";
import { makeReady } from "./make_ready.ts";
import { propose, type Wish } from "./propose.ts";
import { proposeAgain } from "./propose_again.ts";
import { resumable } from "./resumable.ts";
import { resume } from "./resume.ts";
import { runSteps } from "./run_steps.ts";
import type { Reason } from "../verify/report.ts";
import { sealRun } from "./seal_run.ts";
import type { World } from "./world.ts";

/** How a run shall go. */
export interface RunOptions {
  /** The bytes of a ticket file; `null`: the ledger's tickets. */
  ticket: Uint8Array | null;
  /** These steps, at least one, and what they need; `null`: all. */
  only: string[] | null;
  /** After a failure go on with what does not depend on it. */
  keepGoing: boolean;
  /** How many steps may run at one time. */
  jobs: number;
  /** Continue this run instead of admitting a new one; of one that is sealed the bundle is written again. */
  resume: string | null;
  /** Aborts the run: its steps are killed, the rest is skipped, and it is sealed as cancelled. */
  signal: AbortSignal;
  /** Told what happens, as it happens. */
  watch(event: RunEvent): void;
}

/** What {@linkcode RunOptions.watch} is told. */
export type RunEvent =
  | { type: "admitted"; run: string; ticket: string }
  | { type: "started"; step: string; attempt: number; backend: string }
  | {
    type: "output";
    step: string;
    stream: "stdout" | "stderr";
    chunk: Uint8Array;
  }
  | {
    type: "finished";
    step: string;
    status: StepStatus;
    reason: string | null;
    hint: string | null;
    wallMs: number | null;
  }
  | { type: "sealed"; run: string; outcome: RunOutcome }
  /** What a publishing has left where it is, absolute, and why. */
  | { type: "left"; path: string; why: string };

/** A run that ended. */
export interface RunResult {
  /** `run_` and a ULID. */
  run: string;
  /** `tkt_` and a ULID: the ticket whose use it took. */
  ticket: string;
  /** `ok` only where every chosen step was `ok` or `cached`. */
  outcome: RunOutcome;
  /** The chosen steps in plan order; `reason` is a sentence, `null` where there is nothing to explain. */
  steps: { step: string; status: StepStatus; reason: string | null }[];
  /** What its steps wrote, sorted by path; `tree` is the root digest. */
  products: { path: string; tree: string }[];
  /** Invariants that keep it from counting as succeeded, though its steps did; each with its reasons. */
  poison: { id: string; reasons: Reason[] }[];
  /** The folder of its bundle, absolute. */
  bundle: string;
}

/**
 * Executes what a ticket allows, once.
 *
 * The plan is made again from disk, so that what runs is what was approved; the ticket's use is
 * consumed in one commit with the admission, before any step starts.
 *
 * @throws {WritError} why it is refused; nothing was run then, or the hint names the run that
 * can be resumed. A step that failed is no error but an outcome.
 */
export async function execute(
  wish: Wish,
  options: RunOptions,
  world: World,
): Promise<RunResult> {
  await makeReady(world);
  const finished = await finishSealed(wish, options, world);
  if (finished !== null) return finished;
  await using sandbox = readySandbox(world.state.root);
  const proposal = options.resume === null
    ? await propose(wish, world.sight, world.blobs)
    : await proposeAgain(wish, options.resume, world);
  const leave = await findLeave(proposal, options, world);
  const holding = await hold(proposal, options, sandbox.ready, world);
  using run = options.resume === null
    ? await admit(proposal, leave, options, world)
    : await resume(proposal, leave, options, world);
  try {
    // Before anything runs: a copy of the state from before this use must be found out.
    await world.remember();
    await runSteps(run, holding, options, world);
    const seal = await sealRun(run, options, world);
    const bundle = await exportBundle(run, seal, world);
    for (const [path, why] of world.publishing.left) {
      options.watch({ type: "left", path, why });
    }
    return { run: run.id, ticket: run.ticket, ...seal.result, bundle };
  } catch (error) {
    throw resumable(error, run);
  }
}
