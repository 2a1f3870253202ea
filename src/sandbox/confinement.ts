/**
 * A confinement: what a step may see and do, as a value. Backends turn it into their
 * own terms (an argv, rule bytes); the same value goes into what verify recomputes.
 *
 * @module
 */
import type { CacheKind } from "../pipeline/pipeline.ts";
import type { SYSTEM_VIEW } from "../plan/system_view.ts";

/** What a step may see and do. Paths are relative to the workspace root, `.` is the root. */
export interface Confinement {
  view: typeof SYSTEM_VIEW;
  isolation: "namespaces" | "kernel";
  kind: "run" | "deno";
  /** As in the plan; the backend puts the located program in the place of the first. */
  argv: string[];
  cwd: string;
  reads: string[];
  writes: { path: string; starts: "absent" | "folder" | "update" }[];
  scratch: string[];
  /**
   * `none`, a private `loopback`, a loopback whose only way out is a proxy to the `hosts` on a list,
   * or the `host`'s network.
   */
  network: "none" | "loopback" | "hosts" | "host";
  /** `host` or `host:port`, sorted. With the `host`'s network they are the runtime's flags alone. */
  hosts: string[];
  /** Values that the plan sets; the backend adds the fixed ones (`HOME`, `PATH`, …). */
  env: Record<string, string>;
  /** Values that no plan holds, by variable: given as the value itself, or as a file whose path is. */
  secrets: { variable: string; secret: string; as: "value" | "file" }[];
  /** Caches of packages, sorted: the one that the step fills, and those that it is given, read-only. */
  caches: { cache: CacheKind; fills: boolean }[];
  stdin: { text: string } | { file: string } | null;
  limits: StepLimits;
  /** What the flags of a `deno` step are made from; `null` for `run` steps. */
  runtime: {
    read: string[];
    write: string[];
    net: boolean | string[];
    run: string[];
    sys: boolean | string[];
    ffi: boolean | string[];
    env: string[];
    import: string[];
    deny: string[];
  } | null;
}

/** Bounds of a step: times in milliseconds, sizes in bytes, `null` where there is none. */
export interface StepLimits {
  /** Wall time. */
  timeout: number;
  /** Processor time of all processes together. */
  cpu: number | null;
  memory: number | null;
  /** Processes and threads at one time. */
  processes: number | null;
  /** Descriptors that a process may have open at one time. */
  openFiles: number | null;
  /** Size of any one file that it writes. */
  fileSize: number | null;
  /** Standard output and error together. */
  output: number;
}

/** Bounds that hold where the plan sets none. */
export const DEFAULT_LIMITS = {
  /** Ten minutes. */
  timeout: 600_000,
  /** 64 MiB of stdout and stderr together. */
  output: 64 * 1024 * 1024,
} as const;

/** What of the system a step sees, as it lies on this machine. */
export interface SystemFacts {
  arch: "x86_64" | "aarch64";
  /** `/bin`, `/lib`, …: the text of the link, or `null` where it is a folder of its own. */
  top: { path: string; link: string | null }[];
  /** Names of the real `/etc` that a step may read under Landlock, absolute, sorted. */
  etc: string[];
  /** The system's certificate bundle, absolute; `null` where there is none. */
  certificates: string | null;
}

/**
 * Where things lie on this machine for one attempt of one step: facts of the run, kept in
 * `step.started`, from which the backend's argv is recomputed.
 */
export interface HostFacts {
  /** Folder that becomes the step's workspace (`/work` under namespaces). */
  stage: string;
  /**
   * Folders that are mounted read-only into the stage: `path` in the workspace, where an
   * empty folder of the stage waits for it, `source` on this machine. None under Landlock.
   */
  binds: { path: string; source: string }[];
  /** Private, empty, writable folders. In namespaces both are made in memory, and these are not used. */
  home: string;
  tmp: string;
  /** Under Landlock: the private folder with the files of its secrets; `null` where it has none. */
  secrets: string | null;
  /** The made-up `/etc`. */
  etc: string;
  /** Absolute path of the program as it is started, in the view. */
  program: string;
  /** Folders and files outside `/usr` that are mounted read-only at their own path. */
  roots: string[];
  /** Folders that go first in `PATH`. */
  path: string[];
  /** For deno steps: the module cache made for it, which it sees read-only; `null` otherwise. */
  denoDir: string | null;
  /** The folders of the step's caches of packages, in their order. */
  caches: { cache: CacheKind; folder: string }[];
  /** For deno steps: the configuration and lock file of the stage's root, where it has them; `null` otherwise. */
  deno: { config: string | null; lock: string | null } | null;
  /**
   * For a step with a list of hosts: the Deno that is its relay, and the folder with the relay's
   * script and the proxy's socket; `null` otherwise.
   */
  relay: { deno: string; folder: string } | null;
  /** User and group id of the runner. The step has them too, but in namespaces, where they are mapped to 1000. */
  uid: number;
  gid: number;
  system: SystemFacts;
}

/** How a backend starts a step: all that the launcher needs. */
export interface Launch {
  /** Program to start, absolute, and its whole argv (`argv[0]` included). */
  program: string;
  argv: string[];
  env: Record<string, string>;
  cwd: string;
  /** Landlock and seccomp that the launcher applies to itself first; `null` under bubblewrap. */
  kernel: KernelRules | null;
  /**
   * A seccomp filter (`struct sock_filter[]` bytes), base64, and the descriptor on which bubblewrap
   * reads it (`--seccomp`): once all is built and mounted, and before it starts the program. So the
   * program begins when it has been written there. `null` under Landlock.
   */
  seccompFd: { fd: number; filter: string } | null;
  /** Descriptor on which bubblewrap tells whether it started the program at all; `null` under Landlock. */
  statusFd: number | null;
  /**
   * Limits that a cgroup holds, and the descriptors on which the program's shell enters it;
   * `null` where none does.
   */
  cgroup: {
    memory: number | null;
    processes: number | null;
    fds: number[];
  } | null;
  /**
   * What the launcher puts in when it starts the step, and what nothing else holds: values of the
   * environment, on `fd` in bubblewrap's terms or, where that is `null`, as they are; and
   * files, each on a descriptor. `null` for a step without secrets.
   */
  secrets: {
    fd: number | null;
    variables: { variable: string; secret: string }[];
    files: { fd: number; secret: string }[];
  } | null;
  /** Descriptor on which a Deno step's runtime tells what the step asks for; `null` for other steps. */
  auditFd: number | null;
  /** Paths under `root` that must be real folders, without a link on the way, when the step starts. */
  mountPoints: { root: string; paths: string[] } | null;
}

/** Landlock rules and a seccomp filter, as data. */
export interface KernelRules {
  abi: number;
  /** `handled_access_fs`, `handled_access_net`, `scoped` of `struct landlock_ruleset_attr`, as decimal texts. */
  handledFs: string;
  handledNet: string;
  scoped: string;
  /** `access` is cut to what the kind of the path can have; an `optional` path that is missing grants nothing. */
  paths: { path: string; access: string; optional: boolean }[];
  /** seccomp filter (`struct sock_filter[]` bytes), base64. */
  seccomp: string;
}

/** A backend as it was probed on this machine. */
export interface Backend {
  name: "bubblewrap" | "landlock";
  /** bubblewrap's version, or `abi 7`. */
  version: string;
  isolation: "namespaces" | "kernel";
  /** Absolute path of `bwrap`; `null` for landlock. */
  path: string | null;
  /** Landlock ABI; 0 under bubblewrap. */
  abi: number;
  /** What holds, by name, sorted: `mount-namespace`, `landlock-fs`, `seccomp`, … */
  mechanisms: string[];
}
