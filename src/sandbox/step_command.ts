/**
 * The command of a step: the located program, its arguments, its limits.
 *
 * @module
 */
import type { Confinement, HostFacts } from "./confinement.ts";
import { denoFlags } from "./deno_flags.ts";
import type { HeldLimits } from "./held_limits.ts";

/**
 * The argv that is started inside, `root` being the workspace as the step sees it. Limits are
 * set by a shell that the program then replaces; one that cannot be set lets no program start.
 */
export function stepCommand(
  confinement: Confinement,
  host: HostFacts,
  root: string,
  { cgroup, processLimits }: HeldLimits,
): string[] {
  const command = confinement.kind === "deno"
    ? [host.program, ...denoFlags(confinement, root, host.deno)]
    : [host.program, ...confinement.argv.slice(1)];
  if (cgroup === null && processLimits.length === 0) return command;
  const script = [
    ...(cgroup?.fds ?? []).map((fd) => `echo 0 >&${fd} || exit 125`),
    ...(cgroup === null
      ? []
      : [`exec ${cgroup.fds.map((fd) => `${fd}>&-`).join(" ")}`]),
    ...processLimits.map(({ option }) => `${setLimit(option)}; shift`),
    'exec "$@"',
  ].join("; ");
  return [
    "/bin/sh",
    "-c",
    script,
    "sh",
    ...processLimits.map(({ value }) => String(value)),
    ...command,
  ];
}

/** `-u` is `-p` in dash and busybox. */
function setLimit(option: string): string {
  return option === "-u"
    ? '{ ulimit -u "$1" 2>/dev/null || ulimit -p "$1" || exit 125; }'
    : `ulimit ${option} "$1" || exit 125`;
}
