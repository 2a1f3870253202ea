/**
 * Keeps secrets out of what a step prints.
 *
 * @module
 */
import { Search, type Span } from "./search.ts";
import { secretForms } from "./secret_forms.ts";

/** What base64, xxd and od put between groups: white space and colons. */
export const BETWEEN: readonly number[] = [9, 10, 13, 32, 58];

/** The secrets of one step, by name. */
export type Secrets = ReadonlyMap<string, string>;

/** Puts `[secret NAME]` in the place of every form of a secret, across the borders of pieces. */
export class Mask {
  readonly #searches: { search: Search; label: Uint8Array }[];
  #held = new Uint8Array(0);
  /** Where in the stream the held bytes begin. */
  #base = 0;
  #spans: (Span & { label: Uint8Array })[] = [];

  /** A mask for one stream. */
  constructor(secrets: Secrets) {
    this.#searches = [...secrets].flatMap(([name, value]) => {
      const { plain, encoded } = secretForms(value);
      const label = new TextEncoder().encode(`[secret ${name}]`);
      return [
        { search: new Search(plain), label },
        { search: new Search(encoded, BETWEEN), label },
      ];
    });
  }

  /** Takes a piece, and gives what can be told so far: all that is not the beginning of a secret. */
  take(piece: Uint8Array): Uint8Array<ArrayBuffer> {
    for (const { search, label } of this.#searches) {
      for (const span of search.take(piece)) {
        this.#spans.push({ ...span, label });
      }
    }
    const joined = new Uint8Array(this.#held.length + piece.length);
    joined.set(this.#held);
    joined.set(piece, this.#held.length);
    this.#held = joined;
    return this.#tell(
      Math.min(
        this.#base + joined.length,
        ...this.#searches.map(({ search }) => search.open),
      ),
    );
  }

  /** The rest, when nothing more comes. Where it was `cut` off, the beginning of a secret is one. */
  end(cut = false): Uint8Array<ArrayBuffer> {
    const end = this.#base + this.#held.length;
    for (const { search, label } of this.#searches) {
      if (cut && search.open < end) {
        this.#spans.push({ start: search.open, end, label });
      }
    }
    return this.#tell(end);
  }

  /** Gives out all before `until`, but for a secret that goes on behind it. */
  #tell(until: number): Uint8Array<ArrayBuffer> {
    const parts: Uint8Array[] = [];
    let from = this.#base;
    const merged = merge(this.#spans);
    for (const span of merged) {
      if (span.end > until) {
        until = Math.min(until, span.start);
        break;
      }
      parts.push(this.#between(from, span.start), span.label);
      from = span.end;
    }
    if (until > from) {
      parts.push(this.#between(from, until));
      from = until;
    }
    this.#spans = merged.filter(({ start }) => start >= from);
    this.#held = this.#held.slice(from - this.#base);
    this.#base = from;
    return join(parts);
  }

  #between(start: number, end: number): Uint8Array {
    return this.#held.subarray(start - this.#base, end - this.#base);
  }
}

/** A whole text without its secrets. */
export function maskText(text: string, secrets: Secrets): string {
  if (secrets.size === 0) return text;
  const mask = new Mask(secrets);
  const parts = [mask.take(new TextEncoder().encode(text)), mask.end()];
  return parts.map((part) => new TextDecoder().decode(part)).join("");
}

/** Sorted; those that overlap are one. */
function merge<T extends Span>(spans: readonly T[]): T[] {
  const merged: T[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && span.start < last.end) {
      last.end = Math.max(last.end, span.end);
    } else merged.push({ ...span });
  }
  return merged;
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
