/**
 * The command line: reads what is asked, drops the permissions that it does not need, does
 * it, and ends the process. Nothing else ends it.
 *
 * Edge: reads the arguments, the environment and the working folder; ends the process.
 * @module
 */
import { fromFileUrl } from "@std/path/from-file-url";
import { EXIT, type ExitStatus } from "../core/errors.ts";
import { asWritError } from "./as_writ_error.ts";
import type { Context } from "./command.ts";
import { helpOf, overview } from "./help.ts";
import { findHome } from "./home.ts";
import { type Interrupts, watchInterrupts } from "./interrupts.ts";
import { loadCommand } from "./load_command.ts";
import { parseArguments } from "./parse_arguments.ts";
import { dropTo, type Env, readEnv } from "./permissions.ts";
import { type CommandName, PROFILES } from "./profile.ts";
import { beforeDashes, readCommand } from "./read_command.ts";
import { Terminal } from "./terminal.ts";
import { versions } from "./versions.ts";

/** Does what the words ask, and returns the status to exit with. */
export async function main(words: readonly string[]): Promise<ExitStatus> {
  const json = beforeDashes(words).includes("--json");
  const terminal = new Terminal({ json });
  // Asked for before permissions are dropped.
  const debug = readEnv("WRIT_DEBUG") !== undefined;
  const fail = (thrown: unknown): ExitStatus => {
    const error = asWritError(thrown);
    terminal.error(error);
    if (debug) terminal.say(stackOf(thrown));
    return error.exit;
  };
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    Deno.exit(fail(event.reason));
  });
  try {
    return await answer(words, terminal);
  } catch (thrown) {
    return fail(thrown);
  }
}

async function answer(
  words: readonly string[],
  terminal: Terminal,
): Promise<ExitStatus> {
  const asked = readCommand(words);
  if (asked.kind === "version") {
    const { document, text } = versions();
    terminal.answer(document, text);
    return EXIT.done;
  }
  if (asked.kind === "help") {
    const lines = asked.about === null
      ? overview(asked.group)
      : helpOf(asked.about, await loadCommand(asked.about));
    terminal.answer({ help: lines.join("\n") }, lines);
    return EXIT.done;
  }
  const { name, rest } = asked;
  const cwd = userFolder();
  const env = dropTo(PROFILES[name]);
  const command = await loadCommand(name);
  const values = parseArguments(
    withoutJson(rest),
    command.parameters,
    `writ ${name}`,
  );
  const interrupts = watch(name, terminal);
  return await command.run(values, contextOf(terminal, cwd, env, interrupts));
}

function contextOf(
  terminal: Terminal,
  cwd: string,
  env: Env,
  interrupts: Interrupts,
): Context {
  return {
    terminal,
    cwd,
    json: terminal.json,
    now: Date.now,
    env,
    home: () => findHome(env),
    signal: interrupts.signal,
  };
}

function watch(name: CommandName, terminal: Terminal): Interrupts {
  const { endsInOrder } = PROFILES[name];
  return watchInterrupts({
    endsInOrder,
    onFirst: () =>
      terminal.say("Ending in order; Ctrl-C once more ends it at once"),
    exit: Deno.exit,
  });
}

/**
 * The folder that the user stands in. `deno task` starts this repository's tasks in its root
 * and says in `INIT_CWD` where the user is; elsewhere the name is somebody else's business.
 */
function userFolder(): string {
  const cwd = Deno.cwd();
  const user = readEnv("INIT_CWD");
  if (user === undefined || !import.meta.url.startsWith("file:")) return cwd;
  const own = fromFileUrl(new URL("../..", import.meta.url));
  return Deno.realPathSync(own) === Deno.realPathSync(cwd) ? user : cwd;
}

function withoutJson(words: readonly string[]): string[] {
  const options = beforeDashes(words);
  return [
    ...options.filter((word) => word !== "--json"),
    ...words.slice(options.length),
  ];
}

function stackOf(thrown: unknown): string {
  const stacks: string[] = [];
  for (
    let error = thrown;
    error instanceof Error;
    error = error.cause
  ) stacks.push(error.stack ?? String(error));
  return stacks.join("\ncaused by ");
}

if (import.meta.main) Deno.exit(await main(Deno.args));
