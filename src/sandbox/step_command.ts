/**
 * The command of a step: the located program, its arguments, its limits.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import type { Confinement, HostFacts } from "./confinement.ts";
import { denoFlags } from "./deno_flags.ts";

/** `-u` is `-p` in dash and busybox. A limit that cannot be set must not let the program start. */
const PROCESSES =
  '{ ulimit -u "$1" 2>/dev/null || ulimit -p "$1" || exit 125; }; shift; ';
const MEMORY = 'ulimit -d "$1" || exit 125; shift; ';

/**
 * The argv that is started inside, `root` being the workspace as the step sees it. Limits of
 * memory and processes become `ulimit` of a shell that the program then replaces.
 *
 * @throws {WritError} `sandbox.cannot_hold` for a limit that would not bind.
 */
export function stepCommand(
  confinement: Confinement,
  host: HostFacts,
  root: string,
): string[] {
  const { memory, processes } = confinement.limits;
  const command = confinement.kind === "deno"
    ? [host.program, ...denoFlags(confinement, root, host.deno)]
    : [host.program, ...confinement.argv.slice(1)];
  if (memory === null && processes === null) return command;
  if (memory !== null && confinement.kind === "deno") {
    throw new WritError(
      "sandbox.cannot_hold",
      "Cannot limit the memory of a deno step: Deno reserves far more address space than it uses, so this needs a cgroup, which this version does not set up",
      { hint: "Remove limits.memory from the step" },
    );
  }
  if (processes !== null && host.uid === 0) {
    throw new WritError(
      "sandbox.cannot_hold",
      "Cannot limit the number of processes: the limit does not bind root",
      { hint: "Run Writ as a user other than root" },
    );
  }
  const script = (memory === null ? "" : MEMORY) +
    (processes === null ? "" : PROCESSES) + 'exec "$@"';
  return [
    "/bin/sh",
    "-c",
    script,
    "sh",
    ...(memory === null ? [] : [String(Math.ceil(memory / 1024))]),
    ...(processes === null ? [] : [String(processes)]),
    ...command,
  ];
}
