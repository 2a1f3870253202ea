/**
 * Which of a Deno step's permissions it used, and the least that would have done.
 *
 * @module
 */
import { isWithin } from "../core/paths.ts";
import type { PlanStep } from "../plan/plan.ts";
import type { PermissionRequest } from "./permission_audit.ts";

/** A permission that was granted: one name of one list, or all of a kind (`null`). */
export interface Grant {
  kind: "read" | "write" | "net" | "env" | "sys" | "ffi";
  value: string | null;
}

/** What became of a step's permissions. */
export interface PermissionUse {
  granted: Grant[];
  used: Grant[];
  unused: Grant[];
  /** Asked for and not granted, sorted. */
  denied: { permission: string; value: string | null }[];
  /** As `permissions` of a pipeline: what was used, a whole kind narrowed to what was asked of it. */
  least: Record<string, string[]>;
}

/**
 * Compares. The runtime does not tell which programs were started nor which modules were loaded, so
 * neither is counted: a folder that is only imported from looks unused.
 */
export function permissionUse(
  step: PlanStep,
  requests: readonly PermissionRequest[],
): PermissionUse {
  const granted = grantsOf(step);
  const used = granted.filter((grant) =>
    requests.some((request) => covers(grant, request))
  );
  const denied = requests.filter((request) =>
    request.permission !== "import" &&
    !granted.some((grant) => covers(grant, request))
  ).map(({ permission, value }) => ({ permission, value }));
  return {
    granted,
    used,
    unused: granted.filter((grant) => !used.includes(grant)),
    denied,
    least: leastOf(used, requests),
  };
}

function grantsOf(step: PlanStep): Grant[] {
  const { permissions } = step;
  const of = (kind: Grant["kind"], list: boolean | readonly string[]) =>
    typeof list === "boolean"
      ? list ? [{ kind, value: null }] : []
      : list.map((value) => ({ kind, value }));
  return [
    ...of("read", permissions.read),
    ...of("write", permissions.write),
    ...of("net", permissions.net),
    ...of("env", Object.keys(step.env).sort()),
    ...of("sys", permissions.sys),
    ...of("ffi", permissions.ffi),
  ];
}

function covers(
  { kind, value }: Grant,
  request: Pick<PermissionRequest, "permission" | "value">,
): boolean {
  if (request.permission !== kind) return false;
  if (value === null) return true;
  if (request.value === null) return false;
  if (kind === "read" || kind === "write" || kind === "ffi") {
    return isWithin(request.value, value);
  }
  if (kind !== "net") return request.value === value;
  const host = hostOf(request.value);
  return host === value || host.replace(/:\d+$/, "") === value;
}

/** A request of `fetch` is told by its whole address. */
function hostOf(value: string): string {
  const url = /^https?:\/\//.test(value) ? URL.parse(value) : null;
  if (url === null) return value;
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return `${url.hostname}:${port}`;
}

function leastOf(
  used: readonly Grant[],
  requests: readonly PermissionRequest[],
): Record<string, string[]> {
  const least: Record<string, Set<string>> = {};
  for (const grant of used) {
    if (grant.kind === "env") continue;
    const values = grant.value !== null
      ? [grant.value]
      : requests.filter((request) => covers(grant, request)).flatMap(
        ({ value }) =>
          value === null ? [] : [
            grant.kind === "net" ? hostOf(value) : value,
          ],
      );
    const set = least[grant.kind] ??= new Set();
    for (const value of values) set.add(value);
  }
  return Object.fromEntries(
    Object.entries(least).map(([kind, values]) => [kind, [...values].sort()]),
  );
}
