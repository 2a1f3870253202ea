/**
 * Questions to the person at the terminal: yes or no, and passphrases.
 *
 * Edge: reads standard input, and a passphrase from the file that the user names.
 * @module
 */
import { resolve } from "@std/path/resolve";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { readInput } from "./read_input.ts";
import { option, type Parameter } from "./parameters.ts";
import type { Terminal } from "./terminal.ts";

/** `--passphrase-file FILE`, of the commands that open or make a sealed key. */
export const passphraseFile: Parameter<string | null> = option(
  "FILE",
  'read the passphrase from a file, "-" is standard input',
);

/** Whether someone is there to be asked. */
export function canAsk(): boolean {
  return Deno.stdin.isTerminal() && Deno.stderr.isTerminal();
}

/** What is said where the answer is no; the exit status is that of a refusal. */
export const NOTHING_CHANGED = "Nothing was changed";

/**
 * Asks a question; only `y` and `yes` are yes.
 *
 * @throws {WritError} `usage.invalid` when nobody is there.
 */
export async function askYesNo(
  terminal: Terminal,
  question: string,
): Promise<boolean> {
  if (!canAsk()) {
    throw new WritError(
      "usage.invalid",
      `Cannot ask "${question}": standard input is no terminal`,
      { hint: "--yes answers it beforehand" },
    );
  }
  terminal.ask(`${question} [y/N] `);
  const line = await readLine(false);
  return /^(y|yes)$/i.test(line.trim());
}

/** Asks for a word; empty where none was typed, or nobody is there. */
export async function askWord(
  terminal: Terminal,
  question: string,
): Promise<string> {
  if (!canAsk()) return "";
  terminal.ask(`${question} `);
  return (await readLine(false)).trim();
}

/**
 * The passphrase: from `file` where one is named, else asked for, unseen.
 *
 * @param options.twice asks again, for a new passphrase.
 * @throws {WritError} `keys.passphrase`, `input.unreadable`
 */
export async function readPassphrase(
  terminal: Terminal,
  options: {
    file: string | null;
    cwd: string;
    prompt: string;
    twice?: boolean;
  },
): Promise<string> {
  const { file, cwd, prompt, twice = false } = options;
  if (file !== null) return firstLine(await readFile(file, cwd), file);
  if (!canAsk()) {
    throw new WritError(
      "keys.passphrase",
      "Cannot ask for the passphrase: standard input is no terminal",
      { hint: "--passphrase-file FILE reads it from a file" },
    );
  }
  const first = await askUnseen(terminal, prompt);
  if (twice && await askUnseen(terminal, "the same again") !== first) {
    throw new WritError(
      "keys.passphrase",
      "Cannot take the passphrase: the second one differs from the first",
    );
  }
  return nonEmpty(first);
}

async function askUnseen(terminal: Terminal, prompt: string): Promise<string> {
  // Echo is off before the prompt is there: someone may type at once.
  try {
    return await readLine(true, () => terminal.ask(`${prompt}: `));
  } finally {
    terminal.say();
  }
}

/** Reads a line of the terminal. `hidden`: it is not shown. `ready` is called once it would be read. */
async function readLine(
  hidden: boolean,
  ready: () => void = () => {},
): Promise<string> {
  const show = () => Deno.stdin.setRaw(false);
  if (hidden) {
    Deno.stdin.setRaw(true, { cbreak: true });
    // Ctrl-C ends the process from elsewhere; the terminal must not stay mute.
    globalThis.addEventListener("unload", show);
  }
  try {
    ready();
    const bytes: number[] = [];
    const one = new Uint8Array(1);
    while (await Deno.stdin.read(one) !== null) {
      if (one[0] === 0x0a || one[0] === 0x0d) break;
      // In raw mode nobody else handles Ctrl-D, backspace and delete.
      if (hidden && one[0] === 0x04) break;
      if (hidden && (one[0] === 0x08 || one[0] === 0x7f)) rubOut(bytes);
      else bytes.push(one[0]);
    }
    return new TextDecoder().decode(new Uint8Array(bytes));
  } finally {
    if (hidden) {
      show();
      globalThis.removeEventListener("unload", show);
    }
  }
}

/** Takes the last character away, with all the bytes that it has in UTF-8. */
function rubOut(bytes: number[]): void {
  while (bytes.length > 0 && (bytes.pop()! & 0xc0) === 0x80);
}

/** What a file of nothing but a passphrase may have. */
const PASSPHRASE_LIMIT = 64 * 1024;

async function readFile(file: string, cwd: string): Promise<string> {
  const bytes = file === "-"
    ? await new Response(Deno.stdin.readable).bytes()
    : await readInput(resolve(cwd, file), file, PASSPHRASE_LIMIT);
  try {
    // What is not UTF-8 would be replaced, and other bytes would then open the key.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new WritError(
      "keys.passphrase",
      `Cannot take the passphrase from ${quoted(file, 200)}: it is not UTF-8`,
      { place: { file }, cause },
    );
  }
}

function firstLine(text: string, file: string): string {
  const line = text.split(/\r?\n/, 1)[0];
  if (line.trim() === "") {
    throw new WritError(
      "keys.passphrase",
      `Cannot take the passphrase from ${
        quoted(file, 200)
      }: its first line is empty`,
    );
  }
  return line;
}

function nonEmpty(passphrase: string): string {
  if (passphrase.trim() !== "") return passphrase;
  throw new WritError(
    "keys.passphrase",
    "Cannot take the passphrase: it is empty",
  );
}
