/**
 * A run that this process holds.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import type { Actor, Receipt, StepStatus } from "../ledger/receipt.ts";
import type { PlanStep } from "../plan/plan.ts";
import { ancestors } from "../pipeline/order.ts";
import { WritError } from "../core/errors.ts";
import { didYouMean } from "../core/nearest.ts";
import { quoted } from "../core/printable.ts";
import type { Listed } from "./attempt.ts";
import type { Leave } from "./find_ticket.ts";
import type { ListedCache } from "./step_caches.ts";
import type { Proposal } from "./propose.ts";

/** What became of a step. */
export interface StepEnd {
  status: StepStatus;
  reason: string | null;
}

/** A run that was admitted and is not sealed. */
export interface ActiveRun extends Disposable {
  id: string;
  /** The id of its ticket. */
  ticket: string;
  proposal: Proposal;
  leave: Leave;
  actor: Actor;
  /** The steps that shall run, in plan order. */
  steps: PlanStep[];
  /** The ids of `--only` with all that they need; `null`: all steps. */
  only: string[] | null;
  /** What became of steps before a resume, and afterwards of all. */
  ends: Map<string, StepEnd>;
  /** How many attempts each step has had. */
  attempts: Map<string, number>;
  /** What each finished step wrote, by step. */
  products: Map<string, Listed[]>;
  /** The cache that each finished step filled, by step. */
  fetched: Map<string, ListedCache>;
  /** The receipt that sealed it, where only what comes after that is missing. */
  sealed: Sealed | null;
}

/** The last receipt of a run. */
export interface Sealed {
  receipt: Extract<Receipt, { type: "run.sealed" }>;
  hash: Digest;
}

/**
 * Requires that nobody has cancelled the run; afterwards a cancelled run is sealed as such.
 *
 * @throws {WritError} `run.cancelled`
 */
export function requireWanted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new WritError(
    "run.cancelled",
    "Cannot go on: it was cancelled before anything was run",
  );
}

/**
 * The steps that `--only` names, with all that they need; `null`: all.
 *
 * @throws {WritError} `reference.unknown`; `usage.invalid` for an empty list
 */
export function chooseSteps(
  proposal: Proposal,
  only: string[] | null,
): { steps: PlanStep[]; only: string[] | null } {
  const all = proposal.plan.value.steps;
  if (only === null) return { steps: all, only: null };
  if (only.length === 0) {
    throw new WritError(
      "usage.invalid",
      `Cannot run no step of "${proposal.wish.file}"`,
      { hint: "name a step, or leave the choice out to run all" },
    );
  }
  const known = new Set(all.map(({ id }) => id));
  for (const id of only) {
    if (!known.has(id)) {
      throw new WritError(
        "reference.unknown",
        `Cannot run step ${
          quoted(id)
        }: "${proposal.wish.file}" has none of that name`,
        {
          hint: didYouMean(id, known) ??
            `Its steps are ${[...known].join(", ")}`,
        },
      );
    }
  }
  const chosen = new Set(only.flatMap((id) => [id, ...ancestors(all, id)]));
  const steps = all.filter(({ id }) => chosen.has(id));
  return { steps, only: steps.map(({ id }) => id) };
}
