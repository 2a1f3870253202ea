/**
 * Attacks by the thousand: each is said to be caught by an invariant for a reason, as data, and
 * what was caught by what is counted.
 *
 * @module
 */
import { assert } from "@std/assert";
import type { Bundle } from "../src/bundle/bundle.ts";
import type { VerifyOptions } from "../src/verify/invariant.ts";
import type { ReasonCode, Report } from "../src/verify/report.ts";
import { verifyBundle } from "../src/verify/verify.ts";

/** How many attacks each test file makes at least: 100,000 together. */
export const SHARES = {
  flips: 41_000,
  fields: 19_000,
  lines: 11_000,
  together: 13_000,
  history: 16_000,
} as const;

/** An invariant that must not be satisfied, and the codes of which it must give one. */
export type By = readonly [invariant: string, ...codes: ReasonCode[]];

/** A bundle that is not true. */
export interface Attack {
  /** What was done, as a class: the row of the table. */
  kind: string;
  /** What was done exactly, to find it again. */
  what: string;
  bundle: Bundle;
  reader: VerifyOptions;
  /** What may catch it: the first of these that does is counted. */
  by: readonly By[];
}

/** Numbers that come again with the same seed. */
export class Dice {
  readonly seed: number;
  #state: number;

  constructor(seed: number = seedOf(Deno.env.get("TAMPER_SEED"))) {
    this.seed = seed;
    this.#state = seed;
  }

  /** A whole number from 0 and below `n`. */
  below(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) % n;
  }

  /** One of a list. */
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
}

function seedOf(said: string | undefined): number {
  return said === undefined
    ? crypto.getRandomValues(new Uint32Array(1))[0]
    : Number(said);
}

/** What caught which attacks how often. */
export class Tally {
  readonly dice = new Dice();
  readonly #rows = new Map<string, Map<string, number>>();
  #count = 0;

  /** Verifies what an attacker made, and requires that it is caught by what must catch it. */
  async attack({ kind, what, bundle, reader, by }: Attack): Promise<void> {
    const report = await verifyBundle(bundle, reader);
    const caught = report.exit === 4 ? catcherOf(report, by) : undefined;
    assert(
      caught !== undefined,
      `TAMPER_SEED=${this.dice.seed}: ${kind}: ${what}: exit ${report.exit}, ${
        said(report)
      } instead of ${by.map((each) => each.join(" ")).join(" or ")}`,
    );
    this.add(kind, caught);
  }

  /** Counts an attack that was caught. */
  add(kind: string, caught: string): void {
    const row = this.#rows.get(kind) ?? new Map<string, number>();
    this.#rows.set(kind, row.set(caught, (row.get(caught) ?? 0) + 1));
    this.#count++;
  }

  /** Prints the attacks by what caught them, and requires that there were enough. */
  close(atLeast: number): void {
    const lines = [...this.#rows].flatMap(([kind, row]) =>
      [...row].sort(([, a], [, b]) => b - a).map(([caught, count], i) =>
        `${(i === 0 ? kind : "").padEnd(52)} ${
          String(count).padStart(6)
        }  ${caught}`
      )
    );
    console.log(
      [
        ...lines,
        `${
          "all caught".padEnd(52)
        } ${this.#count}  (TAMPER_SEED=${this.dice.seed})`,
      ].join("\n"),
    );
    assert(this.#count >= atLeast, `${this.#count} attacks only`);
  }
}

function catcherOf(report: Report, by: readonly By[]): string | undefined {
  for (const [invariant, ...codes] of by) {
    const found = report.invariants.find(({ id }) => id === invariant)!;
    if (found.verdict !== "FAIL" && found.verdict !== "UNKNOWN") continue;
    const code = codes.find((each) =>
      found.reasons.some((reason) => reason.code === each)
    );
    if (code !== undefined) return `${invariant} ${code}`;
  }
}

function said({ invariants }: Report): string {
  return invariants.flatMap(({ id, reasons }) =>
    reasons.map(({ code }) => `${id} ${code}`)
  ).join(", ") || "nothing";
}
