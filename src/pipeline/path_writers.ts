/**
 * Which steps write which paths, and which of them no order of needs keeps apart from another step.
 *
 * @module
 */
import { firstNot } from "../core/first_not.ts";
import { executionOrder, type Ordered, orderedBy } from "./order.ts";
import type { At, StepOutline } from "./outline.ts";

/** A step at its index, with one of the paths that it touches. */
export interface Touch extends At<string> {
  step: number;
}

/** The writers of paths. */
export class PathWriters {
  /** The writers of each path, in execution order. */
  readonly byPath: ReadonlyMap<string, readonly Touch[]>;
  readonly #rank: Uint32Array;
  readonly #sorted: readonly string[];
  readonly #beneath = new Map<string, Touch[]>();
  readonly #ordered: readonly Ordered[];
  #runsBefore: ((earlier: number, later: number) => boolean) | undefined;

  /** `ordered` are the same steps, without needs that are wrong. */
  constructor(steps: readonly StepOutline[], ordered: readonly Ordered[]) {
    const index = new Map(steps.map((step, position) => [step.id, position]));
    const sequence = executionOrder(ordered).map((id) => index.get(id)!);
    this.#rank = new Uint32Array(steps.length);
    sequence.forEach((step, position) => this.#rank[step] = position);
    this.byPath = writersByPath(steps, sequence);
    this.#sorted = [...this.byPath.keys()].sort();
    this.#ordered = ordered;
  }

  /** Whether two steps are in no order. */
  apart(a: number, b: number): boolean {
    const runsBefore = this.#runsBefore ??= orderedBy(this.#ordered);
    return a !== b && !runsBefore(a, b) && !runsBefore(b, a);
  }

  /**
   * The last writer of a path before a step and the first after it, where they are in no order
   * with the step: when all writers of it are in one chain, these two tell for all.
   */
  near(path: string, step: number): Touch[] {
    const group = this.byPath.get(path);
    if (group === undefined) return [];
    const rank = this.#rank[step];
    const low = firstNot(
      group.length,
      (i) => this.#rank[group[i].step] < rank,
    );
    const after = group[low]?.step === step ? low + 1 : low;
    return [group[low - 1], group[after]].filter((writer) =>
      writer !== undefined && this.apart(step, writer.step)
    );
  }

  /** The writers of what lies strictly beneath a path. */
  beneath(path: string): readonly Touch[] {
    let found = this.#beneath.get(path);
    if (found === undefined) {
      found = this.#pathsBeneath(path).flatMap((one) => this.byPath.get(one)!);
      this.#beneath.set(path, found);
    }
    return found;
  }

  #pathsBeneath(folder: string): readonly string[] {
    if (folder === ".") return this.#sorted;
    const prefix = `${folder}/`;
    const { length } = this.#sorted;
    const first = firstNot(length, (i) => this.#sorted[i] < prefix);
    let end = first;
    while (end < length && this.#sorted[end].startsWith(prefix)) end++;
    return this.#sorted.slice(first, end);
  }
}

function writersByPath(
  steps: readonly StepOutline[],
  sequence: readonly number[],
): Map<string, Touch[]> {
  const writers = new Map<string, Touch[]>();
  for (const step of sequence) {
    const { writes, stdout } = steps[step];
    const own = new Map(
      [...(stdout === undefined ? [] : [stdout]), ...writes].map((write) => [
        write.value,
        write,
      ]),
    );
    for (const { value, at } of own.values()) {
      const group = writers.get(value);
      if (group === undefined) writers.set(value, [{ step, value, at }]);
      else group.push({ step, value, at });
    }
  }
  return writers;
}
