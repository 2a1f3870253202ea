/**
 * The one voice of the command line.
 *
 * - Answers go to standard output, all talk to standard error.
 * - With `--json` the answer is one document, errors too; talk stays on standard error.
 * - Colour only on a terminal, never under `NO_COLOR`; no cursor codes anywhere.
 * - Control characters are shown escaped, wherever they come from.
 * - Tables fold into blocks where the terminal is too narrow.
 * - A reader that has gone away (`writ log | head`) ends the talk, not the work; nor does talk
 *   that cannot be written. An answer that cannot be is an error of its own: what was asked for
 *   has been done by then.
 * - Sentences: a capital first, values quoted, no period after an error; `hint:` says what helps.
 *
 * Edge: writes to standard output and standard error.
 * @module
 */
import { isWritError, WritError } from "../core/errors.ts";
import { errorDocument } from "../core/error_document.ts";
import { safeJson } from "../core/safe_json.ts";
import { errorLines } from "./error_text.ts";
import { type Emphasis, painter } from "./paint.ts";
import { type Spoken, spokenAsProgram } from "./spoken.ts";
import { type Table, tableLines, textWidth } from "./table.ts";

/** Where a terminal writes to. Returns how many bytes were taken, as `Deno.stdout` does. */
export interface Output {
  writeSync(bytes: Uint8Array): number;
  isTerminal(): boolean;
}

/** What a {@linkcode Terminal} is made with. */
export interface TerminalOptions {
  json: boolean;
  noColor?: boolean;
  /** How commands are spelt; as those of an installed `writ`, where not given. */
  spoken?: Spoken;
  stdout?: Output;
  stderr?: Output;
  /** Columns of the terminal; asked of it where not given. */
  columns?: number;
}

/** Speaks. One a process. */
export class Terminal {
  readonly json: boolean;
  /** Spells the commands of a hint or next step as they are given here. */
  readonly spoken: Spoken;
  readonly #stdout: Voice;
  readonly #stderr: Voice;
  /** Columns of standard output; `Infinity` off a terminal. */
  readonly columns: number;
  #answered = false;

  constructor(options: TerminalOptions) {
    const colour = !(options.noColor ?? Deno.noColor);
    this.json = options.json;
    this.spoken = options.spoken ?? spokenAsProgram;
    this.#stdout = new Voice(options.stdout ?? Deno.stdout, colour, (cause) => {
      throw unwritable(cause);
    });
    this.#stderr = new Voice(options.stderr ?? Deno.stderr, colour, () => {});
    this.columns = options.columns ?? columnsOf(this.#stdout.terminal);
  }

  /** The answer of a command: `document` with `--json`, else `text`. Once a command. */
  answer(document: unknown, text: string | readonly string[]): void {
    this.#answered = true;
    if (this.json) {
      this.#stdout.writeRaw(`${safeJson(document)}\n`);
    } else {
      const lines = typeof text === "string" ? text : text.join("\n");
      if (lines !== "") this.#stdout.write(`${lines}\n`);
    }
  }

  /** A piece of an answer that is too long to be held; nothing with `--json`. */
  answerLine(text: string): void {
    if (!this.json) this.#stdout.write(`${text}\n`);
  }

  /** Bytes of an answer as they are, for files that are sent to standard output. */
  answerBytes(bytes: Uint8Array): void {
    this.#stdout.writeBytes(bytes);
  }

  /** Talk: progress, what comes next. */
  say(text = ""): void {
    this.#stderr.write(`${text}\n`);
  }

  /** Talk without an end of line, before a question's answer. */
  ask(text: string): void {
    this.#stderr.write(text);
  }

  /** Talk of what comes next, such as `deno task run PIPELINE`, after a sentence or none. */
  next(text: string, sentence?: string): void {
    const before = sentence === undefined ? "" : `${sentence}. `;
    this.say(`${before}Next: ${this.spoken(text)}`);
  }

  /** Talk that wants attention. */
  warn(text: string): void {
    this.say(`${this.paint("care", "warning:")} ${text}`);
  }

  /** An error, on standard error; with `--json` also as the one document. */
  error(error: WritError): void {
    const unwritten = this.#answerError(error);
    for (const line of errorLines(error, this.paint, this.spoken)) {
      this.say(line);
    }
    // It was refused, whoever can read that: its own code and status stand.
    if (unwritten !== null) this.warn(unwritten.message);
  }

  /** Answers an error where that is wanted; returns why it could not be written. */
  #answerError(error: WritError): WritError | null {
    if (!this.json || this.#answered) return null;
    try {
      this.answer(errorDocument(error, this.spoken), "");
      return null;
    } catch (thrown) {
      if (!isWritError(thrown, "output.unwritable")) throw thrown;
      return thrown;
    }
  }

  /** Marks a text for emphasis. It stays plain where there is no colour. */
  readonly paint = (emphasis: Emphasis, text: string): string =>
    PAINTER.paint(emphasis, text);

  /** The lines of a table that fits this terminal. */
  table(table: Table): string[] {
    return tableLines(
      table,
      this.columns,
      (text) => textWidth(PAINTER.resolve(text, false)),
    );
  }

  /**
   * Shows the output of a step as it comes, each line after the step's name. Whole lines
   * only, so that steps that run side by side do not mix; `end` writes what is left.
   */
  prefixed(name: string): OutputLines {
    const head = this.paint("faint", `${name} |`);
    return outputLines((line) => this.say(`${head} ${line}`));
  }

  /**
   * Captured output of a step as the answer, its lines as {@linkcode Terminal.prefixed} shows
   * them, with nothing before them; the last one ends, too. Nothing with `--json`.
   */
  answerOutput(bytes: Uint8Array): void {
    let text = "";
    let isEnded = true;
    const flush = () => {
      if (!this.json) this.#stdout.write(text);
      text = "";
    };
    const lines = outputLines((line, isWhole) => {
      text += isWhole ? `${line}\n` : line;
      isEnded = isWhole;
      if (text.length > LONGEST_LINE) flush();
    });
    lines.write(bytes);
    lines.end();
    if (!isEnded) text += "\n";
    flush();
  }
}

/** Takes output as it comes; `end` shows what is left. */
interface OutputLines {
  write(chunk: Uint8Array): void;
  end(): void;
}

/** Makes lines of output, without what ends them. A piece of a line that is too long is not whole. */
function outputLines(
  show: (line: string, isWhole: boolean) => void,
): OutputLines {
  const decoder = new TextDecoder();
  let rest = "";
  const take = (chunk: Uint8Array) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) show(line.replace(/\r$/, ""), true);
    // A line without an end must not fill the memory.
    if (rest.length > LONGEST_LINE) {
      show(rest, false);
      rest = "";
    }
  };
  return {
    write: (chunk) => {
      // A text of all that was captured could be longer than the engine lets one be.
      for (let at = 0; at < chunk.length; at += LONGEST_LINE) {
        take(chunk.subarray(at, at + LONGEST_LINE));
      }
    },
    end: () => {
      rest += decoder.decode();
      if (rest !== "") show(rest, true);
      rest = "";
    },
  };
}

const LONGEST_LINE = 64 * 1024;
const PAINTER = painter(crypto.randomUUID().replaceAll("-", ""));
const encoder = new TextEncoder();

/** One of the two streams. */
class Voice {
  readonly terminal: boolean;
  readonly #output: Output;
  readonly #colour: boolean;
  readonly #failed: (cause: unknown) => void;
  #gone = false;

  /** `failed` is called once, where the stream takes nothing though its reader is there. */
  constructor(
    output: Output,
    colour: boolean,
    failed: (cause: unknown) => void,
  ) {
    this.#output = output;
    this.#failed = failed;
    this.terminal = output.isTerminal();
    this.#colour = colour && this.terminal;
  }

  write(text: string): void {
    this.writeRaw(PAINTER.resolve(text, this.#colour));
  }

  /** For text whose control characters are escaped already. */
  writeRaw(text: string): void {
    this.writeBytes(encoder.encode(text));
  }

  writeBytes(bytes: Uint8Array): void {
    if (this.#gone) return;
    try {
      for (let done = 0; done < bytes.length;) {
        done += this.#output.writeSync(bytes.subarray(done));
      }
    } catch (error) {
      this.#gone = true;
      if (!(error instanceof Deno.errors.BrokenPipe)) this.#failed(error);
    }
  }
}

function unwritable(cause: unknown): WritError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new WritError(
    "output.unwritable",
    `Cannot write the answer: ${why.replace(/ \(os error \d+\)/, "")}`,
    {
      hint:
        "what was asked for has been done, and is not to be done again for this; deno task writ log tells of runs and tickets",
      cause,
    },
  );
}

function columnsOf(terminal: boolean): number {
  if (!terminal) return Infinity;
  const { columns } = Deno.consoleSize();
  // Some terminals do not know their size and say 0.
  return columns > 0 ? columns : 80;
}
