/**
 * Faults of one file, gathered so that all can be shown at once.
 *
 * @module
 */
import {
  type ErrorCode,
  type Fault,
  type Place,
  WritError,
} from "../core/errors.ts";

/** How many faults are listed; how many more there are is said in a last one. */
export const MAX_FAULTS = 200;

/** Gathers faults in any order; hints are worked out only for those that are listed. */
export class FaultList {
  readonly #found: {
    place: Place;
    message: string;
    hint?: string | (() => string | undefined);
  }[] = [];

  readonly #known = new Set<string>();

  get size(): number {
    return this.#found.length;
  }

  /** Adds a fault; the same one at the same place counts once. */
  add(
    place: Place,
    message: string,
    hint?: string | (() => string | undefined),
  ): void {
    const known = `${place.line}:${place.column}:${message}`;
    if (this.#known.has(known)) return;
    this.#known.add(known);
    this.#found.push({ place, message, hint });
  }

  /** All of it as one error. A single fault stands in its sentence too. */
  error(code: ErrorCode, sentence: string): WritError {
    const faults = this.list();
    const what = this.size === 1 ? faults[0].message : `${this.size} faults`;
    return new WritError(code, `${sentence}: ${what}`, {
      faults,
      place: faults[0].place,
    });
  }

  /** The faults in the order of the file, at most {@linkcode MAX_FAULTS} and one that counts the rest. */
  list(): Fault[] {
    const sorted = this.#found.toSorted((a, b) =>
      (a.place.line ?? 0) - (b.place.line ?? 0) ||
      (a.place.column ?? 0) - (b.place.column ?? 0)
    );
    const faults = sorted.slice(0, MAX_FAULTS).map((fault): Fault => {
      const hint = typeof fault.hint === "function" ? fault.hint() : fault.hint;
      return {
        place: fault.place,
        message: fault.message,
        ...(hint === undefined ? {} : { hint }),
      };
    });
    const more = sorted.length - faults.length;
    if (more > 0) {
      faults.push({
        place: { file: sorted[0].place.file },
        message: `${more} more ${
          more === 1 ? "fault is" : "faults are"
        } not listed`,
      });
    }
    return faults;
  }
}
