/**
 * Parameters of a command, as a table that parses, explains and completes them.
 *
 * A table of our own, since a dry run must start at once: a parser library took longer to
 * load (30 ms) than Deno itself.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";

/** One parameter: an operand (`PIPELINE`) or an option (`--out FILE`). `T` is what it gives. */
export interface Parameter<T> {
  kind: "operand" | "flag" | "option";
  about: string;
  /** Of an option, the letter that stands for its name: `j` for `-j`. */
  short: string | null;
  /** The name of the value in usage texts, capitals; of a flag, empty. */
  value: string;
  /** Must be given. */
  required: boolean;
  /** May be given more than once; of an operand, takes all that is left. */
  many: boolean;
  /** The only words allowed; `null`: every word. */
  choices: readonly string[] | null;
  /** From the words that were given, in order. Throws `usage.invalid`. */
  read(words: readonly string[], shown: string): T;
}

/**
 * A command's parameters; operands in their order. The key `maxUses` is spelt `--max-uses`.
 */
export type Parameters = Record<string, Parameter<unknown>>;

/** What the parameters give. */
export type Values<P extends Parameters> = {
  readonly [K in keyof P]: P[K] extends Parameter<infer T> ? T : never;
};

/** `--yes`. */
export function flag(about: string): Parameter<boolean> {
  return {
    kind: "flag",
    about,
    short: null,
    value: "",
    required: false,
    many: false,
    choices: null,
    read: (words) => words.length > 0,
  };
}

/** `--out FILE`; `null` when it is not given. */
export function option(value: string, about: string): Parameter<string | null> {
  return parameter("option", value, about, (words) => words.at(0) ?? null);
}

/** `--param NAME=VALUE`, any number of times, each taken as it is. */
export function repeatedOption(
  value: string,
  about: string,
): Parameter<string[]> {
  return {
    ...parameter("option", value, about, (words) => [...words]),
    many: true,
  };
}

/** `--only STEP`, any number of times; a comma separates, too. */
export function options(value: string, about: string): Parameter<string[]> {
  return {
    ...parameter(
      "option",
      value,
      about,
      (words) => words.flatMap((word) => word.split(",")),
    ),
    many: true,
  };
}

/** `--limit N`: a whole number from `least` on; `null` when it is not given. */
export function wholeOption(
  value: string,
  about: string,
  least = 1,
): Parameter<number | null> {
  return parameter("option", value, about, (words, shown) => {
    const word = words.at(0);
    if (word === undefined) return null;
    const number = Number(word);
    if (
      !/^\d+$/.test(word) || number < least ||
      !Number.isSafeInteger(number)
    ) {
      throw new WritError(
        "usage.invalid",
        `Cannot use "${word}" for ${shown}: a whole number of at ${
          number > Number.MAX_SAFE_INTEGER
            ? `most ${Number.MAX_SAFE_INTEGER}`
            : `least ${least}`
        } was expected`,
      );
    }
    return number;
  });
}

/** The same option, which `-j` names as well. */
export function orShort<T>(
  short: string,
  parameter: Parameter<T>,
): Parameter<T> {
  return { ...parameter, short };
}

/** `--format text|json`; `null` when it is not given. */
export function choiceOption<const C extends string>(
  choices: readonly C[],
  about: string,
): Parameter<C | null> {
  return {
    ...parameter<C | null>(
      "option",
      choices.join("|"),
      about,
      (words) => (words.at(0) ?? null) as C | null,
    ),
    choices,
  };
}

/** An operand that must be there. */
export function operand(value: string, about: string): Parameter<string> {
  return {
    ...parameter("operand", value, about, (words) => words[0]),
    required: true,
  };
}

/** An operand that may be left out; `null` then. */
export function optionalOperand(
  value: string,
  about: string,
): Parameter<string | null> {
  return parameter("operand", value, about, (words) => words.at(0) ?? null);
}

/** All operands that are left; words after `--` are among them, whatever they look like. */
export function operands(value: string, about: string): Parameter<string[]> {
  return {
    ...parameter("operand", value, about, (words) => [...words]),
    many: true,
  };
}

/** How a key of {@linkcode Parameters} is spelt on the command line. */
export function optionName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function parameter<T>(
  kind: "operand" | "option",
  value: string,
  about: string,
  read: (words: readonly string[], shown: string) => T,
): Parameter<T> {
  return {
    kind,
    about,
    short: null,
    value,
    required: false,
    many: false,
    choices: null,
    read,
  };
}
