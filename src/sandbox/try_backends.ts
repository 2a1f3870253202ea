/**
 * Tries each backend with acts that it should stop, and with steps that exceed each limit.
 *
 * Edge: files, processes.
 *
 * @module
 */
import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import { isWritError, WritError } from "../core/errors.ts";
import { isBeneath } from "../core/paths.ts";
import { buildEtc } from "./build_etc.ts";
import { launchUnder } from "./choose_backend.ts";
import { SYSTEM_VIEW } from "../plan/system_view.ts";
import {
  type Backend,
  type Confinement,
  DEFAULT_LIMITS,
  type HostFacts,
} from "./confinement.ts";
import { requireLimits } from "./held_limits.ts";
import type { Exited, Launcher } from "./launcher.ts";
import { probeHost } from "./probe.ts";
import { syscallNumbers } from "./syscalls.ts";
import { startHelper, type TrialHelper } from "./trial_helper.ts";
import { LIMIT_TRIALS, TRIALS } from "./trial_table.ts";
import { trialsSource } from "./trials.js";

/** What became of a trial: `untried` where it does nothing here even without a sandbox. */
export type Held = "holds" | "open" | "untried";

/** One row: by the name of a backend, whether it stopped the act, and a word on it. */
export interface TrialRow {
  id: string;
  what: string;
  under: Record<string, { held: Held; by: string | null }>;
}

/** Tries all `backends`; some tenths of a second each. */
export async function tryBackends(
  launcher: Launcher,
  backends: readonly Backend[],
): Promise<TrialRow[]> {
  const folder = await Deno.makeTempDir({ prefix: "writ-trial-" });
  try {
    await using helper = await startHelper(join(folder, "outside"));
    const place = await Place.make(folder, helper);
    const control = await place.control();
    const rows: TrialRow[] = [...TRIALS, ...LIMIT_TRIALS.map(limitTrial)]
      .map(({ id, what }) => ({ id, what, under: {} }));
    for (const backend of backends) {
      const done = await place.acts(launcher, backend);
      for (const { id, by } of TRIALS) {
        // Of a step that said nothing it is not known what it did.
        const held = control[id] !== true
          ? "untried"
          : done?.[id] === false
          ? "holds"
          : "open";
        put(rows, id, backend, held, by[backend.name]);
      }
      for (const trial of LIMIT_TRIALS) {
        const { held, by } = await place.limit(launcher, backend, trial);
        put(rows, limitTrial(trial).id, backend, held, by);
      }
    }
    return rows;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function limitTrial({ limit }: { limit: string }) {
  return { id: `limit.${limit}`, what: `exceed limits.${limit}` };
}

function put(
  rows: readonly TrialRow[],
  id: string,
  { name }: Backend,
  held: Held,
  by: string | null,
): void {
  rows.find((row) => row.id === id)!.under[name] = { held, by };
}

type Done = Record<string, boolean>;

/** Where steps are tried. */
class Place {
  readonly #host: HostFacts;
  readonly #helper: TrialHelper;
  #tries = 0;

  private constructor(host: HostFacts, helper: TrialHelper) {
    this.#host = host;
    this.#helper = helper;
  }

  static async make(folder: string, helper: TrialHelper): Promise<Place> {
    const etc = await buildEtc(join(folder, "etc"), { network: false });
    const deno = Deno.execPath();
    const host = await probeHost(folder, etc);
    await Deno.writeTextFile(join(host.stage, "trials.js"), trialsSource());
    return new Place({
      ...host,
      roots: isBeneath(deno, "/usr") ? [] : [dirname(deno)],
    }, helper);
  }

  /**
   * What is done without a sandbox.
   *
   * @throws {WritError} `sandbox.unavailable` when nothing can be tried: what the trials would say of a sandbox then is nothing.
   */
  async control(): Promise<Done> {
    const { mark, argv } = this.#trials();
    const { stdout, stderr } = await new Deno.Command(argv[0], {
      args: argv.slice(1),
      cwd: this.#host.stage,
      clearEnv: true,
      env: TRIAL_ENV,
      stdin: "null",
    }).output();
    const done = await this.#judge(new TextDecoder().decode(stdout), mark);
    if (done !== null) return done;
    const why = new TextDecoder().decode(stderr).trim() || "it said nothing";
    throw new WritError(
      "sandbox.unavailable",
      `Cannot try the sandbox: the program that tries it does not run outside of one either: ${why}`,
    );
  }

  /** What is done under a backend. */
  async acts(launcher: Launcher, backend: Backend): Promise<Done | null> {
    const { mark, argv } = this.#trials();
    const { out } = await this.#run(launcher, backend, argv, {});
    return await this.#judge(out, mark);
  }

  /** Whether a step that exceeds a limit is ended by it. */
  async limit(
    launcher: Launcher,
    backend: Backend,
    { limit, value, script }: typeof LIMIT_TRIALS[number],
  ): Promise<{ held: Held; by: string | null }> {
    const limits = { [limit]: value };
    const group = backend.mechanisms.find((name) =>
      name.startsWith("cgroup-") && name.endsWith(`-${limit}`)
    );
    try {
      requireLimits(
        { kind: "run", limits: { ...LIMITS, ...limits } },
        backend,
        this.#host.uid,
      );
    } catch (error) {
      if (!isWritError(error, "sandbox.cannot_hold")) throw error;
      return { held: "open", by: null };
    }
    const { end } = await this.#run(
      launcher,
      backend,
      ["/bin/sh", "-c", script],
      limits,
    );
    const held = end?.limits.includes(`limit.${limit}`) ?? false;
    return { held: held ? "holds" : "open", by: group ?? BY_LIMIT[limit] };
  }

  #trials(): { mark: string; argv: string[] } {
    const { pid, port, socket, folder, canary } = this.#helper;
    const mark = `try-${++this.#tries}`;
    const { arch } = this.#host.system;
    const facts = {
      ...{ pid, port, socket, folder, canary, mark },
      numbers: syscallNumbers(arch),
    };
    return {
      mark,
      argv: [
        Deno.execPath(),
        "run",
        "-A",
        "-q",
        "--no-config",
        "--no-lock",
        "--no-remote",
        "--cached-only",
        "--unstable-net",
        "trials.js",
        JSON.stringify(facts),
      ],
    };
  }

  /** What says of itself that it was sent counts only where it was heard. */
  async #judge(out: string, mark: string): Promise<Done | null> {
    if (out === "") return null;
    const done: Done = JSON.parse(out);
    const heard = await this.#helper.heard(mark, done);
    return {
      ...done,
      tcp: heard("tcp"),
      udp: heard("udp"),
      unix: heard("unix"),
    };
  }

  async #run(
    launcher: Launcher,
    backend: Backend,
    argv: string[],
    limits: Partial<Confinement["limits"]>,
  ): Promise<{ end: Exited | null; out: string }> {
    const confinement: Confinement = {
      view: SYSTEM_VIEW,
      isolation: backend.isolation,
      kind: "run",
      argv,
      cwd: ".",
      reads: [],
      writes: [],
      scratch: [],
      network: "none",
      hosts: [],
      env: TRIAL_ENV,
      secrets: [],
      caches: [],
      stdin: null,
      limits: { ...LIMITS, ...limits },
      runtime: null,
    };
    let out = "";
    const host = { ...this.#host, program: argv[0] };
    const end = await launcher.spawn(launchUnder(backend, confinement, host), {
      stdin: null,
      stdout: (chunk) => void (out += new TextDecoder().decode(chunk)),
      stderr: () => {},
      audit: () => {},
      limits: confinement.limits,
      secrets: new Map(),
    });
    return { end, out };
  }
}

/** A user without a home has no cache either. */
const TRIAL_ENV = {
  NO_COLOR: "1",
  DENO_NO_UPDATE_CHECK: "1",
  DENO_DIR: "/nonexistent",
};

const LIMITS: Confinement["limits"] = {
  timeout: 20_000,
  cpu: null,
  memory: null,
  processes: null,
  openFiles: null,
  fileSize: null,
  output: DEFAULT_LIMITS.output,
};

/** What holds a limit without a cgroup. */
const BY_LIMIT: Record<typeof LIMIT_TRIALS[number]["limit"], string> = {
  timeout: "launcher",
  output: "launcher",
  cpu: "launcher, rlimit",
  memory: "launcher, rlimit",
  processes: "launcher, rlimit",
  openFiles: "launcher, rlimit",
  fileSize: "rlimit",
};
