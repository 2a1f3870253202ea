/**
 * From a step of a plan to its confinement.
 *
 * @module
 */
import { isLocalhost } from "../core/localhost.ts";
import { WritError } from "../core/errors.ts";
import { denoSubcommand } from "../pipeline/deno_subcommands.ts";
import type { PlanStep } from "../plan/plan.ts";
import { SYSTEM_VIEW } from "../plan/system_view.ts";
import { type Confinement, DEFAULT_LIMITS } from "./confinement.ts";

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
    secrets: secretsOf(step),
    caches: [
      ...step.fetched.map(({ cache }) => ({ cache, fills: false })),
      ...(step.fetch === null ? [] : [{ cache: step.fetch, fills: true }]),
    ].sort((a, b) => a.cache < b.cache ? -1 : 1),
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
      env: Object.keys(step.env).sort(),
      import: [...permissions.import],
      deny: [...permissions.deny],
    },
  };
}

function literalEnv(step: PlanStep): Record<string, string> {
  return Object.fromEntries(
    Object.entries(step.env).flatMap(([name, value]) =>
      typeof value === "string" ? [[name, value]] : []
    ),
  );
}

function secretsOf(step: PlanStep): Confinement["secrets"] {
  return Object.entries(step.env).flatMap(([variable, value]) =>
    typeof value === "string" ? [] : [{
      variable,
      secret: value.secret,
      as: value.as ?? "value" as const,
    }]
  ).sort((a, b) => a.variable < b.variable ? -1 : 1);
}

function networkOf(
  step: PlanStep,
): Pick<Confinement, "network" | "hosts"> {
  const { net } = step.permissions;
  if (net === true) return { network: "host", hosts: [] };
  if (net === false || net.length === 0) return { network: "none", hosts: [] };
  if (net.every(isLocalhost)) {
    return { network: "loopback", hosts: [] };
  }
  if (step.kind === "deno") {
    requireFlagsHold(step);
    return { network: "host", hosts: [...net] };
  }
  return {
    network: "hosts",
    hosts: net.filter((host) => !isLocalhost(host)),
  };
}

/**
 * The flags of the runtime hold the code that it runs itself: no program or library that the
 * code starts, and nothing of a subcommand that runs none.
 */
function requireFlagsHold(step: PlanStep): void {
  const { id, argv: [name], permissions: { run, ffi, net } } = step;
  const by = denoSubcommand(name)?.runs !== true
    ? `"deno ${name}" takes no permissions, and may reach any host`
    : run.length > 0
    ? "the programs that it starts may reach any host"
    : ffi !== false
    ? "the libraries that it loads may reach any host"
    : null;
  if (by === null || typeof net === "boolean") return;
  throw new WritError(
    "sandbox.cannot_hold",
    `Cannot hold step "${id}" to "${net.join('", "')}": ${by}`,
    {
      hint:
        'Make what needs the network a step of its own, or set "net": true, which a reviewer then sees',
    },
  );
}
