/**
 * Why an attempt did not succeed, and what would help: sentences for people.
 *
 * @module
 */
import type { CacheKind } from "../pipeline/pipeline.ts";
import type { PlanStep } from "../plan/plan.ts";
import type { Exited } from "../sandbox/launcher.ts";
import { type ExitClues, list, readClues } from "./exit_clues.ts";

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

/** What each limit's end is called, in the order in which they are told. */
const LIMITS: Record<
  keyof PlanStep["limits"],
  [reason: string, hint: string]
> = {
  timeout: [
    "it was killed at its time limit",
    'Raise "limits.timeout" if it needs longer',
  ],
  cpu: [
    "it was killed at its limit of processor time",
    'Raise "limits.cpu" if it must compute longer',
  ],
  memory: [
    "it was killed at its memory limit",
    'Raise "limits.memory" if it needs more',
  ],
  processes: [
    "it was killed at its limit of processes",
    'Raise "limits.processes" if it needs more; threads count too',
  ],
  openFiles: [
    "it was killed at its limit of open files",
    'Raise "limits.openFiles" if it needs more',
  ],
  fileSize: [
    "it was killed at its limit of file size",
    'Raise "limits.fileSize" if it must write larger files',
  ],
  output: [
    "it was killed at its output limit",
    'Raise "limits.output" if it must print more',
  ],
};

/** Why a step whose program did not end with 0 failed. */
export function explainExit(exited: Exited, clues: ExitClues): Explanation {
  const { limits } = exited;
  for (const [name, [reason, hint]] of Object.entries(LIMITS)) {
    if (limits.includes(`limit.${name}`)) return { reason, hint };
  }
  const how = exited.signal !== null
    ? `signal ${exited.signal}`
    : `exit ${exited.exit}`;
  const { what, hint } = readClues(clues);
  return { reason: what === null ? how : `${how}; it ${what}`, hint };
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

/** Why a step failed that should have filled a cache and did not. */
export function explainEmpty(cache: CacheKind): Explanation {
  return {
    reason: `it fetched nothing into the ${cache} cache`,
    hint:
      `Let it fetch into the folder that its environment names for ${cache}`,
  };
}

/** Why a step failed whose cache is not what it must be. */
export function explainUnsound(fault: string): Explanation {
  return {
    reason: fault,
    hint:
      "Nothing of it is kept. Find out who serves or makes what the lock does not name, then fetch again",
  };
}

/** Why a step failed that wrote what it must not give away. */
export function explainSecrets(paths: readonly string[]): Explanation {
  return {
    reason: `it wrote a secret into ${list(paths)}`,
    hint: "A product is hashed, kept and published: no secret belongs there",
  };
}
