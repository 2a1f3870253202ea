/**
 * Known secret values in a stream, in every form in which programs print them.
 *
 * @module
 */
import type { Span } from "./redact_span.ts";
import { Search } from "./search.ts";
import { secretForms } from "./secret_forms.ts";

/** What base64, xxd and od put between groups: white space and colons. */
export const BETWEEN: readonly number[] = [9, 10, 13, 32, 58];

/** The secrets of one step, by name. */
export type Secrets = ReadonlyMap<string, string>;

/** Looks for known values in one stream; places are of the stream. */
export class KnownSearch {
  readonly #searches: { search: Search; category: string }[];
  /** The length of the longest form, bytes. */
  readonly longest: number;
  #taken = 0;

  constructor(secrets: Secrets) {
    const forms = [...secrets].map(([name, value]) => ({
      category: `secret:${name}`,
      ...secretForms(value),
    }));
    this.#searches = forms.flatMap(({ category, plain, encoded }) => [
      { search: new Search(plain), category },
      { search: new Search(encoded, BETWEEN), category },
    ]);
    this.longest = Math.max(
      0,
      ...forms.flatMap(({ plain, encoded }) =>
        [...plain, ...encoded].map(({ length }) => length)
      ),
    );
  }

  /** Takes a piece, and gives the forms that end in it. */
  take(piece: Uint8Array): Span[] {
    this.#taken += piece.length;
    return this.#searches.flatMap(({ search, category }) =>
      search.take(piece).map(({ start, end }) => ({
        from: start,
        to: end,
        category,
      }))
    );
  }

  /** From here on a form may have begun that has not ended. */
  get open(): number {
    return Math.min(
      this.#taken,
      ...this.#searches.map(({ search }) => search.open),
    );
  }

  /** The forms of which the end of what was taken is a beginning. */
  begun(): Span[] {
    return this.#searches.flatMap(({ search, category }) =>
      search.open < this.#taken
        ? [{ from: search.open, to: this.#taken, category }]
        : []
    );
  }
}
