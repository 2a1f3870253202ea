/**
 * What a backend does not hold of what the plan asks, said plainly.
 *
 * @module
 */
import type { Backend, Confinement } from "./confinement.ts";
import { cgroupVersion } from "./held_limits.ts";

/**
 * Sentences for the receipt and the dry run, in a fixed order; empty when everything holds.
 */
export function notEnforced(
  confinement: Confinement,
  backend: Backend,
): string[] {
  return [
    ...(confinement.network === "host" && confinement.hosts.length > 0
      ? [
        `The list of hosts (${
          confinement.hosts.join(", ")
        }) is held by the flags of the Deno runtime only`,
      ]
      : []),
    ...limitGaps(confinement, backend),
    ...(backend.name === "landlock" ? kernelGaps(backend.abi) : []),
  ];
}

/** Limits of each process, where no cgroup bounds the step as a whole. */
function limitGaps({ limits }: Confinement, backend: Backend): string[] {
  return [
    ...(limits.memory !== null && cgroupVersion(backend, "memory") === null
      ? [
        "The memory limit holds for the data of each process; of the step as a whole it is looked at 20 times a second (no cgroup)",
      ]
      : []),
    ...(limits.processes !== null &&
        cgroupVersion(backend, "processes") === null
      ? [
        backend.name === "bubblewrap"
          ? "The limit of processes is one of the user in the sandbox (no cgroup)"
          : "The limit of processes counts all processes of the user (no cgroup)",
      ]
      : []),
  ];
}

/** From the oldest gap to those that newer kernels closed. */
function kernelGaps(abi: number): string[] {
  return [
    "Names, links, sizes, modes and times of undeclared files can be seen, and modes, owners, times and attributes of the user's own files be changed",
    "The machine's name, its network addresses and connections and the command lines of other processes can be seen, and the priorities and processors of the user's own be changed",
    "/dev/shm is shared with the machine",
    ...(abi < 3
      ? [
        "Files that the step may read, it can also empty (Landlock below ABI 3)",
      ]
      : []),
    ...(abi < 5
      ? [
        "Devices that the step inherits take any command (Landlock below ABI 5)",
      ]
      : []),
    ...(abi < 6
      ? [
        "Other processes of the user can be signalled, and a process that leaves its group may outlive the step until the run ends (Landlock below ABI 6)",
      ]
      : []),
  ];
}
