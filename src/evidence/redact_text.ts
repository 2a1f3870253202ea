/**
 * What is secret in one text.
 *
 * @module
 */
import { ASSIGNMENT_HINT, findAssignments } from "./redact_assignments.ts";
import { type FindSecrets, PRESET_HINT } from "./redact_preset.ts";
import { type Rule, RULES } from "./redact_rules.ts";
import type { Span } from "./redact_span.ts";

/** What stands in the place of what was taken out. */
export function mark(category: string): string {
  return `[${
    category.startsWith("secret:")
      ? category.replace(":", " ")
      : `redacted ${category}`
  }]`;
}

/** How what was taken out before begins. */
const MARK = /^\[(?:secret|redacted)(?: |$)/;

/** Where in a text something secret may stand. */
export class Hints {
  readonly #text: string;
  readonly #next: { pattern: RegExp; at: number }[];

  constructor(text: string) {
    this.#text = text;
    this.#next = HINTS.map((hint) => ({ pattern: new RegExp(hint), at: -1 }));
  }

  /** The first place at or behind `from`; the length of the text when there is none. */
  next(from: number): number {
    for (const each of this.#next) {
      if (each.at >= from) continue;
      each.pattern.lastIndex = from;
      each.at = each.pattern.exec(this.#text)?.index ?? this.#text.length;
    }
    return Math.min(...this.#next.map(({ at }) => at));
  }
}

const union = (rules: readonly Rule[]) =>
  [...new Set(rules.map(({ hint }) => hint))].join("|");

/** One for what is written in one way only, one for names, which are written in any case. */
const HINTS = [
  new RegExp(
    `${union(RULES.filter(({ anyCase }) => !anyCase))}|${PRESET_HINT}`,
    "g",
  ),
  new RegExp(
    `${union(RULES.filter(({ anyCase }) => anyCase))}|${ASSIGNMENT_HINT}`,
    "gim",
  ),
];

/** Finds what our own rules and `more` see in a text. */
export function findSecrets(
  text: string,
  more: readonly FindSecrets[],
): Span[] {
  if (new Hints(text).next(0) === text.length) return [];
  const spans: Span[] = [];
  for (const { category, pattern, accepts } of RULES) {
    for (const match of text.matchAll(pattern)) {
      const secret = match.groups?.secret ?? match[0];
      if (accepts !== undefined && !accepts(secret)) continue;
      const from = match.index + match[0].indexOf(secret);
      spans.push({ from, to: from + secret.length, category });
    }
  }
  spans.push(...findAssignments(text));
  for (const find of more) spans.push(...find(text));
  return spans.filter(({ from, to }) => !MARK.test(text.slice(from, to)));
}
