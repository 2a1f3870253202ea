/**
 * Which backend holds each step, and why none does.
 *
 * @module
 */
import { isWritError, type WritError } from "../core/errors.ts";
import type { PlanStep } from "../plan/plan.ts";
import { chooseBackend } from "../sandbox/choose_backend.ts";
import { confine } from "../sandbox/confine.ts";
import type { Backend } from "../sandbox/confinement.ts";
import { requireLimits } from "../sandbox/held_limits.ts";
import { notEnforced } from "../sandbox/not_enforced.ts";

/** A step with what holds it, and what that does not hold; or with the reason why nothing does. */
export type Match =
  & { step: string }
  & ({ backend: Backend; gaps: string[] } | { error: WritError });

/** Matches steps with the backends of this machine. `uid` is the runner's. */
export function matchSteps(
  steps: readonly PlanStep[],
  backends: Backend[],
  uid: number,
): Match[] {
  return steps.map((step): Match => {
    try {
      const confinement = confine(step);
      const backend = chooseBackend(backends, step.isolation, confinement);
      requireLimits(confinement, backend, uid);
      return {
        step: step.id,
        backend,
        gaps: notEnforced(confinement, backend),
      };
    } catch (error) {
      if (!isWritError(error)) throw error;
      return { step: step.id, error };
    }
  });
}
