/**
 * The command of a step: the located program, its arguments, its limits.
 *
 * @module
 */
import type { Confinement, HostFacts } from "./confinement.ts";
import { denoFlags } from "./deno_flags.ts";
import type { HeldLimits } from "./held_limits.ts";
import { RELAY } from "./relay_place.ts";

/**
 * The argv that is started inside, `root` being the workspace as the step sees it. A relay is
 * started and limits are set by a shell that the program then replaces; where that fails no
 * program starts. The limits do not count the relay.
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
  const relayed = confinement.network === "hosts";
  if (!relayed && cgroup === null && processLimits.length === 0) return command;
  const script = [
    ...(relayed ? [START_RELAY] : []),
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

/** The relay stays behind, says when it listens, and holds nothing of the step's. */
const START_RELAY = [
  "{",
  `DENO_DIR=/nonexistent ${RELAY.deno} run -q --no-prompt --no-config --no-lock --no-remote --no-npm --cached-only`,
  `--allow-net=127.0.0.1:${RELAY.port},unix:${RELAY.folder}/${RELAY.socket}`,
  `--allow-read=${RELAY.folder}/${RELAY.socket} --allow-write=${RELAY.folder}/${RELAY.socket}`,
  `${RELAY.folder}/${RELAY.script} </dev/null 2>/dev/null & } | read -r _ || exit 125`,
].join(" ");

/** `-u` is `-p` in dash and busybox. */
function setLimit(option: string): string {
  return option === "-u"
    ? '{ ulimit -u "$1" 2>/dev/null || ulimit -p "$1" || exit 125; }'
    : `ulimit ${option} "$1" || exit 125`;
}
