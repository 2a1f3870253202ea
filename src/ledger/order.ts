/**
 * The legal order of a run's receipts, as data.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import type { Receipt, ReceiptType, StepStatus } from "./receipt.ts";

/** Where a run stands: before its first receipt, between first and last, after the seal. */
export type RunPhase = "new" | "open" | "sealed";

/** What may follow in each phase of a run, and the phase that it leads to. */
export const RUN_ORDER: Readonly<
  Record<RunPhase, Partial<Record<ReceiptType, RunPhase>>>
> = {
  new: { "run.opened": "open" },
  open: {
    "run.resumed": "open",
    "step.started": "open",
    "step.finished": "open",
    "step.published": "open",
    "run.sealed": "sealed",
  },
  sealed: {},
};

/**
 * Where a step stands. `running`: an attempt was started; `lost`: it was started by a runner
 * that is gone, since the run was resumed; `again`: settled without success before a resume.
 */
export type StepPhase =
  | "idle"
  | "running"
  | "lost"
  | "again"
  | "published"
  | StepStatus;

/** What moves a step on. */
export type StepEvent =
  | "resumed"
  | "started"
  | "published"
  | `finished ${StepStatus}`;

const FINISHED = {
  ok: "finished ok",
  failed: "finished failed",
  refused: "finished refused",
  skipped: "finished skipped",
  cached: "finished cached",
  indeterminate: "finished indeterminate",
} as const satisfies Record<StepStatus, StepEvent>;

/** Settles a step that was never launched. */
const UNLAUNCHED = {
  "finished skipped": "skipped",
  "finished refused": "refused",
  "finished cached": "cached",
} as const;

/** What may follow in each phase of a step, and the phase that it leads to. */
export const STEP_ORDER: Readonly<
  Record<StepPhase, Partial<Record<StepEvent, StepPhase>>>
> = {
  idle: { started: "running", resumed: "idle", ...UNLAUNCHED },
  running: {
    "finished ok": "ok",
    "finished failed": "failed",
    "finished refused": "refused",
    "finished indeterminate": "indeterminate",
    resumed: "lost",
  },
  // Nobody saw how it ended: no result may be claimed for it.
  lost: { "finished indeterminate": "indeterminate", resumed: "lost" },
  failed: { started: "running", resumed: "again" },
  indeterminate: { started: "running", resumed: "again" },
  skipped: { resumed: "again" },
  refused: { resumed: "again" },
  again: { started: "running", resumed: "again", ...UNLAUNCHED },
  ok: { published: "published", resumed: "ok" },
  cached: { published: "published", resumed: "cached" },
  published: { resumed: "published" },
};

interface StepPlace {
  phase: StepPhase;
  /** The last attempt that was started; 0 before the first. */
  attempt: number;
}

/** Walks a run's receipts along {@linkcode RUN_ORDER} and {@linkcode STEP_ORDER}. */
export class OrderGuard {
  #phase: RunPhase = "new";
  readonly #steps = new Map<string, StepPlace>();

  /** Where the run stands. */
  get phase(): RunPhase {
    return this.#phase;
  }

  /** The steps with an attempt that was started and not finished. */
  unfinished(): string[] {
    return [...this.#steps]
      .filter(([, { phase }]) => phase === "running" || phase === "lost")
      .map(([step]) => step);
  }

  /**
   * Takes the next receipt. One that is refused leaves the guard as it was.
   *
   * @throws {WritError} `receipt.illegal`
   */
  accept(receipt: Receipt): void {
    const phase = RUN_ORDER[this.#phase][receipt.type];
    if (phase === undefined) {
      throw illegal(receipt, `the run is ${WORDS[this.#phase]}`);
    }
    switch (receipt.type) {
      case "run.resumed":
        for (const place of this.#steps.values()) {
          place.phase = STEP_ORDER[place.phase].resumed ?? place.phase;
        }
        break;
      case "run.sealed": {
        const open = this.unfinished();
        if (open.length > 0) {
          throw illegal(receipt, `step "${open[0]}" is not finished`);
        }
        break;
      }
      case "step.started":
        this.#move(receipt, receipt.body.step, "started", receipt.body.attempt);
        break;
      case "step.finished":
        this.#move(
          receipt,
          receipt.body.step,
          FINISHED[receipt.body.status],
          receipt.body.attempt,
        );
        break;
      case "step.published":
        this.#move(receipt, receipt.body.step, "published", null);
        break;
    }
    this.#phase = phase;
  }

  #move(
    receipt: Receipt,
    step: string,
    event: StepEvent,
    attempt: number | null,
  ): void {
    const before = this.#steps.get(step) ?? { phase: "idle", attempt: 0 };
    const phase = STEP_ORDER[before.phase][event];
    if (phase === undefined) {
      throw illegal(
        receipt,
        `step "${step}" is ${before.phase}, "${event}" may not follow`,
      );
    }
    const wanted = event === "started"
      ? before.attempt + 1
      : before.phase === "running" || before.phase === "lost"
      ? before.attempt
      : 0;
    if (attempt !== null && attempt !== wanted) {
      throw illegal(
        receipt,
        `step "${step}" has attempt ${attempt}, ${wanted} was expected`,
      );
    }
    this.#steps.set(step, {
      phase,
      attempt: event === "started" ? wanted : before.attempt,
    });
  }
}

const WORDS: Record<RunPhase, string> = {
  new: 'not opened, "run.opened" comes first',
  open: "open already",
  sealed: "sealed, nothing may follow",
};

function illegal(receipt: Receipt, why: string): WritError {
  return new WritError(
    "receipt.illegal",
    `Cannot accept receipt ${receipt.seq} "${receipt.type}" of run "${receipt.run}": ${why}`,
  );
}
