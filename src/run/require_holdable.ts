/**
 * Refuses a plan with a step that nothing could hold, on this machine or another.
 *
 * @module
 */
import { isWritError } from "../core/errors.ts";
import { FaultCollector, type PlaceOf } from "../plan/faults.ts";
import type { Plan } from "../plan/plan.ts";
import { confine } from "../sandbox/confine.ts";

/** @throws {WritError} `sandbox.cannot_hold`, with all such steps. */
export function requireHoldable(plan: Plan, placeOf: PlaceOf): void {
  const faults = new FaultCollector(plan.name, placeOf);
  for (const step of plan.steps) {
    try {
      confine(step);
    } catch (error) {
      if (!isWritError(error)) throw error;
      faults.add(step, ["permissions", "net"], error);
    }
  }
  faults.throwIfAny();
}
