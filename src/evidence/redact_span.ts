/**
 * Where in a text something secret stands.
 *
 * @module
 */

/** A part of a text; `to` is behind its last character. */
export interface Span {
  from: number;
  to: number;
  /** What it is: `github-token`, `assignment`, `secret:NAME`. */
  category: string;
}

/** Spans in order, those that overlap joined. What joined ones are called is told by the first given. */
export function joinSpans(spans: readonly Span[]): Span[] {
  const order = new Map(spans.map((span, i) => [span, i]));
  const sorted = spans.filter(({ from, to }) => to > from)
    .toSorted((a, b) => a.from - b.from);
  const joined: { span: Span; rank: number }[] = [];
  for (const span of sorted) {
    const rank = order.get(span)!;
    const last = joined.at(-1);
    if (last === undefined || span.from >= last.span.to) {
      joined.push({ span: { ...span }, rank });
      continue;
    }
    last.span.to = Math.max(last.span.to, span.to);
    if (rank < last.rank) {
      last.rank = rank;
      last.span.category = span.category;
    }
  }
  return joined.map(({ span }) => span);
}
