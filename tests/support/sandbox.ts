/**
 * Steps for the tests of the sandbox: a launcher, its backends, folders made by hand.
 *
 * @module
 */
import { join } from "@std/path/join";
import { buildEtc } from "../../src/sandbox/build_etc.ts";
import { launchUnder } from "../../src/sandbox/choose_backend.ts";
import type {
  Backend,
  Confinement,
  HostFacts,
  StepLimits,
} from "../../src/sandbox/confinement.ts";
import {
  type Exited,
  type Launcher,
  type LaunchIo,
  startLauncher,
} from "../../src/sandbox/launcher.ts";
import { probe } from "../../src/sandbox/probe.ts";
import { systemFacts } from "../../src/sandbox/system_facts.ts";
import { confinement } from "./confinements.ts";

const SHARED = await Deno.makeTempDir({ prefix: "writ-etc-" });
const ETC = {
  offline: await buildEtc(SHARED, { network: false }),
  online: await buildEtc(SHARED, { network: true }),
};
addEventListener("unload", () => Deno.removeSync(SHARED, { recursive: true }));

/** What is installed here. */
const backends = await withLauncher(async (launcher) =>
  (await probe(launcher, { etc: ETC.offline })).backends
);

/** Both backends, `null` for one that this machine lacks. */
export const BACKENDS: { name: Backend["name"]; backend: Backend | null }[] = [
  "bubblewrap" as const,
  "landlock" as const,
].map((name) => ({
  name,
  backend: backends.find((backend) => backend.name === name) ?? null,
}));

/** Runs `body` with a launcher of its own. */
export async function withLauncher<T>(
  body: (launcher: Launcher) => Promise<T>,
): Promise<T> {
  const launcher = await startLauncher();
  try {
    return await body(launcher);
  } finally {
    await launcher.close();
  }
}

/** The program of a step, found where a runner would have found it. */
async function locate(name: string): Promise<string> {
  if (name.startsWith("/")) return name;
  for (const folder of ["/usr/local/bin", "/usr/bin"]) {
    try {
      await Deno.stat(join(folder, name));
      return join(folder, name);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new Error(`no program ${name}`);
}

/** Limits of a step that is given nothing, and whose words nobody hears. */
export function silently(limits: StepLimits): LaunchIo {
  return {
    stdin: null,
    stdout: () => {},
    stderr: () => {},
    audit: () => {},
    limits,
    secrets: new Map(),
  };
}

/** How a step ended, with what it said. */
export interface Ran extends Exited {
  out: string;
  err: string;
}

/** A place for steps: one stage and what else they need, under one backend. */
export class Bench {
  private constructor(
    readonly launcher: Launcher,
    readonly backend: Backend,
    readonly folder: string,
    readonly host: HostFacts,
  ) {}

  static async open(
    launcher: Launcher,
    backend: Backend,
    folder: string,
  ): Promise<Bench> {
    const host: HostFacts = {
      stage: join(folder, "stage"),
      binds: [],
      home: join(folder, "home"),
      tmp: join(folder, "tmp"),
      etc: ETC.offline,
      program: "/bin/sh",
      roots: [],
      path: [],
      denoDir: null,
      caches: [],
      deno: null,
      relay: null,
      secrets: null,
      uid: Deno.uid() ?? 0,
      gid: Deno.gid() ?? 0,
      system: await systemFacts(),
    };
    for (const path of [host.stage, host.home, host.tmp]) {
      await Deno.mkdir(path, { recursive: true });
    }
    return new Bench(launcher, backend, folder, host);
  }

  /** The same place under a backend that is not as it was found. */
  under(backend: Backend): Bench {
    return new Bench(this.launcher, backend, this.folder, this.host);
  }

  /** A file outside of everything that the step is given. */
  outside(name: string): string {
    return join(this.folder, name);
  }

  /** Runs a step. */
  async run(
    argv: string[],
    parts: Partial<Confinement> = {},
    more: {
      host?: Partial<HostFacts>;
      stdin?: Uint8Array;
      secrets?: ReadonlyMap<string, string>;
      audit?(chunk: Uint8Array): void;
      signal?: AbortSignal;
      seen?(text: string): void;
      gate?: Promise<unknown>;
    } = {},
  ): Promise<Ran> {
    const step = confinement({ argv, ...parts });
    const host = {
      ...this.host,
      etc: step.network === "host" ? ETC.online : ETC.offline,
      program: await locate(step.kind === "deno" ? "deno" : argv[0]),
      ...more.host,
    };
    let out = "";
    let err = "";
    const decode = (chunk: Uint8Array) => new TextDecoder().decode(chunk);
    const end = await this.launcher.spawn(
      launchUnder(this.backend, step, host),
      {
        stdin: more.stdin ?? null,
        stdout: (chunk) => {
          out += decode(chunk);
          more.seen?.(decode(chunk));
        },
        stderr: (chunk) => void (err += decode(chunk)),
        limits: step.limits,
        secrets: more.secrets ?? new Map(),
        audit: more.audit ?? (() => {}),
        signal: more.signal,
        gate: more.gate,
      },
    );
    return { ...end, out, err };
  }
}

/** Where a test runs, and what it lacks on this machine (`null`: nothing). */
export interface Where {
  only?: Backend["name"];
  lacks?: string | null;
}

/** A test under each backend: ignored, with the reason, where this machine lacks something. */
export function underEach(
  name: string,
  body: (bench: Bench) => Promise<void>,
  { only, lacks = null }: Where = {},
): void {
  for (const { name: which, backend } of BACKENDS) {
    if (only !== undefined && which !== only) continue;
    const missing = backend === null ? which : lacks;
    Deno.test({
      name: `${name} [${which}]${
        missing === null ? "" : `: this machine lacks ${missing}`
      }`,
      ignore: missing !== null,
      fn: async () => {
        const folder = await Deno.makeTempDir({ prefix: "writ-sandbox-" });
        try {
          await withLauncher(async (launcher) =>
            body(await Bench.open(launcher, backend!, folder))
          );
        } finally {
          await Deno.remove(folder, { recursive: true });
        }
      },
    });
  }
}

/** Runs a command without any sandbox: the control of a test. */
export async function bare(
  argv: string[],
  stdin: "null" | "inherit" = "null",
): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(argv[0], {
    args: argv.slice(1),
    stdin,
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: decode(stdout), err: decode(stderr) };
}

/** The numbers of processes whose command line holds `mark`. */
export async function processesWith(mark: string): Promise<number[]> {
  const found: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === Deno.pid) continue;
    try {
      const line = await Deno.readTextFile(`/proc/${name}/cmdline`);
      if (line.includes(mark)) found.push(Number(name));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      // A process that ends while it is read.
      if (
        error instanceof Error && /ESRCH|No such process/.test(error.message)
      ) {
        continue;
      }
      throw error;
    }
  }
  return found;
}
