/**
 * Ctrl-C and its like.
 *
 * `deno task` delivers one Ctrl-C twice within a millisecond: within half a second it is one.
 * The first lets a command end in order, where it can; the next ends the process at once.
 *
 * Edge: listens to signals, asks the clock.
 * @module
 */
import { EXIT, type ExitStatus } from "../core/errors.ts";

/** What {@linkcode watchInterrupts} needs. */
export interface InterruptOptions {
  /** The command ends in order; else the first signal ends the process. */
  endsInOrder: boolean;
  /** Called at the first signal, before the abort. */
  onFirst(): void;
  /** Ends the process: `main` owns that. */
  exit(status: ExitStatus): void;
  /** Milliseconds of a clock that never jumps. */
  now?: () => number;
}

/** What one signal does. Kept apart from the signals themselves. */
export class Interrupts {
  readonly #options: Required<InterruptOptions>;
  readonly #controller = new AbortController();
  #last: number | null = null;

  constructor(options: InterruptOptions) {
    this.#options = {
      now: () => performance.now(),
      ...options,
    };
  }

  /** Aborted at the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** A signal has come. */
  readonly arrive = (): void => {
    const now = this.#options.now();
    const same = this.#last !== null && now - this.#last < SAME_MS;
    if (same) return;
    const first = this.#last === null;
    this.#last = now;
    if (!first || !this.#options.endsInOrder) {
      this.#options.exit(EXIT.cancelled);
    }
    if (!first) return;
    this.#options.onFirst();
    this.#controller.abort();
  };
}

const SAME_MS = 500;

/** Listens to Ctrl-C, a hang-up and a request to end. */
export function watchInterrupts(options: InterruptOptions): Interrupts {
  const interrupts = new Interrupts(options);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, interrupts.arrive);
  }
  return interrupts;
}
