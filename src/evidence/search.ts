/**
 * Finds many texts at once in a stream (Aho and Corasick, 1975), in whatever pieces it comes.
 *
 * @module
 */

/** A node: how deep it lies, where to go on, and the longest text that ends there. */
interface Node {
  next: Map<number, Node>;
  /** Where to go on when no edge fits: the longest end of this that is a beginning. */
  fallback: Node | null;
  depth: number;
  /** Length of the longest text that ends here; 0 where none does. */
  found: number;
}

/** A place in the stream; `end` is the one behind. */
export interface Span {
  start: number;
  end: number;
}

/** Searches one stream. */
export class Search {
  readonly #root: Node;
  readonly #skipped: ReadonlySet<number>;
  #at: Node;
  #position = 0;
  /** Where the bytes that may still belong to a text stand, oldest first. */
  #places: number[] = [];

  /** `skipped`: bytes that may stand between those of a text. */
  constructor(texts: readonly Uint8Array[], skipped: readonly number[] = []) {
    this.#root = build(texts);
    this.#at = this.#root;
    this.#skipped = new Set(skipped);
  }

  /** Takes a piece, and gives what ends in it. */
  take(bytes: Uint8Array): Span[] {
    const spans: Span[] = [];
    for (const byte of bytes) {
      const place = this.#position++;
      if (this.#skipped.has(byte)) continue;
      this.#at = step(this.#at, byte, this.#root);
      if (this.#at.depth === 0) {
        this.#places = [];
        continue;
      }
      this.#places.push(place);
      if (this.#at.found > 0) {
        const start = this.#places.at(-this.#at.found)!;
        spans.push({ start, end: place + 1 });
      }
      if (this.#places.length > 2 * this.#at.depth + 64) {
        this.#places = this.#places.slice(-this.#at.depth);
      }
    }
    return spans;
  }

  /** Begins another stream. */
  reset(): void {
    this.#at = this.#root;
    this.#position = 0;
    this.#places = [];
  }

  /** From here on a text may have begun that has not ended. */
  get open(): number {
    const { depth } = this.#at;
    return depth === 0 ? this.#position : this.#places.at(-depth)!;
  }
}

function step(from: Node, byte: number, root: Node): Node {
  for (let at: Node | null = from; at !== null; at = at.fallback) {
    const next = at.next.get(byte);
    if (next !== undefined) return next;
  }
  return root;
}

function build(texts: readonly Uint8Array[]): Node {
  const root: Node = { next: new Map(), fallback: null, depth: 0, found: 0 };
  for (const text of texts) {
    let at = root;
    for (const byte of text) {
      let next = at.next.get(byte);
      if (next === undefined) {
        next = {
          next: new Map(),
          fallback: root,
          depth: at.depth + 1,
          found: 0,
        };
        at.next.set(byte, next);
      }
      at = next;
    }
    at.found = text.length;
  }
  // By depth, so that whatever a node falls back to is done before.
  const queue = [...root.next.values()];
  for (const node of queue) {
    for (const [byte, next] of node.next) {
      next.fallback = step(node.fallback ?? root, byte, root);
      next.found = Math.max(next.found, next.fallback.found);
      queue.push(next);
    }
  }
  return root;
}
