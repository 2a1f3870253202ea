/**
 * Confinements for tests.
 *
 * @module
 */
import type { PlanStep } from "../../src/plan/plan.ts";
import type { Confinement, StepLimits } from "../../src/sandbox/confinement.ts";

/** Limits of a plan's step that has none. */
export const NO_LIMITS: PlanStep["limits"] = {
  timeout: null,
  cpu: null,
  memory: null,
  processes: null,
  openFiles: null,
  fileSize: null,
  output: null,
};

/** Limits of a confinement: time and output only. */
export const LIMITS: StepLimits = {
  ...NO_LIMITS,
  timeout: 20_000,
  output: 1_000_000,
};

/** A confinement with nothing allowed but what is given. */
export function confinement(
  parts: Partial<Confinement> & { argv: string[] },
): Confinement {
  return {
    view: "linux-1",
    isolation: "kernel",
    kind: "run",
    cwd: ".",
    reads: [],
    writes: [],
    scratch: [],
    network: "none",
    hosts: [],
    env: {},
    secrets: [],
    caches: [],
    stdin: null,
    runtime: null,
    limits: LIMITS,
    ...parts,
  };
}

/** A step of a plan that may do nothing, but for what is given. */
export function step(parts: Partial<PlanStep>): PlanStep {
  return {
    id: "s",
    kind: "run",
    needs: [],
    argv: ["true"],
    executable: {
      name: "true",
      digest: `sha256:${"0".repeat(64)}`,
      tier: "system",
    },
    tools: [],
    cwd: ".",
    stdin: null,
    stdout: null,
    env: {},
    bound: [],
    materials: [],
    products: [],
    scratch: [],
    limits: NO_LIMITS,
    retries: 0,
    isolation: "kernel",
    evidence: "public",
    fetch: null,
    fetched: [],
    digest: `sha256:${"0".repeat(64)}`,
    ...parts,
    permissions: {
      read: [],
      write: [],
      deny: [],
      net: false,
      run: [],
      sys: false,
      ffi: false,
      import: [],
      ...parts.permissions,
    },
  };
}

/** What a deno step may do that is permitted nothing. */
export const NO_RUNTIME: NonNullable<Confinement["runtime"]> = {
  read: [],
  write: [],
  net: false,
  run: [],
  sys: false,
  ffi: false,
  env: [],
  import: [],
  deny: [],
};
