/**
 * A confinement in the kernel's own terms: Landlock rules and a seccomp filter, which the
 * launcher sets on itself before it starts the step. Nothing has to be installed.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { type CachePlace, cachePlaces } from "./caches.ts";
import type {
  Backend,
  Confinement,
  HostFacts,
  KernelRules,
  Launch,
} from "./confinement.ts";
import { AUDIT_FD, stepEnvironment } from "./environment.ts";
import { holdLimits } from "./held_limits.ts";
import {
  handledFiles,
  handledNetwork,
  HIGHEST_ABI,
  RIGHTS,
  scoped,
} from "./landlock_rights.ts";
import { seccompText } from "./seccomp.ts";
import { stepCommand } from "./step_command.ts";
import { inView, outermost } from "./view_paths.ts";

/** The first descriptor after the three of every program. */
const FIRST_CGROUP_FD = 3;

/** Devices that shells, compilers and runtimes open. */
const DEVICES = ["null", "zero", "full", "random", "urandom", "tty"];

/**
 * How a step starts under Landlock. The same input gives the same launch.
 *
 * @throws {WritError} `sandbox.cannot_hold` for a private loopback, read-only folders in the
 * stage, or a limit that would not bind; `sandbox.unavailable` without Landlock.
 */
export function landlock(
  confinement: Confinement,
  host: HostFacts,
  backend: Backend,
): Launch {
  requireHeldNetwork(confinement);
  if (host.binds.length > 0) {
    throw new WritError(
      "sandbox.cannot_hold",
      `Cannot mount "${
        host.binds[0].path
      }" into the stage: landlock has no mounts, the stage must be filled`,
    );
  }
  if (host.roots.includes("/")) {
    throw new WritError(
      "sandbox.cannot_hold",
      'Cannot show the tool folder "/" to the step: that is the whole machine',
    );
  }
  if (backend.abi < 1) {
    throw new WritError(
      "sandbox.unavailable",
      "Cannot use Landlock: the kernel does not offer it",
      {
        hint:
          "Landlock needs Linux 5.13 or newer, with landlock in its lsm list",
      },
    );
  }
  const limits = holdLimits(confinement, backend, host.uid, FIRST_CGROUP_FD);
  const caches = cachePlaces(confinement, host);
  const argv = stepCommand(confinement, host, host.stage, limits);
  return {
    program: argv[0],
    argv,
    env: stepEnvironment(confinement, host, {
      home: host.home,
      tmp: host.tmp,
      denoDir: host.denoDir,
      caches: caches.map((place) => ({ ...place, at: place.folder })),
      secrets: host.secrets,
      certificates: host.system.certificates,
    }),
    cwd: inView(host.stage, confinement.cwd),
    kernel: kernelRules(
      confinement,
      host,
      caches,
      Math.min(backend.abi, HIGHEST_ABI),
    ),
    seccompFd: null,
    statusFd: null,
    cgroup: limits.cgroup,
    auditFd: confinement.kind === "deno" ? AUDIT_FD : null,
    // The files lie in the step's folder already.
    secrets: confinement.secrets.length === 0 ? null : {
      fd: null,
      variables: confinement.secrets.filter(({ as }) => as === "value")
        .map(({ variable, secret }) => ({ variable, secret })),
      files: [],
    },
    mountPoints: null,
  };
}

/**
 * Requires that Landlock can hold a step's network: it knows ports and no hosts, and gives no
 * loopback of the step's own.
 *
 * @throws {WritError} `sandbox.cannot_hold`
 */
export function requireHeldNetwork(
  { network }: Pick<Confinement, "network">,
): void {
  const wrong = network === "loopback"
    ? "Cannot give the step a loopback of its own: landlock gives no private loopback"
    : network === "hosts"
    ? "Cannot hold the step to its list of hosts: landlock knows ports and no hosts"
    : null;
  if (wrong === null) return;
  throw new WritError("sandbox.cannot_hold", wrong, {
    hint:
      'Install bubblewrap (apt-get install bubblewrap), or set "net": true, which a reviewer then sees',
  });
}

function kernelRules(
  confinement: Confinement,
  host: HostFacts,
  caches: readonly CachePlace[],
  abi: number,
): KernelRules {
  const online = confinement.network === "host";
  const files = handledFiles(abi);
  const rule = (path: string, access: bigint, optional = false) => ({
    path,
    access: (access & files).toString(),
    optional,
  });
  return {
    abi,
    handledFs: files.toString(),
    handledNet: (online ? 0n : handledNetwork(abi)).toString(),
    scoped: scoped(abi).toString(),
    paths: [
      rule(host.stage, RIGHTS.all),
      rule(host.home, RIGHTS.all),
      rule(host.tmp, RIGHTS.all),
      ...(host.secrets === null ? [] : [rule(host.secrets, RIGHTS.read)]),
      rule("/usr", RIGHTS.readAndRun),
      ...host.system.top.map(({ path }) => rule(path, RIGHTS.readAndRun)),
      ...host.system.etc.filter((path) => online || !NETWORK_FILES.has(path))
        .map((path) => rule(path, RIGHTS.read, true)),
      // Reading only: as root, writing would reach the kernel's settings.
      rule("/proc", RIGHTS.read),
      ...DEVICES.map((name) => rule(`/dev/${name}`, RIGHTS.device, true)),
      rule("/dev/shm", RIGHTS.all, true),
      ...outermost(host.roots).map((path) => rule(path, RIGHTS.readAndRun)),
      ...(host.denoDir === null ? [] : [rule(host.denoDir, RIGHTS.readAndRun)]),
      ...caches.map(({ folder, fills }) =>
        rule(folder, fills ? RIGHTS.all : RIGHTS.readAndRun)
      ),
    ],
    seccomp: seccompText({
      arch: host.system.arch,
      inet: online,
      unix: false,
      shared: true,
      truncate: abi >= 3,
    }),
  };
}

/** Files that say something of the network, of use only with one. */
const NETWORK_FILES: ReadonlySet<string> = new Set([
  "/etc/hosts",
  "/etc/resolv.conf",
]);
