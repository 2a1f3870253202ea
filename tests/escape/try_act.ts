/**
 * Tries an act: as a step under a backend, and, as its control, without any sandbox. Nothing is
 * mounted but in a namespace that ends with the try.
 *
 * @module
 */
import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import { WritError } from "../../src/core/errors.ts";
import { removeTree } from "../../src/evidence/remove_tree.ts";
import type { Backend, HostFacts } from "../../src/sandbox/confinement.ts";
import { denoFlags } from "../../src/sandbox/deno_flags.ts";
import { startProxy } from "../../src/sandbox/host_proxy.ts";
import { confinement, NO_RUNTIME } from "../support/confinements.ts";
import { Bench, withLauncher } from "../support/sandbox.ts";
import type { Act, Done, Place, Tried } from "./act.ts";
import {
  processBeside,
  SECRET,
  startBystander,
  stepBeside,
} from "./company.ts";
import { AS_ROOT, OWN_MOUNTS } from "./needs.ts";
import { BEGUN, commandOf, DENO_FILE, denoText, UNSTABLE } from "./scripts.ts";

/** What came of it. */
export interface Outcome {
  /** It was refused before it started, with this code. */
  refused: string | null;
  begun: boolean;
  done: boolean;
  /** For whoever reads of a failure. */
  said: string;
}

interface Ended {
  ok: boolean;
  out: string;
  said: string;
  refused: string | null;
}

/** What the runner's own environment holds while acts are tried. */
export const SMUGGLED = "WRIT_ESCAPE_SMUGGLED";
Deno.env.set(SMUGGLED, SECRET);

/** Tries it as a step. */
export function tryUnder(backend: Backend, act: Act): Promise<Outcome> {
  return inPlace(act, (place, folder) =>
    withLauncher(async (launcher) => {
      const bench = await Bench.open(launcher, backend, folder);
      await using neighbour = act.neighbour ? await stepBeside(bench) : null;
      await using proxy = act.parts?.hosts === undefined
        ? null
        : await startProxy(act.parts.hosts, () => {});
      const relay = proxy?.relay ?? null;
      const env = {
        ...place.env,
        ...act.env?.(place),
        ...act.parts?.env,
        ...neighbour?.env,
      };
      try {
        const ran = await bench.run(
          commandOf(act.run),
          { ...act.parts, env },
          { host: { relay, ...denoRoot(act), ...act.host?.(place) } },
        );
        const { exit, signal, limits, out, err } = ran;
        return {
          ok: exit === 0 && limits.length === 0,
          out,
          said: `exit ${exit} ${signal ?? ""} ${limits}\n${out}${err}`,
          refused: null,
        };
      } catch (error) {
        if (!(error instanceof WritError)) throw error;
        const said = `${error.code}: ${error.message}`;
        return { ok: false, out: "", said, refused: error.code };
      }
    }));
}

/** Tries it without a sandbox. */
export function tryFree(act: Act): Promise<Outcome> {
  return inPlace(act, async (place) => {
    await using neighbour = act.neighbour ? processBeside() : null;
    const { run = act.run, unshare = [], over = [] } = act.control ?? {};
    const own = act.asRoot ? AS_ROOT : OWN_MOUNTS;
    return await runFree(
      [
        ...(own.length > 0 ? [...own, ...unshare] : []),
        ...(over.length === 0
          ? []
          : ["sh", "-c", COVER, `${over.length}`, ...over]),
        ...commandOf(run),
      ],
      place,
      {
        ...place.env,
        ...act.env?.(place),
        ...act.parts?.env,
        ...neighbour?.env,
      },
    );
  });
}

async function runFree(
  command: string[],
  { stage }: Place,
  env: Record<string, string>,
): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command("timeout", {
    // One that hangs is a failure, not a silence.
    args: ["--foreground", "--kill-after=1", "30", ...command],
    cwd: stage,
    env,
    stdin: "null",
  }).output();
  const out = new TextDecoder().decode(stdout);
  const said = `exit ${code}\n${out}${new TextDecoder().decode(stderr)}`;
  return { ok: code === 0, out, said, refused: null };
}

/** Deno may lie where no step sees it. */
function denoRoot({ run }: Act): Partial<HostFacts> {
  const program = Deno.execPath();
  return "deno" in run && !program.startsWith("/usr/")
    ? { roots: [dirname(program)] }
    : {};
}

/** Tries a Deno script with the flags of a step that is permitted nothing, and without a sandbox. */
export function tryFlags(act: Act): Promise<Outcome> {
  return inPlace(act, async (place) => {
    const env = { ...place.env, ...act.env?.(place) };
    const flags = denoFlags(
      confinement({
        kind: "deno",
        argv: ["run", ...UNSTABLE, DENO_FILE],
        runtime: { ...NO_RUNTIME, env: Object.keys(place.env) },
      }),
      place.stage,
      null,
    );
    return await runFree([Deno.execPath(), ...flags], place, env);
  });
}

/** Mounts an empty folder over each of `$0` folders, and then runs the rest. */
const COVER =
  'n=$0; while [ $n -gt 0 ]; do mount -t tmpfs tmpfs "$1" || exit 125; shift; n=$((n-1)); done; exec "$@"';

async function inPlace(
  act: Act,
  run: (place: Place, folder: string) => Promise<Ended>,
): Promise<Outcome> {
  const folder = await Deno.realPath(
    await Deno.makeTempDir({ prefix: "writ-escape-" }),
  );
  try {
    const outside = join(folder, "outside");
    const stage = join(folder, "stage");
    await Deno.mkdir(stage);
    for (const name of ["folder", "home", "tools"]) {
      await Deno.mkdir(join(outside, name), { recursive: true });
    }
    await Deno.writeTextFile(join(outside, "secret"), SECRET);
    await Deno.writeTextFile(join(outside, "folder/file"), "as it was");
    await Deno.writeTextFile(join(outside, "tools/tool"), "#!/bin/sh\n", {
      mode: 0o755,
    });
    await using other = await startBystander(outside);
    const place = { stage, outside, ...other };
    if ("deno" in act.run) {
      await Deno.writeTextFile(join(stage, DENO_FILE), denoText(act.run.deno));
    }
    await act.prepare?.(place);
    try {
      const before = lookAround(outside);
      const { ok, out, said, refused } = await run(place, folder);
      const changed = lookAround(outside).join() !== before.join();
      const tried = { ok, out, changed, heard: await other.end(), place };
      const done = await judge(act.done ?? "exit", tried);
      return { refused, begun: BEGUN.test(out), done, said };
    } finally {
      await act.clean?.(place);
    }
  } finally {
    await requireNoMounts(folder);
    await removeTree(folder);
  }
}

function judge(done: Done, tried: Tried): boolean | Promise<boolean> {
  if (typeof done === "function") return done(tried);
  if (typeof done === "object") return tried.heard.includes(done.heard);
  switch (done) {
    case "exit":
      return tried.ok;
    case "secret":
      return tried.out.includes(SECRET);
    case "changed":
      return tried.changed;
  }
}

/** What lies outside: names, kinds, modes, sizes and times. */
function lookAround(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    const { mode, size, mtime, nlink } = Deno.lstatSync(path);
    const line = [path, mode, size, nlink, mtime?.getTime()].join(" ");
    return [line, ...(isDirectory ? lookAround(path) : [])];
  }).sort();
}

/** To remove a folder in which something is mounted would be to remove what is mounted. */
async function requireNoMounts(folder: string): Promise<void> {
  const mounts = await Deno.readTextFile("/proc/self/mountinfo");
  if (!mounts.includes(folder)) return;
  throw new Error(`"${folder}" is left: something is mounted in it`);
}
