/**
 * The command line within this process: the same words, answers and errors as from outside,
 * without the start of a process. Permissions stay those of the test.
 *
 * @module
 */
import { answer } from "../../src/cli/answer.ts";
import { asWritError } from "../../src/core/as_writ_error.ts";
import { PROGRAM_PLACES } from "../../src/cli/task_flags.ts";
import { Terminal } from "../../src/cli/terminal.ts";
import type { Ended } from "./run_writ.ts";

/** Where and with what a command runs. */
export interface HereOptions {
  cwd: string;
  /** Becomes `HOME`, unless `env` says otherwise. */
  home: string;
  env?: Record<string, string>;
  /** The clock, milliseconds since 1970. */
  now?: () => number;
  /** Columns of the terminal. */
  columns?: number;
}

/** Runs `writ` with words. */
export async function writHere(
  words: readonly string[],
  { cwd, home, env = {}, now = Date.now, columns }: HereOptions,
): Promise<Ended> {
  const stdout = new Sink();
  const stderr = new Sink();
  const terminal = new Terminal({
    json: words.includes("--json"),
    noColor: true,
    stdout,
    stderr,
    columns,
  });
  const variables: Record<string, string | undefined> = { HOME: home, ...env };
  const status = await answer(words, {
    terminal,
    now,
    started: { writesAll: true, places: PROGRAM_PLACES },
    cwd: () => cwd,
    env: () => (name) => variables[name],
    signal: () => new AbortController().signal,
  }).catch((thrown) => {
    const error = asWritError(thrown);
    terminal.error(error);
    return error.exit;
  });
  return { status, stdout: stdout.text, stderr: stderr.text };
}

class Sink {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  text = "";

  writeSync(bytes: Uint8Array): number {
    this.text += this.#decoder.decode(bytes, { stream: true });
    return bytes.length;
  }

  isTerminal(): boolean {
    return false;
  }
}
