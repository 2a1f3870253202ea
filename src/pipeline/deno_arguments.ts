/**
 * Which flags an author may give to a subcommand of Deno.
 *
 * Permissions, configuration, lock file and where code comes from are Writ's to set: a flag
 * such as `-A` beside Writ's own would undo them. So a flag is taken only when it is on this
 * list, which was made from `deno <subcommand> --help` of Deno 2.9.
 *
 * @module
 */
import { quoted } from "../core/printable.ts";
import { didYouMean } from "./faults.ts";

const COMMON = ["--quiet", "-q"];
const CHECKED = ["--check", "--no-check"];

/** Flags by subcommand, without a value behind `=`. */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  run: [...COMMON, ...CHECKED, "--seed", "--ext", "--conditions"],
  test: [
    ...COMMON,
    ...CHECKED,
    "--clean",
    "--conditions",
    "--coverage",
    "--coverage-raw-data-only",
    "--coverage-threshold",
    "--doc",
    "--ext",
    "--fail-fast",
    "--filter",
    "--hide-stacktraces",
    "--ignore",
    "--junit-path",
    "--no-run",
    "--parallel",
    "--permit-no-files",
    "--repeats",
    "--reporter",
    "--retry",
    "--sanitize-ops",
    "--sanitize-resources",
    "--seed",
    "--shard",
    "--shuffle",
    "--trace-leaks",
    "--update-snapshots",
    "-u",
  ],
  check: [
    ...COMMON,
    "--all",
    "--conditions",
    "--doc",
    "--doc-only",
  ],
  lint: [
    ...COMMON,
    "--compact",
    "--ext",
    "--fix",
    "--ignore",
    "--json",
    "--permit-no-files",
    "--rules",
    "--rules-exclude",
    "--rules-include",
    "--rules-tags",
  ],
  fmt: [
    ...COMMON,
    "--check",
    "--ext",
    "--fail-fast",
    "--ignore",
    "--indent-width",
    "--line-width",
    "--no-editorconfig",
    "--no-semicolons",
    "--permit-no-files",
    "--prose-wrap",
    "--single-quote",
    "--use-tabs",
  ],
  bundle: [
    ...COMMON,
    ...CHECKED,
    "--code-splitting",
    "--conditions",
    "--declaration",
    "--external",
    "--format",
    "--inline-imports",
    "--keep-names",
    "--minify",
    "--outdir",
    "--output",
    "--packages",
    "--platform",
    "--sourcemap",
    "-o",
  ],
};

/** A word of a command line that cannot be taken; the message is the end of a sentence. */
export interface ArgumentFault {
  /** Index in the argv. */
  index: number;
  message: string;
  hint: string | undefined;
}

/** What is wrong with the argv of a `deno` step, its subcommand first. */
export function denoArgumentFaults(argv: readonly string[]): ArgumentFault[] {
  const [command, ...words] = argv;
  const flags = FLAGS[command];
  if (flags === undefined) return [];
  const faults: ArgumentFault[] = [];
  let script: string | undefined;
  for (const [position, word] of words.entries()) {
    if (word === "--") {
      script ??= words[position + 1];
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      script ??= word;
      // What stands behind the script of `run` is the script's own.
      if (command === "run") break;
      continue;
    }
    const fault = flagFault(word, command, flags);
    if (fault !== undefined) faults.push({ index: position + 1, ...fault });
  }
  if (command === "run") {
    if (script === undefined) {
      faults.push({
        index: 0,
        message: "is run without a script",
        hint: undefined,
      });
    } else if (script === "-") {
      faults.push({
        index: argv.indexOf("-"),
        message: "reads the program from standard input: a script was wanted",
        hint: undefined,
      });
    }
  }
  return faults;
}

function flagFault(
  word: string,
  command: string,
  flags: readonly string[],
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
  if (/^--unstable-[a-z-]+$/.test(word)) return undefined;
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
