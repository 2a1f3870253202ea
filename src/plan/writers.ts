/**
 * Who writes what, and who comes before whom: the order of a pipeline's steps.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { withoutSlash } from "../core/paths.ts";
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

/**
 * The steps in the order in which they run: dependencies first, else as in the file.
 *
 * @throws {WritError} `writ.fault` on a circle or an unknown need, which parsing refuses.
 */
export function executionOrder(steps: readonly Step[]): Step[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const order: Step[] = [];
  const state = new Map<Step, "open" | "done">();
  for (const first of steps) {
    const stack = [first];
    while (stack.length > 0) {
      const step = stack[stack.length - 1];
      if (state.get(step) === "done") {
        stack.pop();
        continue;
      }
      const again = state.get(step) === "open";
      const waiting = step.needs.map((id) => byId.get(id)).filter((need) =>
        need === undefined || state.get(need) !== "done"
      );
      if (again && waiting.length > 0 || waiting.includes(undefined)) {
        throw new WritError(
          "writ.fault",
          `Cannot order the steps: the needs of "${step.id}" are unknown or a circle`,
        );
      }
      if (waiting.length === 0) {
        stack.pop();
        state.set(step, "done");
        order.push(step);
        continue;
      }
      state.set(step, "open");
      for (const need of waiting.reverse()) if (need) stack.push(need);
    }
  }
  return order;
}

/** Answers which earlier steps have written what a step reads. */
export class Writers {
  readonly #steps: readonly Step[];
  readonly #index: ReadonlyMap<string, number>;
  readonly #byPath = new Map<string, Write[]>();
  readonly #byStep = new Map<string, Write[]>();
  readonly #paths: string[];
  readonly #beneath = new Map<string, Write[]>();

  /** Of steps in the order of {@linkcode executionOrder}. */
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

  /** The last step before `step` whose write holds `path`; `undefined` when none does. */
  maker(step: Step, path: string): Write | undefined {
    let last: Write | undefined;
    for (const holder of holders(path)) {
      for (const write of this.#byPath.get(holder) ?? []) {
        if (
          (last === undefined || this.#before(last, write)) &&
          this.#isAncestor(step, write.step)
        ) last = write;
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
    const found = this.#ancestorsAmong(step, near).filter((write) =>
      since === undefined || this.#before(since, write)
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

  #ancestorsAmong(step: Step, near: readonly Write[]): Write[] {
    if (near.length <= FEW) {
      return near.filter((write) => this.#isAncestor(step, write.step));
    }
    const paths = new Set(near);
    const found: Write[] = [];
    for (const ancestor of this.#ancestors(step, 0)) {
      for (const write of this.of(ancestor.id)) {
        if (paths.has(write)) found.push(write);
      }
    }
    return found;
  }

  #writesBeneath(path: string): Write[] {
    let writes = this.#beneath.get(path);
    if (writes === undefined) {
      const prefix = path === "." ? "" : `${path}/`;
      writes = [];
      for (
        let i = firstAtLeast(this.#paths, prefix);
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
    if (step.needs.includes(other)) return true;
    const target = this.#at(other);
    if (target >= this.#at(step.id)) return false;
    for (const ancestor of this.#ancestors(step, target)) {
      if (ancestor.id === other) return true;
    }
    return false;
  }

  /** The steps that `step` needs, transitively; only those at or after `from` in the order. */
  *#ancestors(step: Step, from: number): Generator<Step> {
    const seen = new Set<number>();
    const queue = [step];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      for (const id of next.needs) {
        const at = this.#at(id);
        if (at < from || seen.has(at)) continue;
        seen.add(at);
        queue.push(this.#steps[at]);
        yield this.#steps[at];
      }
    }
  }

  #before(a: Write, b: Write): boolean {
    return this.#at(a.step) < this.#at(b.step);
  }

  #at(id: string): number {
    return this.#index.get(id)!;
  }
}

/** Up to so many writes are asked about one by one. */
const FEW = 8;

/** A path, the folders above it, and the root. */
export function holders(path: string): string[] {
  const out = [path];
  for (
    let end = path.lastIndexOf("/");
    end > 0;
    end = path.lastIndexOf("/", end - 1)
  ) {
    out.push(path.slice(0, end));
  }
  if (path !== ".") out.push(".");
  return out;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function firstAtLeast(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
