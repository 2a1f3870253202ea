/**
 * No two steps may touch one path in an order that nobody gave.
 *
 * @module
 */
import { foldersAbove, isWithin } from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import type { JsonDocument } from "./document.ts";
import type { FaultList } from "./faults.ts";
import { executionOrder, type Ordered, orderedBy } from "./order.ts";
import type { At, StepOutline } from "./outline.ts";
import { label } from "./schema_faults.ts";

/** Where the search for conflicts ends: so many faults help nobody, and pairs grow as the square. */
const ENOUGH = 1_000;

/** A step at its index, with one of the paths that it touches. */
interface Touch extends At<string> {
  step: number;
}

/**
 * Adds a fault for every two steps that touch one path, at least one of them writing, in an
 * order that `needs` does not give. `ordered` are the same steps, without needs that are wrong.
 */
export function addConflictFaults(
  steps: readonly StepOutline[],
  ordered: readonly Ordered[],
  document: JsonDocument,
  faults: FaultList,
): void {
  const index = new Map(steps.map((step, position) => [step.id, position]));
  const sequence = executionOrder(ordered).map((id) => index.get(id)!);
  const writers = writersByPath(steps, sequence);
  if (writers.size === 0) return;
  const rank = new Uint32Array(steps.length);
  sequence.forEach((step, position) => rank[step] = position);
  const runsBefore = orderedBy(ordered);
  const apart = (a: number, b: number) =>
    a !== b && !runsBefore(a, b) && !runsBefore(b, a);
  const limit = faults.size + ENOUGH;
  const conflict = (touch: Touch, verb: string, writer: Touch) => {
    // Told at the later of the two in the file.
    const turn = touch.step < writer.step && verb === "writes";
    const [here, there] = turn ? [writer, touch] : [touch, writer];
    const { line, column } = document.place(there.at);
    faults.add(
      document.place(here.at),
      `${label(steps[here.step].at)} ${verb} ${quoted(here.value)} and step ${
        quoted(steps[there.step].id)
      } writes ${
        quoted(there.value)
      } (${line}:${column}), and neither needs the other`,
      verb === "reads"
        ? `Name ${quoted(steps[there.step].id)} in the "needs" of ${
          quoted(steps[here.step].id)
        } to read what it makes, or the other way round to read what was there before`
        : 'Order them by "needs", or let them write different paths',
    );
  };
  /** The writers of a path before and after a step: when all writers of it are in one chain, these two tell for all. */
  const around = (group: readonly Touch[], touch: Touch): Touch[] => {
    let low = 0;
    let high = group.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rank[group[middle].step] < rank[touch.step]) low = middle + 1;
      else high = middle;
    }
    const after = group[low]?.step === touch.step ? low + 1 : low;
    return [group[low - 1], group[after]].filter((near) => near !== undefined);
  };
  for (const [path, group] of writers) {
    for (let i = 1; i < group.length; i++) {
      if (apart(group[i - 1].step, group[i].step)) {
        conflict(group[i], "writes", group[i - 1]);
      }
    }
    for (const above of foldersAbove(path)) {
      const outer = writers.get(above);
      if (outer === undefined) continue;
      for (const touch of group) {
        for (const near of around(outer, touch)) {
          if (apart(touch.step, near.step)) conflict(touch, "writes", near);
        }
      }
    }
    if (faults.size > limit) return;
  }
  const written = [...writers.keys()].sort();
  const beneath = memo((path: string) =>
    pathsBeneath(written, path).flatMap((found) => writers.get(found)!)
  );
  for (const [step, outline] of steps.entries()) {
    for (const { value, at } of [...outline.reads, ...outline.loads]) {
      const touch = { value, at, step };
      const seen = (path: string) =>
        !outline.deny.some((deny) =>
          isWithin(path, deny) || isWithin(value, deny)
        );
      for (const path of [value, ...foldersAbove(value)]) {
        const group = writers.get(path);
        if (group === undefined || !seen(path)) continue;
        for (const near of around(group, touch)) {
          if (apart(step, near.step)) conflict(touch, "reads", near);
        }
      }
      for (const writer of beneath(value)) {
        if (apart(step, writer.step) && seen(writer.value)) {
          conflict(touch, "reads", writer);
          if (faults.size > limit) return;
        }
      }
    }
  }
}

/** The writers of each path, in execution order. */
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

/** Of sorted paths, those strictly beneath a folder. */
function pathsBeneath(sorted: readonly string[], folder: string): string[] {
  if (folder === ".") return [...sorted];
  const prefix = `${folder}/`;
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < prefix) low = middle + 1;
    else high = middle;
  }
  const found: string[] = [];
  while (low < sorted.length && sorted[low].startsWith(prefix)) {
    found.push(sorted[low++]);
  }
  return found;
}

function memo<T>(work: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const value = work(key);
    known.set(key, value);
    return value;
  };
}
