/**
 * What a command is: its parameters, and what it does with them. A command's name, summary
 * and permissions stand in the one table of `profile.ts`.
 *
 * @module
 */
import type { ExitStatus } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";
import type { Home } from "./home.ts";
import type { Parameters, Values } from "./parameters.ts";
import type { Terminal } from "./terminal.ts";

/** What a command may use beside its own arguments. */
export interface Context {
  terminal: Terminal;
  /** The user's folder: relative arguments are resolved against it. */
  cwd: string;
  /** `--json`: the answer is one document. Commands answer through `terminal.answer`, which knows. */
  json: boolean;
  now: Clock;
  /** A variable of the user's environment; `undefined` where it is not set or may not be read. */
  env(name: string): string | undefined;
  /**
   * The config and state folders. Nothing is made.
   *
   * @throws {WritError} `usage.invalid` when neither `HOME` nor the XDG names say where they are,
   * `config.unsafe` when one of them is a link.
   */
  home(): Promise<Home>;
  /** Aborted by Ctrl-C, where the command's row says that it ends in order. */
  signal: AbortSignal;
}

/** A command, as `main` sees it. */
export interface Command {
  /** What `--help` says beneath the summary; empty where the summary says all. */
  about: string;
  parameters: Parameters;
  /** The values have been parsed by `parameters`. */
  run(values: Record<string, unknown>, context: Context): Promise<ExitStatus>;
}

/** Makes a {@linkcode Command} whose `run` sees its parameters' own types. */
export function command<P extends Parameters>(definition: {
  about?: string;
  parameters: P;
  run(args: Values<P>, context: Context): Promise<ExitStatus>;
}): Command {
  return {
    about: definition.about ?? "",
    parameters: definition.parameters,
    run: (values, context) => definition.run(values as Values<P>, context),
  };
}
