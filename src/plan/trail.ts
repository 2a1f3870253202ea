/**
 * The way from a word of a command line to a program, for the sentence that says where it ended.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import type { Seeker } from "./located.ts";
import { separateWords } from "./separate_words.ts";

/** The names that were passed on the way to a program. */
export class Trail {
  readonly step: Seeker;
  readonly #way: readonly string[];

  constructor(step: Seeker, ...way: string[]) {
    this.step = step;
    this.#way = way;
  }

  get depth(): number {
    return this.#way.length;
  }

  get last(): string {
    return this.#way[this.#way.length - 1];
  }

  /** What to do where the step names a whole command line in the place of a program. */
  get unsplit(): string | undefined {
    return this.depth === 1 ? separateWords(this.last) : undefined;
  }

  to(next: string): Trail {
    return next === this.last ? this : new Trail(this.step, ...this.#way, next);
  }

  missing(what: string, hint?: string): WritError {
    return new WritError(
      "plan.executable_missing",
      `Step ${quoted(this.step.id)} cannot start ${
        this.#way.map((each) => quoted(each)).join(" -> ")
      }: ${what}`,
      { hint },
    );
  }

  undeclared(path: string): WritError {
    return new WritError(
      "plan.undeclared_word",
      `Step ${quoted(this.step.id)} starts ${
        this.#way.map((each) => quoted(each)).join(" -> ")
      }, but ${quoted(path)} is not in permissions.read`,
      { hint: `Add ${quoted(path)} to permissions.read` },
    );
  }
}
