/**
 * Confinements for tests.
 *
 * @module
 */
import type { Confinement } from "../../src/sandbox/confinement.ts";

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
    stdin: null,
    runtime: null,
    limits: {
      timeout: 20_000,
      memory: null,
      processes: null,
      output: 1_000_000,
    },
    ...parts,
  };
}
