/**
 * Faults of one file, gathered so that all can be shown at once.
 *
 * @module
 */
import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";
import {
  type ErrorCode,
  type Fault,
  type Place,
  WritError,
} from "../core/errors.ts";
import { quoted } from "../core/printable.ts";

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

/**
 * The word that was probably meant: the closest one, when no more than a third of it is wrong
 * (two letters are let pass in short ones: swapping neighbours counts as two).
 */
export function nearest(
  word: string,
  words: Iterable<string>,
): string | undefined {
  if (word.length > 128) return undefined;
  const bound = Math.min(
    Math.max(word.length > 3 ? 2 : 1, Math.floor(word.length / 3)),
    word.length - 1,
  );
  const near = [...words].filter((known) =>
    known !== word &&
    Math.abs(known.length - word.length) <= bound
  );
  if (near.length === 0) return undefined;
  const closest = closestString(word, near);
  return levenshteinDistance(word.toLowerCase(), closest.toLowerCase()) <= bound
    ? closest
    : undefined;
}

/** `Did you mean "x"?`, where there is such an x. */
export function didYouMean(
  word: string,
  words: Iterable<string>,
): string | undefined {
  const meant = nearest(word, words);
  return meant === undefined ? undefined : `Did you mean ${quoted(meant)}?`;
}
