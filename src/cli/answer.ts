/**
 * From words to a command and its answer.
 *
 * @module
 */
import { EXIT, type ExitStatus } from "../core/errors.ts";
import type { Context } from "./command.ts";
import { helpOf, overview, type Started } from "./help.ts";
import { findHome } from "./home.ts";
import { loadCommand } from "./load_command.ts";
import { parseArguments } from "./parse_arguments.ts";
import type { CommandName } from "./profile.ts";
import { beforeDashes, readCommand } from "./read_command.ts";
import type { Terminal } from "./terminal.ts";
import { wrapped } from "./wrapped.ts";
import { versions } from "./versions.ts";

/** What a command finds around it. */
export interface Surroundings {
  terminal: Terminal;
  now: Context["now"];
  /** With what this process was started. */
  started: Started;
  /** The user's folder. */
  cwd(): string;
  /** Leaves the command what its row grants, and gives what it may see of the environment. */
  env(name: CommandName): Context["env"];
  /** Aborted by Ctrl-C. */
  signal(name: CommandName): AbortSignal;
}

/**
 * Does what the words ask, and returns the status to exit with.
 *
 * @throws whatever the command throws
 */
export async function answer(
  words: readonly string[],
  around: Surroundings,
): Promise<ExitStatus> {
  const { terminal } = around;
  const asked = readCommand(words);
  if (asked.kind === "version") {
    const { document, text } = versions();
    terminal.answer(document, text);
    return EXIT.done;
  }
  if (asked.kind === "help") {
    const lines = asked.about === null
      ? overview(asked.group)
      : helpOf(asked.about, await loadCommand(asked.about), around.started);
    const text = lines.flatMap((line) =>
      wrapped(terminal.spoken(line), terminal.columns)
    );
    terminal.answer({ help: text.join("\n") }, text);
    return EXIT.done;
  }
  const { name, rest } = asked;
  const cwd = around.cwd();
  const env = around.env(name);
  const command = await loadCommand(name);
  const values = parseArguments(
    withoutJson(rest),
    command.parameters,
    terminal.spoken(`writ ${name}`),
  );
  return await command.run(values, {
    terminal,
    cwd,
    json: terminal.json,
    now: around.now,
    env,
    home: () => findHome(env),
    signal: around.signal(name),
  });
}

function withoutJson(words: readonly string[]): string[] {
  const options = beforeDashes(words);
  return [
    ...options.filter((word) => word !== "--json"),
    ...words.slice(options.length),
  ];
}
