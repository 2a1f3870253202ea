/**
 * Who writes what, and which of it a later step reads.
 *
 * @module
 */
import { firstNot } from "../core/first_not.ts";
import { holders, withoutSlash } from "../core/paths.ts";
import { orderedBy } from "../pipeline/order.ts";
import type { CacheKind, Step } from "../pipeline/pipeline.ts";

/** A declared write: its path without a trailing slash, and whether it starts as a copy. */
export interface Write {
  path: string;
  step: string;
  update: boolean;
}

/** Whether `write` starts as a copy of what is there: the same path stands literally in `read`. */
export function isUpdate(step: Step, write: string): boolean {
  const path = withoutSlash(write);
  return step.permissions.read.some((read) => withoutSlash(read) === path);
}

/** Answers which earlier steps have written what a step reads. */
export class Writers {
  readonly #steps: readonly Step[];
  readonly #index: ReadonlyMap<string, number>;
  readonly #byPath = new Map<string, Write[]>();
  readonly #byStep = new Map<string, Write[]>();
  readonly #paths: string[];
  readonly #beneath = new Map<string, Write[]>();
  #runsBefore: ((earlier: number, later: number) => boolean) | undefined;

  /** Of steps in the order in which they run one by one. */
  constructor(order: readonly Step[]) {
    this.#steps = order;
    this.#index = new Map(order.map((step, i) => [step.id, i]));
    for (const step of order) {
      for (const path of new Set(step.permissions.write.map(withoutSlash))) {
        const write = { path, step: step.id, update: isUpdate(step, path) };
        push(this.#byPath, path, write);
        push(this.#byStep, step.id, write);
      }
    }
    this.#paths = [...this.#byPath.keys()].sort();
  }

  /** Every path whose first writer starts without it: what lies there now is of an earlier run. */
  *anew(): Generator<string> {
    for (const [path, writes] of this.#byPath) {
      if (!writes[0].update) yield path;
    }
  }

  /** The writes of one step. */
  of(step: string): readonly Write[] {
    return this.#byStep.get(step) ?? [];
  }

  /**
   * The last step before `step` whose write holds `path`; `undefined` when none does. Writers of
   * one path stand in one chain of needs, so the last of them is nearly always the first that
   * is asked about.
   */
  maker(step: Step, path: string): Write | undefined {
    if (step.needs.length === 0) return undefined;
    let last: Write | undefined;
    for (const holder of holders(path)) {
      const writes = this.#byPath.get(holder) ?? [];
      for (let i = this.#countBefore(writes, step) - 1; i >= 0; i--) {
        if (last !== undefined && this.#before(writes[i], last)) break;
        if (this.#isAncestor(step, writes[i].step)) {
          last = writes[i];
          break;
        }
      }
    }
    return last;
  }

  /** The step before `step` that fetches a cache; `undefined` when none does. */
  fetcher(step: Step, cache: CacheKind): string | undefined {
    return this.#steps.find((other) =>
      other.fetch === cache && this.#isAncestor(step, other.id)
    )?.id;
  }

  /**
   * What steps before `step` write strictly beneath `path`, after `since` where that is given:
   * of each place the last writer, the outer before the inner.
   */
  makersBeneath(step: Step, path: string, since?: Write): Write[] {
    const near = this.#writesBeneath(path);
    if (near.length === 0 || step.needs.length === 0) return [];
    const found = near.filter((write) =>
      this.#isAncestor(step, write.step) &&
      (since === undefined || this.#before(since, write))
    );
    found.sort((a, b) => this.#at(b.step) - this.#at(a.step));
    const kept = new Map<string, Write>();
    for (const write of found) {
      // A later write of an outer path replaced this one with all else beneath it.
      if (!holders(write.path).some((holder) => kept.has(holder))) {
        kept.set(write.path, write);
      }
    }
    return [...kept.values()].sort((a, b) => a.path < b.path ? -1 : 1);
  }

  #writesBeneath(path: string): Write[] {
    let writes = this.#beneath.get(path);
    if (writes === undefined) {
      const prefix = path === "." ? "" : `${path}/`;
      writes = [];
      for (
        let i = firstNot(this.#paths.length, (at) => this.#paths[at] < prefix);
        i < this.#paths.length && this.#paths[i].startsWith(prefix);
        i++
      ) {
        if (this.#paths[i] !== path) {
          writes.push(...this.#byPath.get(this.#paths[i])!);
        }
      }
      this.#beneath.set(path, writes);
    }
    return writes;
  }

  #isAncestor(step: Step, other: string): boolean {
    this.#runsBefore ??= orderedBy(this.#steps);
    return this.#runsBefore(this.#at(other), this.#at(step.id));
  }

  /** How many of some writes, in the order of their steps, are of steps before this one. */
  #countBefore(writes: readonly Write[], step: Step): number {
    const at = this.#at(step.id);
    return firstNot(writes.length, (i) => this.#at(writes[i].step) < at);
  }

  #before(a: Write, b: Write): boolean {
    return this.#at(a.step) < this.#at(b.step);
  }

  #at(id: string): number {
    return this.#index.get(id)!;
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
