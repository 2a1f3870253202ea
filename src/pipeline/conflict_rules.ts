/**
 * No two steps may touch one path in an order that nobody gave.
 *
 * @module
 */
import { foldersAbove, isWithin } from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import type { JsonDocument } from "./document.ts";
import type { FaultList } from "./faults.ts";
import type { Ordered } from "./order.ts";
import type { StepOutline } from "./outline.ts";
import { PathWriters, type Touch } from "./path_writers.ts";
import { label } from "./schema_faults.ts";

/** Where the search for conflicts ends: so many faults help nobody, and pairs grow as the square. */
const ENOUGH = 1_000;

/** Two steps that touch one path in no order: one writes it, the other reads or writes it. */
interface Conflict {
  touch: Touch;
  verb: "reads" | "writes";
  writer: Touch;
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
  const writers = new PathWriters(steps, ordered);
  if (writers.byPath.size === 0) return;
  const limit = faults.size + ENOUGH;
  for (const conflicts of [writesOf(writers), readsOf(steps, writers)]) {
    for (const conflict of conflicts) {
      addFault(conflict, steps, document, faults);
      if (faults.size > limit) return;
    }
  }
}

/** Writes that meet other writes: of the same path, or of a folder above it. */
function* writesOf(writers: PathWriters): Generator<Conflict> {
  for (const [path, group] of writers.byPath) {
    for (const [i, touch] of group.entries()) {
      const before = group[i - 1];
      if (before !== undefined && writers.apart(before.step, touch.step)) {
        yield { touch, verb: "writes", writer: before };
      }
    }
    for (const above of foldersAbove(path)) {
      for (const touch of group) {
        for (const writer of writers.near(above, touch.step)) {
          yield { touch, verb: "writes", writer };
        }
      }
    }
  }
}

/** Reads that meet writes: of the same path, of a folder above it, or of what lies beneath it. */
function* readsOf(
  steps: readonly StepOutline[],
  writers: PathWriters,
): Generator<Conflict> {
  for (const [step, { reads, loads, deny }] of steps.entries()) {
    for (const { value, at } of [...reads, ...loads]) {
      const touch = { value, at, step };
      for (const writer of writersFor(touch, writers)) {
        const isDenied = deny.some((path) =>
          isWithin(writer.value, path) || isWithin(value, path)
        );
        if (!isDenied) yield { touch, verb: "reads", writer };
      }
    }
  }
}

function* writersFor(
  { value, step }: Touch,
  writers: PathWriters,
): Generator<Touch> {
  for (const path of [value, ...foldersAbove(value)]) {
    yield* writers.near(path, step);
  }
  for (const writer of writers.beneath(value)) {
    if (writers.apart(step, writer.step)) yield writer;
  }
}

function addFault(
  { touch, verb, writer }: Conflict,
  steps: readonly StepOutline[],
  document: JsonDocument,
  faults: FaultList,
): void {
  // Of two that write it is told at the later one in the file.
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
}
