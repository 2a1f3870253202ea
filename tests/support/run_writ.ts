/**
 * Runs the command line from outside, with the permissions of its own task.
 *
 * @module
 */
import {
  COMMAND_NAMES,
  type Profile,
  PROFILES,
} from "../../src/cli/profile.ts";
import { denoFlags } from "../../src/cli/task_flags.ts";
import { ROOT } from "./source_files.ts";

/** How a program ended and what it said. */
export interface Ended {
  status: number;
  stdout: string;
  stderr: string;
}

/** Where and with what a program runs. */
export interface RunOptions {
  cwd: string;
  /** Becomes `HOME`; the XDG names are not set. */
  home: string;
  env?: Record<string, string>;
  stdin?: string;
  /** Start with every permission, as someone with `-A` would. */
  all?: boolean;
}

/** Runs `writ` with words, under the flags of the command's row. */
export function runWrit(
  words: readonly string[],
  options: RunOptions,
): Promise<Ended> {
  return runProgram(Deno.execPath(), writArguments(words, options), options);
}

/** The arguments of Deno for a command. */
export function writArguments(
  words: readonly string[],
  options: RunOptions,
): string[] {
  const env = { HOME: options.home, ...options.env };
  const flags = options.all
    ? ["-A", "--no-prompt"]
    : denoFlags(profileOf(words)).map((flag) => expand(flag, env, options.cwd));
  return [
    "run",
    "--quiet",
    "--config",
    `${ROOT}/deno.json`,
    ...flags,
    `${ROOT}/src/cli/main.ts`,
    ...words,
  ];
}

/** Starts `writ` with words and leaves it running, both outputs piped. */
export function startWrit(
  words: readonly string[],
  options: RunOptions,
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: writArguments(words, options),
    cwd: options.cwd,
    clearEnv: true,
    env: { ...cleanEnv(options.home), ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs any program with a clean environment. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<Ended> {
  const child = new Deno.Command(program, {
    args: [...args],
    cwd: options.cwd,
    clearEnv: true,
    env: { ...cleanEnv(options.home), ...options.env },
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (options.stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.stdin));
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return {
    status: code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

/** The least that programs need; the module cache is shared, so that nothing is downloaded twice. */
export function cleanEnv(home: string): Record<string, string> {
  const deno = Deno.execPath().replace(/\/[^/]+$/, "");
  return {
    HOME: home,
    PATH: `${deno}:/usr/local/bin:/usr/bin:/bin`,
    NO_COLOR: "1",
    DENO_DIR: DENO_DIR,
    DENO_NO_UPDATE_CHECK: "1",
  };
}

const DENO_DIR = await denoDir();

async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-config"],
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

function profileOf(words: readonly string[]): Profile {
  const said = words.join(" ");
  // "log export" is no "log".
  const name = COMMAND_NAMES.filter((name) =>
    said === name || said.startsWith(`${name} `)
  ).sort((a, b) => b.length - a.length).at(0);
  // What is no command must be refused without any permission.
  return name === undefined
    ? { ...PROFILES.verify, env: ["INIT_CWD"] }
    : PROFILES[name];
}

/** What the task shell does to a flag. */
function expand(
  flag: string,
  env: Record<string, string>,
  cwd: string,
): string {
  return flag.replaceAll('"', "").replace(
    /\$([A-Z_]+)/g,
    (_, name) => name === "INIT_CWD" ? cwd : env[name] ?? "",
  );
}
