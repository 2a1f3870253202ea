/**
 * From a step of a plan to its confinement.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import type { PlanStep } from "../plan/plan.ts";
import {
  type Confinement,
  DEFAULT_LIMITS,
  SYSTEM_VIEW,
} from "./confinement.ts";

/**
 * What a step may see and do.
 *
 * @throws {WritError} `sandbox.cannot_hold` for what no backend of this version holds.
 */
export function confine(step: PlanStep): Confinement {
  const { permissions, limits } = step;
  const env = literalEnv(step);
  return {
    view: SYSTEM_VIEW,
    isolation: step.isolation,
    kind: step.kind,
    argv: [...step.argv],
    cwd: step.cwd,
    reads: step.materials.map(({ path }) => path),
    writes: step.products.map(({ path, starts }) => ({ path, starts })),
    scratch: [...step.scratch],
    ...networkOf(step),
    env,
    stdin: step.stdin,
    limits: {
      ...limits,
      timeout: limits.timeout ?? DEFAULT_LIMITS.timeout,
      output: limits.output ?? DEFAULT_LIMITS.output,
    },
    runtime: step.kind === "run" ? null : {
      read: [...permissions.read],
      write: [...permissions.write],
      net: permissions.net,
      run: [...permissions.run],
      sys: permissions.sys,
      ffi: permissions.ffi,
      env: Object.keys(env).sort(),
      import: [...permissions.import],
      deny: [...permissions.deny],
    },
  };
}

function literalEnv(step: PlanStep): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(step.env)) {
    if (typeof value !== "string") {
      throw new WritError(
        "sandbox.cannot_hold",
        `Cannot give the secret "${value.secret}" to step "${step.id}": this version cannot keep a secret out of output and evidence`,
        {
          hint:
            `Remove "${name}" from the step's env, or set it to a value that is no secret`,
        },
      );
    }
    env[name] = value;
  }
  return env;
}

/** `localhost`, its addresses, each with or without a port. */
const LOCALHOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

function networkOf(
  step: PlanStep,
): Pick<Confinement, "network" | "hosts"> {
  const { net } = step.permissions;
  if (net === true) return { network: "host", hosts: [] };
  if (net === false || net.length === 0) return { network: "none", hosts: [] };
  if (net.every((host) => LOCALHOST.test(host))) {
    return { network: "loopback", hosts: [] };
  }
  if (step.kind === "deno") return { network: "host", hosts: [...net] };
  throw new WritError(
    "sandbox.cannot_hold",
    `Cannot hold step "${step.id}" to "${
      net.join('", "')
    }": for a native program the network is all or nothing`,
    {
      hint:
        'Set "net": true, which a reviewer then sees, or write it as a deno step',
    },
  );
}
