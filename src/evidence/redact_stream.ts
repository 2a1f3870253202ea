/**
 * Redaction of one stream of bytes. How it was cut into pieces makes no difference.
 *
 * What comes is given back in blocks, a line most often: where a block ends is told by the text
 * alone. A line that is too long to wait for is looked at in overlapping windows.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { blockAt, lineEnd, WINDOW } from "./redact_blocks.ts";
import type { KnownSearch } from "./redact_known.ts";
import type { FindSecrets } from "./redact_preset.ts";
import { joinSpans, type Span } from "./redact_span.ts";
import { Hints, mark } from "./redact_text.ts";

/** What was taken out. */
export interface Redaction {
  /** `secret:NAME` of a known value, else what it looked like: `github-token`, `assignment`. */
  category: string;
  /** Where its mark stands in what was kept, bytes. */
  at: number;
  /** How many bytes were taken out. */
  length: number;
}

/** What was taken out of a stream. */
export interface RedactionReport {
  /** How many there were. */
  count: number;
  /** The first of them, at most {@linkcode MAX_REPORTED}. */
  first: Redaction[];
}

/** So many redactions of one stream are told one by one. */
export const MAX_REPORTED = 100;

/** Of each window so much is looked at again with the next; nothing that is looked for is longer. */
const OVERLAP = 16 * 1024;
/** So much of what was given back of a long line may still tell what comes next. */
const CONTEXT = 256;

/** One stream of bytes. */
export class RedactingStream {
  readonly #known: KnownSearch;
  readonly #find: FindSecrets | null;
  readonly #overlap: number;
  readonly #window: number;
  #waiting: Uint8Array[] = [];
  /** How many bytes wait. */
  #size = 0;
  /** Where in the stream they begin. */
  #base = 0;
  /** Known values that were not given out yet, by their places in the stream. */
  #spans: Span[] = [];
  /** The end of what was given back of the block to which the waiting bytes belong. */
  #context = "";
  #out: string[] = [];
  #given = 0;
  readonly #report: RedactionReport = { count: 0, first: [] };

  /** `find` is given Latin-1 with nothing but ASCII in it; `null`: only known values are looked for. */
  constructor(known: KnownSearch, find: FindSecrets | null) {
    this.#known = known;
    this.#find = find;
    this.#overlap = Math.max(OVERLAP, 2 * known.longest);
    this.#window = Math.max(WINDOW, 2 * this.#overlap);
  }

  /** What was taken out of what was given back so far. */
  get report(): RedactionReport {
    return this.#report;
  }

  /** Takes a piece, and gives back what can be told so far. */
  write(piece: Uint8Array): Uint8Array<ArrayBuffer> {
    this.#spans.push(...this.#known.take(piece));
    this.#waiting.push(piece.slice());
    this.#size += piece.length;
    return this.#give(this.#known.open - this.#base, false);
  }

  /** The rest, when nothing more comes. Where it was `cut` off, the beginning of a secret is one. */
  end(cut = false): Uint8Array<ArrayBuffer> {
    if (cut) this.#spans.push(...this.#known.begun());
    return this.#give(this.#size, true);
  }

  /** Gives back what can be told of the first `usable` of the waiting bytes. */
  #give(usable: number, isEnd: boolean): Uint8Array<ArrayBuffer> {
    const waiting = Buffer.concat(this.#waiting, this.#size);
    const joined = joinSpans(this.#spans);
    // A value that goes on behind what can be told waits whole.
    const until = this.#base + usable;
    const across = joined.find(({ from, to }) => from < until && to > until);
    if (across !== undefined) usable = across.from - this.#base;
    const text = this.#context + waiting.toString("latin1", 0, usable);
    const before = this.#context.length;
    const spans = joined.map(({ from, to, category }) => ({
      from: from - this.#base + before,
      to: to - this.#base + before,
      category,
    })).filter(({ from }) => from < text.length);
    const at = this.#find === null
      ? this.#giveKnown(text, before, spans)
      : this.#giveBlocks(text, before, spans, isEnd);
    const told = at - before;
    this.#base += told;
    this.#size -= told;
    this.#waiting = this.#size === 0 ? [] : [waiting.subarray(told)];
    this.#spans = this.#spans.filter(({ to }) => to > this.#base);
    return this.#flush();
  }

  /** Gives back all of `text` from `at` on. */
  #giveKnown(text: string, at: number, spans: readonly Span[]): number {
    this.#redact(text, at, text.length, spans);
    return text.length;
  }

  /** Gives back what blocks of `text` are whole, and returns where the first begins that is not. */
  #giveBlocks(
    text: string,
    at: number,
    spans: readonly Span[],
    isEnd: boolean,
  ): number {
    const hints = new Hints(text);
    const lastBreak = Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r")) +
      1;
    const whole = isEnd ? text.length : Math.max(at, lastBreak);
    while (at < text.length) {
      // Lines in which nothing can be are passed over.
      const lineFrom = at - this.#context.length;
      const first = Math.min(
        hints.next(lineFrom),
        spans.find(({ to }) => to > at)?.from ?? whole,
      );
      const next = first >= whole ? whole : Math.max(
        at,
        text.lastIndexOf("\n", first - 1) + 1,
        text.lastIndexOf("\r", first - 1) + 1,
      );
      if (next > at) {
        this.#put(text.slice(at, next));
        this.#context = "";
        at = next;
        continue;
      }
      const { end, window } = this.#block(text, lineFrom, at, spans);
      const isWhole = end !== null ||
        (isEnd && text.length - at <= window);
      if (isWhole) {
        const to = end ?? text.length;
        this.#redact(text, at, to, this.#spansOf(text, at, to, spans));
        this.#context = "";
        at = to;
      } else if (text.length - at >= window) {
        at = this.#giveWindow(text, at, at + window, spans);
      } else {
        return at;
      }
    }
    return at;
  }

  /** The block at `at`; one does not end within a known value. */
  #block(
    text: string,
    lineFrom: number,
    at: number,
    spans: readonly Span[],
  ): { end: number | null; window: number } {
    const block = blockAt(text, lineFrom, text.length);
    const window = Math.max(this.#window, block.window);
    let { end } = block;
    for (const { from, to } of spans) {
      if (end !== null && from < end && to > end) {
        end = lineEnd(text, to - 1, text.length);
      }
    }
    return { end: end !== null && end - at > window ? null : end, window };
  }

  /** Gives back the first part of a window, and returns where it ends. */
  #giveWindow(
    text: string,
    at: number,
    limit: number,
    known: readonly Span[],
  ): number {
    const spans = this.#spansOf(text, at, limit, known);
    const middle = limit - this.#overlap;
    const cut = spans.find(({ from, to }) => from < middle && to > middle)
      ?.to ?? middle;
    this.#redact(text, at, cut, spans.filter(({ to }) => to <= cut));
    this.#context = text.slice(Math.max(at, cut - CONTEXT), cut);
    return cut;
  }

  /** What is to be taken out of a part of the text, what was known before all else. */
  #spansOf(
    text: string,
    from: number,
    to: number,
    known: readonly Span[],
  ): Span[] {
    const start = from - this.#context.length;
    // What is not ASCII is no letter to any rule, and keeps its place.
    const plain = text.slice(start, to).replace(/[\x80-\xff]/g, "\ufffd");
    const found = this.#find!(plain).map((span) => ({
      category: span.category,
      from: Math.max(from, span.from + start),
      to: span.to + start,
    }));
    return joinSpans([
      ...known.filter((span) => span.to > from && span.from < to),
      ...found,
    ]);
  }

  #redact(
    text: string,
    at: number,
    to: number,
    spans: readonly Span[],
  ): void {
    for (const span of spans) {
      this.#put(text.slice(at, span.from));
      this.#report.count++;
      if (this.#report.first.length < MAX_REPORTED) {
        this.#report.first.push({
          category: span.category,
          at: this.#given,
          length: span.to - span.from,
        });
      }
      this.#put(mark(span.category));
      at = span.to;
    }
    this.#put(text.slice(at, to));
  }

  #put(text: string): void {
    if (text === "") return;
    this.#out.push(text);
    this.#given += text.length;
  }

  #flush(): Uint8Array<ArrayBuffer> {
    const text = this.#out.join("");
    this.#out = [];
    // A Buffer's slices are views of it, which nobody expects of bytes.
    return new Uint8Array(Buffer.from(text, "latin1"));
  }
}
