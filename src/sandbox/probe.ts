/**
 * Which backends work on this machine, found by running each.
 *
 * Edge: files, processes.
 *
 * @module
 */
import { join } from "@std/path/join";
import { buildEtc } from "./build_etc.ts";
import { launchUnder } from "./choose_backend.ts";
import { SYSTEM_VIEW } from "../plan/system_view.ts";
import {
  type Backend,
  type Confinement,
  DEFAULT_LIMITS,
  type HostFacts,
} from "./confinement.ts";
import type { Exited, KernelOffer, Launcher } from "./launcher.ts";
import { cgroupVersion } from "./held_limits.ts";
import { systemFacts } from "./system_facts.ts";

/** Places where distributions put it. Not the caller's `PATH`: what holds the steps is no tool of theirs. */
const BUBBLEWRAP = [
  "/usr/bin/bwrap",
  "/usr/local/bin/bwrap",
  "/bin/bwrap",
  "/run/current-system/sw/bin/bwrap",
];

const KERNEL_MECHANISMS = [
  "landlock-fs",
  "no-capabilities",
  "no-new-privs",
  "seccomp",
];

const NAMESPACE_MECHANISMS = [
  "ipc-namespace",
  "mount-namespace",
  "network-namespace",
  "no-capabilities",
  "pid-namespace",
  "seccomp",
  "user-namespace",
  "uts-namespace",
];

/** A backend, and why it was not taken. */
export interface Probe {
  backends: Backend[];
  /** In sentences, for `doctor`. */
  failures: string[];
}

/** Options of {@linkcode probe}. */
export interface ProbeOptions {
  /** A made-up `/etc` that is there already; else one is made for this. */
  etc?: string;
  /** Stops at the first that holds: of a run no step is held by a weaker one. */
  strongestOnly?: boolean;
}

/**
 * Tries each backend: a step must run and say what it should, and the same step must fail to
 * read a file that it was not given. The strongest comes first.
 */
export async function probe(
  launcher: Launcher,
  options: ProbeOptions = {},
): Promise<Probe> {
  const folder = await Deno.makeTempDir({ prefix: "writ-probe-" });
  try {
    const etc = options.etc ??
      await buildEtc(join(folder, "etc"), { network: false });
    const host = await probeHost(folder, etc);
    const backends: Backend[] = [];
    const failures: string[] = [];
    for (const candidates of await candidateBackends(launcher)) {
      const why = new Set<string>();
      for (const backend of candidates) {
        const failure = await tryBackend(launcher, backend, host, folder);
        if (failure === null) {
          backends.push(backend);
          break;
        }
        why.add(`${backend.name} ${backend.version}: ${failure}`);
      }
      // A fuller form than the one that holds may have failed: that is told too.
      failures.push(...why);
      if (options.strongestOnly && backends.length > 0) break;
    }
    return { backends, failures };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** By backend, the fullest form first. */
async function candidateBackends(launcher: Launcher): Promise<Backend[][]> {
  const candidates: Backend[][] = [];
  const groups = cgroupMechanisms(launcher.offer.cgroups);
  for (const path of BUBBLEWRAP) {
    const version = await bubblewrapVersion(path);
    if (version === null) continue;
    const backend = (mechanisms: string[]): Backend => ({
      name: "bubblewrap",
      version,
      isolation: "namespaces",
      path,
      abi: 0,
      mechanisms: mechanisms.toSorted(),
    });
    candidates.push(withAndWithout(groups, [
      backend([...NAMESPACE_MECHANISMS, "disable-userns"]),
      backend(NAMESPACE_MECHANISMS),
    ]));
    break;
  }
  const abi = launcher.offer.landlock;
  if (abi > 0) {
    candidates.push(withAndWithout(groups, [{
      name: "landlock",
      version: `abi ${abi}`,
      isolation: "kernel",
      path: null,
      abi,
      mechanisms: [
        ...KERNEL_MECHANISMS,
        ...(abi >= 4 ? ["landlock-net"] : []),
        ...(abi >= 6 ? ["landlock-scope"] : []),
      ].toSorted(),
    }]));
  }
  return candidates;
}

/** `cgroup-v2-memory`, …: what the launcher could make. */
function cgroupMechanisms(offer: KernelOffer["cgroups"]): string[] {
  return Object.entries(offer).flatMap(([limit, version]) =>
    version === null ? [] : [`cgroup-v${version}-${limit}`]
  );
}

/** A backend that holds without cgroups is better than none. */
function withAndWithout(groups: string[], backends: Backend[]): Backend[] {
  if (groups.length === 0) return backends;
  return [
    ...backends.map((backend) => ({
      ...backend,
      mechanisms: [...backend.mechanisms, ...groups].toSorted(),
    })),
    ...backends,
  ];
}

async function bubblewrapVersion(path: string): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command(path, {
      args: ["--version"],
      clearEnv: true,
      stdin: "null",
      stderr: "null",
    }).output();
    const text = new TextDecoder().decode(stdout).trim();
    return success ? text.replace(/^bubblewrap /, "") : null;
  } catch (error) {
    // What is not there, or cannot be started, holds nothing: it is as good as absent.
    if (!(error instanceof Deno.errors.NotCapable)) return null;
    throw error;
  }
}

/** Host facts of a step that is only tried: empty folders below `folder`. */
export async function probeHost(
  folder: string,
  etc: string,
): Promise<HostFacts> {
  const system = await systemFacts();
  const host: HostFacts = {
    stage: join(folder, "stage"),
    binds: [],
    home: join(folder, "home"),
    tmp: join(folder, "tmp"),
    etc,
    secrets: null,
    program: "/bin/sh",
    roots: [],
    path: [],
    denoDir: null,
    caches: [],
    deno: null,
    relay: null,
    uid: Deno.uid() ?? 0,
    gid: Deno.gid() ?? 0,
    system,
  };
  for (const path of [host.stage, host.home, host.tmp]) {
    await Deno.mkdir(path);
  }
  return host;
}

/** `null` when it holds, else what went wrong. */
async function tryBackend(
  launcher: Launcher,
  backend: Backend,
  host: HostFacts,
  folder: string,
): Promise<string | null> {
  const canary = join(folder, "canary");
  await Deno.writeTextFile(canary, "canary");
  await Deno.writeTextFile(join(host.stage, "given"), "given");
  const script = 'cat given && echo " ran" && ! cat "$0"';
  const confinement: Confinement = {
    view: SYSTEM_VIEW,
    isolation: backend.isolation,
    kind: "run",
    argv: ["sh", "-c", script, canary],
    cwd: ".",
    reads: ["given"],
    writes: [],
    scratch: [],
    network: "none",
    hosts: [],
    env: {},
    secrets: [],
    caches: [],
    stdin: null,
    limits: {
      timeout: 10_000,
      cpu: null,
      // Set where a cgroup holds it, so that this is tried too.
      memory: cgroupVersion(backend, "memory") === null ? null : 1 << 28,
      processes: cgroupVersion(backend, "processes") === null ? null : 64,
      openFiles: null,
      fileSize: null,
      output: DEFAULT_LIMITS.output,
    },
    runtime: null,
  };
  let output = "";
  let complaint = "";
  let end: Exited;
  try {
    end = await launcher.spawn(launchUnder(backend, confinement, host), {
      stdin: null,
      stdout: (chunk) => void (output += new TextDecoder().decode(chunk)),
      stderr: (chunk) => void (complaint += new TextDecoder().decode(chunk)),
      audit: () => {},
      limits: confinement.limits,
      secrets: new Map(),
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  if (output.includes("canary")) return "it shows files that were not given";
  if (end.exit !== 0 || output !== "given ran\n") {
    return `a step did not run (exit ${end.exit}): ${complaint.trim()}`;
  }
  return null;
}
