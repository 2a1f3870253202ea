/**
 * Plans and facts to judge, made by hand.
 *
 * @module
 */
import { digestOf } from "../../src/core/digest.ts";
import { NO_LIMITS } from "./confinements.ts";
import {
  type Plan,
  type PlanStep,
  stepDigest,
  type Toolchain,
} from "../../src/plan/plan.ts";
import type { Facts } from "../../src/policy/decision.ts";

/** What a test says about a step; the rest is a step that does nothing. */
export type StepOptions =
  & Partial<Omit<PlanStep, "permissions" | "digest">>
  & { permissions?: Partial<PlanStep["permissions"]> };

const TOOLCHAIN: Toolchain = {
  writ: "0.1.0",
  deno: "2.9.6",
  v8: "15.0",
  typescript: "6.0.3",
  os: "linux",
  arch: "x86_64",
  system: { view: "linux-1", release: "debian 12", packages: null },
};

/** A step that runs `true` and touches nothing but what the test says. */
export function planStep(options: StepOptions = {}): PlanStep {
  const { permissions, ...rest } = options;
  const step = {
    id: "work",
    kind: "run" as const,
    needs: [],
    argv: ["true"],
    executable: {
      name: "true",
      digest: digestOf("true"),
      tier: "system" as const,
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
    isolation: "kernel" as const,
    evidence: "public" as const,
    fetch: null,
    fetched: [],
    ...rest,
    permissions: {
      read: [],
      write: [],
      deny: [],
      net: false,
      run: [],
      sys: false,
      ffi: false,
      import: [],
      ...permissions,
    },
  };
  return { ...step, digest: stepDigest(step, TOOLCHAIN) };
}

/** A plan of these steps. */
export function planOf(...steps: StepOptions[]): Plan {
  return {
    v: 1,
    name: "release",
    params: {},
    require: [],
    toolchain: TOOLCHAIN,
    steps: steps.map(planStep),
  };
}

/** Facts: an unnamed person asks, on a Wednesday at noon. */
export function factsOf(facts: Partial<Facts> = {}): Facts {
  return {
    source: { commit: null, branch: null },
    requester: { kind: "human", id: "workspace", key: null },
    time: "2026-01-14T12:30:00.000Z",
    guards: [],
    ...facts,
  };
}
