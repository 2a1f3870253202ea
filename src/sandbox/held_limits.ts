/**
 * By what the limits of a step are held: control groups where there are, else limits of each
 * process, which a shell sets before it becomes the program.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import type { Backend, Confinement, Launch } from "./confinement.ts";

/** How the limits of one step are held. */
export interface HeldLimits {
  /** Entered by the shell; `null` where no cgroup holds anything. */
  cgroup: Launch["cgroup"];
  /** Options of `ulimit` and their values, in the order in which they are set. */
  processLimits: { option: string; value: number }[];
}

/** Where the size of files is counted in. Source: POSIX, `ulimit -f`. */
const BLOCK = 512;

/**
 * Matches the limits with what the backend has. `uid` is the runner's, `fd` the first descriptor
 * that a cgroup may take.
 *
 * @throws {WritError} `sandbox.cannot_hold` for a limit that would not bind.
 */
export function holdLimits(
  { limits, kind }: Pick<Confinement, "limits" | "kind">,
  backend: Backend,
  uid: number,
  fd: number,
): HeldLimits {
  requireLimits({ limits, kind }, backend, uid);
  const memory = cgroupVersion(backend, "memory");
  const processes = cgroupVersion(backend, "processes");
  const grouped = {
    memory: memory === null ? null : limits.memory,
    processes: processes === null ? null : limits.processes,
  };
  // Version 2 has one folder for both.
  const versions = new Set([
    ...(grouped.memory === null ? [] : [memory === 2 ? "2" : "1 memory"]),
    ...(grouped.processes === null ? [] : [processes === 2 ? "2" : "1 pids"]),
  ]);
  return {
    cgroup: versions.size === 0
      ? null
      : { ...grouped, fds: [...versions].map((_, at) => fd + at) },
    processLimits: processLimits(limits, grouped, backend),
  };
}

/**
 * Refuses what would not bind. `uid` is the runner's.
 *
 * @throws {WritError} `sandbox.cannot_hold`
 */
export function requireLimits(
  { limits, kind }: Pick<Confinement, "limits" | "kind">,
  backend: Backend,
  uid: number,
): void {
  const memory = cgroupVersion(backend, "memory");
  const processes = cgroupVersion(backend, "processes");
  if (limits.memory !== null && memory === null && kind === "deno") {
    throw new WritError(
      "sandbox.cannot_hold",
      "Cannot limit the memory of a deno step: Deno reserves far more address space than it uses, so this needs a cgroup, and none can be made here",
      { hint: NEEDS_CGROUP },
    );
  }
  if (limits.processes !== null && processes === null && uid === 0) {
    throw new WritError(
      "sandbox.cannot_hold",
      "Cannot limit the number of processes: without a cgroup the limit does not bind root, and none can be made here",
      { hint: `${NEEDS_CGROUP}, or run Writ as a user other than root` },
    );
  }
}

/** The version of cgroups by which a backend holds a limit; `null` where it has none. */
export function cgroupVersion(
  { mechanisms }: Pick<Backend, "mechanisms">,
  limit: "memory" | "processes",
): 1 | 2 | null {
  if (mechanisms.includes(`cgroup-v2-${limit}`)) return 2;
  return mechanisms.includes(`cgroup-v1-${limit}`) ? 1 : null;
}

/**
 * One more than allowed where the launcher looks after it: what has more has gone beyond, while
 * who has as many may have meant to.
 */
function processLimits(
  limits: Confinement["limits"],
  grouped: { memory: number | null; processes: number | null },
  { name }: Backend,
): HeldLimits["processLimits"] {
  const { cpu, memory, processes, openFiles, fileSize } = limits;
  const all: { option: string; value: number | null }[] = [
    { option: "-t", value: cpu === null ? null : Math.ceil(cpu / 1000) + 1 },
    {
      option: "-d",
      value: memory === null || grouped.memory !== null
        ? null
        : Math.ceil(memory / 1024),
    },
    { option: "-n", value: openFiles === null ? null : openFiles + 1 },
    {
      option: "-f",
      value: fileSize === null ? null : Math.ceil(fileSize / BLOCK) + 1,
    },
    {
      option: "-u",
      // bubblewrap's own process counts.
      value: processes === null || grouped.processes !== null
        ? null
        : processes + (name === "bubblewrap" ? 2 : 1),
    },
  ];
  return all.filter((one): one is HeldLimits["processLimits"][number] =>
    one.value !== null
  );
}

const NEEDS_CGROUP =
  "Run Writ where it may make cgroups: systemd-run --user --scope deno task execute …";
