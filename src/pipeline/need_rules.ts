/**
 * Rules of what steps need.
 *
 * @module
 */
import { didYouMean } from "../core/nearest.ts";
import { printable, quoted } from "../core/printable.ts";
import type { JsonDocument } from "./document.ts";
import type { FaultList } from "./faults.ts";
import { addConflictFaults } from "./conflict_rules.ts";
import { addFetchedFaults } from "./fetch_rules.ts";
import { findCycles } from "./order.ts";
import type { Outline } from "./outline.ts";
import { label } from "./schema_faults.ts";

/** How many steps a pipeline may have. */
export const MAX_STEPS = 10_000;

/** Adds what is wrong between steps. */
export function addNeedFaults(
  outline: Outline,
  document: JsonDocument,
  faults: FaultList,
): void {
  const { steps } = outline;
  if (outline.empty) {
    faults.add(
      document.place(["steps"]),
      "The pipeline has no steps: at least one was wanted",
    );
  }
  if (steps.length > MAX_STEPS) {
    faults.add(
      document.place(["steps"]),
      `The pipeline has ${steps.length} steps: at most ${MAX_STEPS} are taken`,
    );
    return;
  }
  const known = new Map(steps.map((step) => [step.id, step]));
  for (const step of steps) {
    for (const need of step.needs) {
      if (need.value === step.id) {
        faults.add(
          document.place(need.at),
          `${label(step.at)} needs itself`,
        );
      } else if (!known.has(need.value)) {
        faults.add(
          document.place(need.at),
          `${label(step.at)} needs ${
            quoted(need.value)
          }, which is no step of this pipeline`,
          () => didYouMean(need.value, known.keys()),
        );
      }
    }
  }
  const ordered = steps.map((step) => ({
    id: step.id,
    needs: step.needs.map((need) => need.value).filter((need) =>
      need !== step.id && known.has(need)
    ),
  }));
  const cycles = findCycles(ordered);
  for (const cycle of cycles) {
    const first = known.get(cycle[0])!;
    const need = first.needs.find((need) => need.value === cycle[1])!;
    faults.add(
      document.place(need.at),
      `The steps need each other in a circle: ${
        cycle.map(printable).join(" -> ")
      }`,
      "Take away one of these needs",
    );
  }
  // Of steps in a circle nobody can say which writes first.
  if (cycles.length > 0) return;
  addConflictFaults(steps, ordered, document, faults);
  addFetchedFaults(steps, ordered, document, faults);
}
