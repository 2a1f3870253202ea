/**
 * Shims: small programs that choose a real one. pyenv's and rustup's are understood by their
 * files; no process is started, and no environment variable is asked.
 *
 * @module
 */
import { basename } from "@std/path/basename";
import { dirname } from "@std/path/dirname";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import type { Disk } from "./disk.ts";

/** What a shim stands for: a real program, or whatever the system has of that name. */
export type Shimmed = { program: string } | { system: true };

/** What choosing needs to know. */
export interface ShimContext {
  disk: Disk;
  /** Folders that may hold a file which chooses a version: the step's folder first, then those above it. */
  folders: readonly string[];
  /** Real paths of the tool roots. */
  roots: readonly string[];
}

const LIMIT = 64 * 1024;

/**
 * What `program` (an absolute path in a tool root) stands for; `null` when it is no shim.
 *
 * @throws {WritError} `plan.executable_missing` for a shim of an unknown kind, or of a version that is not there
 */
export function resolveShim(
  program: string,
  context: ShimContext,
): Shimmed | null {
  const real = context.disk.realPath(program);
  if (real === null) return null;
  const root = dirname(dirname(program));
  if (basename(dirname(program)) === "shims") {
    if (context.disk.lstat(`${root}/versions`)?.kind !== "folder") {
      throw unknown(program);
    }
    return pyenv(program, root, context);
  }
  if (basename(real) === "volta-shim") throw unknown(program);
  return isRustup(program, real, context) ? rustup(program, context) : null;
}

function pyenv(program: string, root: string, context: ShimContext): Shimmed {
  const name = basename(program);
  const chosen =
    context.folders.map((folder) => text(context, `${folder}/.python-version`))
      .find((found) => found !== null) ??
      text(context, `${root}/version`) ??
      "system";
  const wanted = chosen.split("\n").map((line) =>
    line.replace(/#.*/, "").trim()
  )
    .filter((line) => line !== "");
  const there = context.disk.list(`${root}/versions`);
  for (const version of wanted) {
    if (version === "system") return { system: true };
    if (version.includes("/") || version.startsWith(".")) continue;
    const exact = there.includes(version)
      ? version
      : there.filter((each) => each.startsWith(`${version}.`))
        .sort(byNumbers).at(-1);
    const at = `${root}/versions/${exact}/bin/${name}`;
    if (exact !== undefined && context.disk.realPath(at) !== null) {
      return { program: at };
    }
  }
  throw missing(
    program,
    `pyenv has no ${quoted(name)} of ${wanted.join(", ")}`,
  );
}

/**
 * The program of a name in the Node that nvm's folder stands for: that of `.nvmrc`, else its
 * default, else the newest. `null` where the folder is not nvm's, or no Node has such a program.
 *
 * @throws {WritError} `plan.executable_missing` for a version that is not there
 */
export function nvmProgram(
  root: string,
  name: string,
  context: ShimContext,
): string | null {
  const versions = `${root}/versions/node`;
  if (context.disk.lstat(versions)?.kind !== "folder") return null;
  const there = context.disk.list(versions).filter((each) => /^v\d/.test(each))
    .sort(byVersion);
  const asked =
    context.folders.map((folder) => text(context, `${folder}/.nvmrc`))
      .find((found) => found !== null) ??
      text(context, `${root}/alias/default`);
  const wanted = (asked ?? "node").replace(/#.*/, "").trim();
  const version = nvmVersion(wanted, root, there, context);
  const at = (version: string) => {
    const path = `${versions}/${version}/bin/${name}`;
    return context.disk.realPath(path) === null ? null : path;
  };
  if (version !== undefined) return at(version);
  // What no Node of it has is not nvm's to miss.
  if (there.every((each) => at(each) === null)) return null;
  throw missing(versions, `nvm has no Node ${quoted(wanted)}`);
}

/** An alias may name another; nvm follows them as far. */
const MAX_ALIASES = 8;

function nvmVersion(
  wanted: string,
  root: string,
  there: readonly string[],
  context: ShimContext,
): string | undefined {
  let name = wanted;
  for (let i = 0; i < MAX_ALIASES; i++) {
    if (["node", "stable", "current", ""].includes(name)) return there.at(-1);
    const plain = name.replace(/^v/, "");
    if (/^\d+(\.\d+)*$/.test(plain)) {
      return there.findLast((each) =>
        each === `v${plain}` || each.startsWith(`v${plain}.`)
      );
    }
    if (!/^[\w*.-]+(\/[\w*.-]+)?$/.test(name) || name.includes("..")) break;
    const next = text(context, `${root}/alias/${name}`);
    if (next === null) break;
    name = next.trim();
  }
  return undefined;
}

function byVersion(a: string, b: string): number {
  return byNumbers(a.slice(1), b.slice(1));
}

/** rustup answers under many names: by links to it, or by copies beside it. */
function isRustup(
  program: string,
  real: string,
  context: ShimContext,
): boolean {
  if (basename(program) === "rustup") return false;
  if (basename(real) === "rustup") return true;
  const beside = context.disk.lstat(`${dirname(real)}/rustup`);
  const own = context.disk.lstat(real);
  return beside !== null && own !== null && beside.kind === "file" &&
    (beside.ino === own.ino && beside.dev === own.dev ||
      beside.size === own.size);
}

function rustup(program: string, context: ShimContext): Shimmed {
  const name = basename(program);
  const home = context.roots.find((root) =>
    context.disk.lstat(`${root}/toolchains`)?.kind === "folder"
  );
  if (home === undefined) {
    throw missing(
      program,
      "it is rustup, and no tool root holds rustup's toolchains",
    );
  }
  const settings = text(context, `${home}/settings.toml`) ?? "";
  const channel = context.folders.map((folder) => channelIn(folder, context))
    .find((found) => found !== null) ?? value(settings, "default_toolchain");
  const host = value(settings, "default_host_triple") ?? "";
  const there = context.disk.list(`${home}/toolchains`);
  const fitting = there.filter((each) =>
    each === channel || channel !== null && each.startsWith(`${channel}-`)
  ).sort((a, b) => a.length - b.length);
  const chosen = fitting.find((each) => each === channel) ??
    fitting.find((each) => each === `${channel}-${host}`) ??
    (fitting.length === 1 ? fitting[0] : undefined);
  const at = `${home}/toolchains/${chosen}/bin/${name}`;
  if (chosen === undefined || context.disk.realPath(at) === null) {
    throw missing(
      program,
      `rustup has no ${quoted(name)} of the toolchain ${
        quoted(channel ?? "default")
      }`,
    );
  }
  return { program: at };
}

function channelIn(folder: string, context: ShimContext): string | null {
  const toml = text(context, `${folder}/rust-toolchain.toml`);
  if (toml !== null) return value(toml, "channel");
  const plain = text(context, `${folder}/rust-toolchain`);
  return plain === null ? null : value(plain, "channel") ?? plain.trim();
}

/** The text of `key = "…"`; these files hold nothing that needs more of TOML. */
function value(toml: string, key: string): string | null {
  return new RegExp(`^\\s*${key}\\s*=\\s*["']([^"']+)["']`, "m").exec(toml)
    ?.[1] ?? null;
}

function text({ disk }: ShimContext, path: string): string | null {
  const bytes = disk.head(path, LIMIT);
  return bytes === null ? null : new TextDecoder().decode(bytes);
}

function byNumbers(a: string, b: string): number {
  const left = a.split(".").map(Number);
  const right = b.split(".").map(Number);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] || 0) - (right[i] || 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function unknown(program: string): WritError {
  return missing(program, "it is a shim of a kind that Writ does not know");
}

function missing(
  program: string,
  what: string,
  hint =
    "Name the folder of the real program as a tool root, in tools.json of the config folder",
): WritError {
  return new WritError(
    "plan.executable_missing",
    `Cannot find the program behind ${quoted(program)}: ${what}`,
    { hint },
  );
}
