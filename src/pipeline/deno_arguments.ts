/**
 * What an author may give to a subcommand of Deno: where its script stands, and which flags.
 *
 * @module
 */
import { didYouMean } from "../core/nearest.ts";
import { quoted } from "../core/printable.ts";
import { type DenoSubcommand, denoSubcommand } from "./deno_subcommands.ts";

/** A word of a command line that cannot be taken; the message is the end of a sentence. */
export interface ArgumentFault {
  /** Index in the argv. */
  index: number;
  message: string;
  hint: string | undefined;
}

/**
 * What is wrong with the argv of a `deno` step, its subcommand first. Nothing is said of a
 * subcommand that no step can be.
 */
export function denoArgumentFaults(argv: readonly string[]): ArgumentFault[] {
  const subcommand = denoSubcommand(argv[0]);
  if (subcommand === undefined) return [];
  const isRun = argv[0] === "run";
  const script = isRun ? scriptIndex(argv) : -1;
  const end = isRun ? script : argv.indexOf("--");
  const faults: ArgumentFault[] = [];
  for (
    const [index, word] of argv.slice(0, end === -1 ? undefined : end).entries()
  ) {
    if (index === 0 || !word.startsWith("-") || word === "-") continue;
    const fault = flagFault(word, argv[0], subcommand);
    if (fault !== undefined) faults.push({ index, ...fault });
  }
  if (isRun && script === -1) {
    faults.push({
      index: 0,
      message: "is run without a script",
      hint: undefined,
    });
  } else if (argv[script] === "-") {
    faults.push({
      index: script,
      message: "reads the program from standard input: a script was wanted",
      hint: undefined,
    });
  }
  return faults;
}

/**
 * Where the script stands in the argv of `deno run`; -1 where it names none. What stands behind
 * it is the script's own.
 */
export function scriptIndex(argv: readonly string[]): number {
  return argv.findIndex((word, index) =>
    index > 0 && (!word.startsWith("-") || word === "-")
  );
}

function flagFault(
  word: string,
  command: string,
  { flags }: DenoSubcommand,
): { message: string; hint: string | undefined } | undefined {
  const [flag] = word.split("=", 1);
  if (flags.includes(flag)) {
    // A value that stands apart would be taken for the script here, or the script for a value.
    if (
      command === "run" && ["--seed", "--ext", "--conditions"].includes(word)
    ) {
      return {
        message: `is ${quoted(word)} without its value`,
        hint: `Write ${quoted(`${word}=VALUE`)} as one word`,
      };
    }
    return undefined;
  }
  if (/^--unstable-[a-z0-9-]+$/.test(word)) return undefined;
  const permission =
    /^(-[A-Za-z]*[APRWINES]|--(allow|deny|ignore)-(all|read|write|net|env|sys|run|ffi|import)|--permission-set)/
      .test(word);
  return permission
    ? {
      message: `is ${quoted(word)}, which sets permissions`,
      hint: 'What a step may do is declared in its "permissions"',
    }
    : {
      message: `is ${
        quoted(word)
      }, a flag that a "deno ${command}" step cannot have`,
      hint: didYouMean(flag, flags),
    };
}
