/**
 * A confinement in bubblewrap's terms: undeclared paths, processes and networks do not exist.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { isBeneath } from "../core/paths.ts";
import { cachePlaces } from "./caches.ts";
import type { Backend, Confinement, HostFacts, Launch } from "./confinement.ts";
import { AUDIT_FD, stepEnvironment } from "./environment.ts";
import { holdLimits } from "./held_limits.ts";
import { RELAY } from "./relay_place.ts";
import { seccompText } from "./seccomp.ts";
import { stepCommand } from "./step_command.ts";
import { inView, outermost, VIEW } from "./view_paths.ts";

/** Descriptors that the launcher opens for bubblewrap. */
const SECCOMP_FD = 3;
const STATUS_FD = 4;
const FIRST_CGROUP_FD = 5;
const SECRET_ARGS_FD = 7;
const FIRST_SECRET_FD = 8;
const MOST_SECRET_FILES = AUDIT_FD - FIRST_SECRET_FD;

/** User and group id inside, on every machine: a tool must not behave as root does. */
export const STEP_UID = 1000;

/** Mounts whose inside Writ does not make: nothing may be mounted beneath them. */
const FIXED = [
  "/dev",
  "/etc",
  "/proc",
  "/run",
  VIEW.work,
  VIEW.denoDir,
  VIEW.caches,
];

/**
 * How bubblewrap starts a step. The same input gives the same argv.
 *
 * Not `--as-pid-1`: a program that is process 1 does not die of its own signals (`kill $$`,
 * a broken pipe). Instead the launcher, a subreaper, waits for bubblewrap's process 1 too,
 * whose usage counts the step's, and after which nothing of the step lives.
 *
 * @throws {WritError} `sandbox.cannot_hold` for a tool root or bind at a place that is taken,
 * or a limit that would not bind.
 */
export function bubblewrap(
  confinement: Confinement,
  host: HostFacts,
  backend: Backend,
): Launch {
  if (backend.path === null) {
    throw new WritError(
      "sandbox.unavailable",
      "Cannot use bubblewrap: it was not found",
      { hint: "apt-get install bubblewrap" },
    );
  }
  const { network } = confinement;
  const limits = holdLimits(confinement, backend, host.uid, FIRST_CGROUP_FD);
  const caches = cachePlaces(confinement, host).map((place) => ({
    ...place,
    at: `${VIEW.caches}/${place.cache}`,
  }));
  const env = stepEnvironment(confinement, host, {
    home: VIEW.home,
    tmp: VIEW.tmp,
    denoDir: host.denoDir === null ? null : VIEW.denoDir,
    caches,
    secrets: VIEW.secrets,
    certificates: host.system.certificates === null ? null : VIEW.certificates,
  });
  const secrets = secretsOf(confinement);
  const argv = [
    backend.path,
    "--unshare-user",
    "--unshare-all",
    ...(network === "host" ? ["--share-net"] : []),
    ...(backend.mechanisms.includes("disable-userns")
      ? ["--disable-userns"]
      : []),
    ...["--die-with-parent", "--new-session"],
    ...["--cap-drop", "ALL"],
    ...["--hostname", "writ"],
    ...["--uid", `${STEP_UID}`, "--gid", `${STEP_UID}`],
    "--clearenv",
    ...Object.entries(env).flatMap((
      [name, value],
    ) => ["--setenv", name, value]),
    // On a descriptor, since anybody on the machine may read a command line.
    ...(secrets === null || secrets.fd === null
      ? []
      : ["--args", `${secrets.fd}`]),
    ...systemMounts(host),
    ...(secrets?.files ?? []).flatMap(({ fd, secret }) => [
      ...["--perms", "0400", "--file", `${fd}`, `${VIEW.secrets}/${secret}`],
    ]),
    ...toolMounts(host.roots),
    ...relayMounts(confinement, host),
    ...(host.denoDir === null ? [] : ["--ro-bind", host.denoDir, VIEW.denoDir]),
    ...caches.flatMap(({ fills, folder, at }) => [
      fills ? "--bind" : "--ro-bind",
      folder,
      at,
    ]),
    ...["--bind", host.stage, VIEW.work],
    ...bindMounts(host.binds),
    ...["--remount-ro", "/"],
    ...["--chdir", inView(VIEW.work, confinement.cwd)],
    ...["--seccomp", `${SECCOMP_FD}`],
    ...["--json-status-fd", `${STATUS_FD}`],
    "--",
    ...stepCommand(confinement, host, VIEW.work, limits),
  ];
  return {
    program: backend.path,
    argv,
    env: {},
    cwd: "/",
    kernel: null,
    seccompFd: {
      fd: SECCOMP_FD,
      filter: seccompText({
        arch: host.system.arch,
        inet: true,
        // Of a network of its own, a step reaches no socket but its own and that of its proxy.
        unix: network === "loopback" || network === "hosts",
        shared: false,
        truncate: true,
      }),
    },
    statusFd: STATUS_FD,
    cgroup: limits.cgroup,
    auditFd: confinement.kind === "deno" ? AUDIT_FD : null,
    secrets,
    mountPoints: {
      root: host.stage,
      paths: host.binds.map(({ path }) => path),
    },
  };
}

function secretsOf({ secrets }: Confinement): Launch["secrets"] {
  if (secrets.length === 0) return null;
  const variables = secrets.filter(({ as }) => as === "value")
    .map(({ variable, secret }) => ({ variable, secret }));
  const files = secrets.filter(({ as }) => as === "file")
    .map(({ secret }) => secret);
  if (files.length > MOST_SECRET_FILES) {
    throw new WritError(
      "sandbox.cannot_hold",
      `Cannot give the step ${files.length} files with secrets: there is room for ${MOST_SECRET_FILES}`,
    );
  }
  return {
    fd: variables.length === 0 ? null : SECRET_ARGS_FD,
    variables,
    files: [...new Set(files)].map((secret, at) => ({
      fd: FIRST_SECRET_FD + at,
      secret,
    })),
  };
}

function systemMounts(host: HostFacts): string[] {
  return [
    ...["--tmpfs", "/"],
    ...["--ro-bind", "/usr", "/usr"],
    ...host.system.top.flatMap(({ path, link }) =>
      link === null ? ["--ro-bind", path, path] : ["--symlink", link, path]
    ),
    ...["--ro-bind", host.etc, "/etc"],
    ...["--proc", "/proc"],
    // Where the runner is root, the step owns the kernel's settings below /proc/sys.
    ...["--remount-ro", "/proc"],
    ...["--dev", "/dev"],
    ...["--tmpfs", VIEW.tmp],
    ...["--tmpfs", "/var/tmp"],
    ...["--tmpfs", VIEW.home],
  ];
}

function relayMounts(
  { network }: Confinement,
  { relay }: HostFacts,
): string[] {
  if ((network === "hosts") !== (relay !== null)) {
    throw new WritError(
      "sandbox.cannot_hold",
      "Cannot hold the step to its hosts: it has no proxy",
    );
  }
  if (relay === null) return [];
  return [
    ...["--ro-bind", relay.deno, RELAY.deno],
    ...["--ro-bind", relay.folder, RELAY.folder],
  ];
}

/** Mounted at their own paths, after the folders in memory: a tool may lie below /tmp. */
function toolMounts(roots: string[]): string[] {
  return outermost(roots).filter((root) => !isBeneath(root, "/usr"))
    .flatMap((root) => {
      const taken = FIXED.find((path) =>
        isBeneath(root, path) || isBeneath(path, root)
      );
      if (taken !== undefined || root === "/") {
        throw new WritError(
          "sandbox.cannot_hold",
          `Cannot show the tool folder "${root}" to the step: the sandbox uses "${
            taken ?? "/"
          }" itself`,
          { hint: "Keep tools in a folder of their own, such as /opt" },
        );
      }
      return ["--ro-bind", root, root];
    });
}

/** Only onto empty folders of the stage: beneath another bind, a planted link could lead the mount elsewhere. */
function bindMounts(binds: HostFacts["binds"]): string[] {
  const paths = binds.map(({ path }) => path);
  const bad = paths.find((path, index) =>
    path === "." || path.startsWith("/") ||
    path.split("/").some((part) => part === "" || part === "..") ||
    paths.some((other, at) => at !== index && isBeneath(path, other))
  );
  if (bad !== undefined) {
    throw new WritError(
      "sandbox.cannot_hold",
      `Cannot mount a folder at "${bad}": it is the root, no plain path, or beneath another mount`,
    );
  }
  return [...binds].sort((a, b) => a.path < b.path ? -1 : 1).flatMap((bind) => [
    "--ro-bind",
    bind.source,
    inView(VIEW.work, bind.path),
  ]);
}
