/**
 * Why an attempt did not succeed, and what would help: sentences for people.
 *
 * @module
 */
import { quoted } from "../core/printable.ts";
import type { PlanStep } from "../plan/plan.ts";
import { isWithin } from "../core/paths.ts";
import type { Exited } from "../sandbox/launcher.ts";

/** What a step left, judged after exit 0. */
export interface Leftovers {
  missing: readonly string[];
  strays: readonly string[];
  changed: readonly string[];
}

/** A reason, and a hint where there is one. */
export interface Explanation {
  reason: string;
  hint: string | null;
}

/** Why a step whose program did not end with 0 failed. */
export function explainExit(
  step: PlanStep,
  exited: Exited,
  named: readonly string[],
): Explanation {
  const { limits } = exited;
  if (limits.includes("timeout")) {
    return {
      reason: "it was killed at its time limit",
      hint: 'Raise "limits.timeout" if it needs longer',
    };
  }
  if (limits.includes("output")) {
    return {
      reason: "it was killed at its output limit",
      hint: 'Raise "limits.output" if it must print more',
    };
  }
  const how = exited.signal !== null
    ? `signal ${exited.signal}`
    : `exit ${exited.exit}`;
  const hidden = named.filter((path) => !isVisible(step, path));
  if (hidden.length === 0) return { reason: how, hint: null };
  return {
    reason: `${how}; it named ${
      list(hidden)
    }, which exists here but is not visible to it`,
    hint: `Add ${list(hidden)} to permissions.read, if the step shall see it`,
  };
}

/** Why a step that ended with 0 failed all the same; `null` when it did not. */
export function explainLeftovers(leftovers: Leftovers): Explanation | null {
  const { missing, strays, changed } = leftovers;
  if (missing.length > 0) {
    return {
      reason: `it finished, but did not write its product ${list(missing)}`,
      hint: strays.length > 0
        ? `It wrote ${list(strays)}, which it did not declare`
        : null,
    };
  }
  if (strays.length > 0) {
    return {
      reason: `it wrote ${list(strays)}, which it did not declare`,
      hint:
        "Add it to permissions.write, or to scratch if it may be thrown away",
    };
  }
  if (changed.length > 0) {
    return {
      reason: `it changed ${list(changed)}, which it may only read`,
      hint: "Add it to permissions.write as well, to update it in place",
    };
  }
  return null;
}

function isVisible(step: PlanStep, path: string): boolean {
  return [...step.materials, ...step.products].some((one) =>
    isWithin(path, one.path)
  ) || step.scratch.some((scratch) => isWithin(path, scratch));
}

/** `"a", "b" and 3 more`. */
function list(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).map((path) => quoted(path)).join(", ");
  return paths.length > 3 ? `${shown} and ${paths.length - 3} more` : shown;
}
