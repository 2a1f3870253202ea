/**
 * Reads the words of a command line by a command's table of parameters. Strict: what is not
 * in the table is refused with the nearest name, and nothing is given twice in silence.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { optionName, type Parameter, type Parameters } from "./parameters.ts";

/**
 * The values of `parameters`, by key.
 *
 * @param shown the command as it was typed, for messages: `writ approve`.
 * @throws {WritError} `usage.invalid`
 */
export function parseArguments(
  words: readonly string[],
  parameters: Parameters,
  shown: string,
): Record<string, unknown> {
  const given = new Map<string, string[]>();
  const loose: string[] = [];
  const keys = new Map(
    Object.entries(parameters)
      .filter(([, { kind }]) => kind !== "operand")
      .flatMap(([key, { short }]) =>
        [optionName(key), ...(short === null ? [] : [`-${short}`])]
          .map((name) => [name, key] as const)
      ),
  );
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === "--") {
      loose.push(...words.slice(i + 1));
      break;
    }
    // A lone "-" is standard input, "-1" and such are operands of nobody.
    if (!word.startsWith("-") || word === "-") {
      loose.push(word);
      continue;
    }
    const equals = word.indexOf("=");
    const whole = equals === -1 ? word : word.slice(0, equals);
    // "-j2" is "-j 2", where -j wants a value.
    const short = word.slice(0, 2);
    const joined = !word.startsWith("--") && !keys.has(whole) &&
      parameters[keys.get(short) ?? ""]?.kind === "option";
    const name = joined ? short : whole;
    const key = keys.get(name);
    if (key === undefined) throw unknownOption(name, [...keys.keys()], shown);
    const parameter = parameters[key];
    let value = joined
      ? word.slice(2)
      : equals === -1
      ? null
      : word.slice(equals + 1);
    if (parameter.kind === "flag") {
      if (value !== null) {
        throw usage(
          `Cannot use ${name} with a value: it is given or not`,
          shown,
        );
      }
      value = "";
    } else if (value === null) {
      i++;
      if (i >= words.length) {
        throw usage(
          `Cannot use ${name} alone: ${parameter.value} is missing`,
          shown,
        );
      }
      value = words[i];
    }
    const before = given.get(key);
    if (before !== undefined && !parameter.many) {
      throw usage(`Cannot use ${name} twice`, shown);
    }
    checkChoice(value, parameter, name, shown);
    given.set(key, [...before ?? [], value]);
  }
  takeOperands(loose, parameters, given, shown);
  const values: Record<string, unknown> = {};
  for (const [key, parameter] of Object.entries(parameters)) {
    const found = given.get(key) ?? [];
    if (parameter.required && found.length === 0) {
      throw usage(`Cannot go on: ${shownAs(key, parameter)} is missing`, shown);
    }
    values[key] = parameter.read(found, shownAs(key, parameter));
  }
  return values;
}

function takeOperands(
  loose: readonly string[],
  parameters: Parameters,
  given: Map<string, string[]>,
  shown: string,
): void {
  let next = 0;
  for (const [key, parameter] of Object.entries(parameters)) {
    if (parameter.kind !== "operand" || next >= loose.length) continue;
    const taken = parameter.many
      ? loose.slice(next)
      : loose.slice(next, next + 1);
    next += taken.length;
    given.set(key, taken);
  }
  if (next < loose.length) {
    throw usage(
      `Cannot use "${loose[next]}": no further word was expected`,
      shown,
    );
  }
}

function checkChoice(
  word: string,
  parameter: Parameter<unknown>,
  name: string,
  shown: string,
): void {
  if (parameter.choices === null || parameter.choices.includes(word)) return;
  throw usage(
    `Cannot use "${word}" for ${name}: ${
      parameter.choices.join(", ")
    } were expected`,
    shown,
  );
}

function shownAs(key: string, parameter: Parameter<unknown>): string {
  return parameter.kind === "operand" ? parameter.value : optionName(key);
}

function unknownOption(
  name: string,
  known: readonly string[],
  shown: string,
): WritError {
  const near = nearest(name, known);
  return new WritError(
    "usage.invalid",
    `Cannot use ${name}: ${shown} has no such option`,
    {
      hint: near === undefined
        ? `${shown} --help lists its options`
        : `Did you mean ${near}?`,
    },
  );
}

function usage(sentence: string, shown: string): WritError {
  return new WritError("usage.invalid", sentence, {
    hint: `${shown} --help says how it is used`,
  });
}
