/**
 * Which command a line of words asks for.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { COMMAND_NAMES, type CommandName } from "./profile.ts";

/** What was asked for. `help` without a name is about everything, with one word of two about a group. */
export type Asked =
  | { kind: "version" }
  | { kind: "help"; about: CommandName | null; group: string | null }
  | { kind: "command"; name: CommandName; rest: string[] };

/**
 * Reads the first words of a command line. `writ`, `writ help …`, `writ … --help`,
 * `writ --version`, `writ version` and `writ COMMAND …`; a command may be two words.
 *
 * @throws {WritError} `usage.invalid` with the nearest name.
 */
export function readCommand(words: readonly string[]): Asked {
  const plain = beforeDashes(words);
  const help = plain.includes("--help") || plain.includes("-h");
  const said = words.filter((word) =>
    word !== "--json" && word !== "--help" && word !== "-h"
  );
  if (["--version", "-V", "version"].includes(said[0])) {
    return { kind: "version" };
  }
  if (said[0] === "help") return about(said.slice(1));
  if (help || said.length === 0) return about(said);
  const name = commandOf(said);
  const rest = [...words];
  for (const word of name.split(" ")) rest.splice(rest.indexOf(word), 1);
  return { kind: "command", name, rest };
}

/** The words before `--`: only these may be options. */
export function beforeDashes(words: readonly string[]): readonly string[] {
  const end = words.indexOf("--");
  return end === -1 ? words : words.slice(0, end);
}

function about(words: readonly string[]): Asked {
  if (words.length === 0) return { kind: "help", about: null, group: null };
  const isCommand = COMMAND_NAMES.some((name) => name === words[0]);
  if (words.length === 1 && !isCommand && members(words[0]).length > 0) {
    return { kind: "help", about: null, group: words[0] };
  }
  return { kind: "help", about: commandOf(words), group: null };
}

function commandOf(words: readonly string[]): CommandName {
  const [first, second] = words;
  const both = COMMAND_NAMES.find((name) => name === `${first} ${second}`);
  if (both !== undefined) return both;
  const one = COMMAND_NAMES.find((name) => name === first);
  if (one !== undefined) return one;
  const group = members(first);
  if (group.length === 0) {
    const near = nearest(first, [
      ...new Set(COMMAND_NAMES.map((name) => name.split(" ")[0])),
    ]);
    throw new WritError("usage.invalid", `Cannot find the command "${first}"`, {
      hint: near === undefined
        ? "writ help lists all commands"
        : `Did you mean writ ${near}?`,
    });
  }
  const seconds = group.map((name) => name.split(" ")[1]);
  const near = second === undefined ? undefined : nearest(second, seconds);
  throw new WritError(
    "usage.invalid",
    second === undefined
      ? `Cannot go on: "${first}" wants one more word, ${seconds.join(" or ")}`
      : `Cannot find the command "${first} ${second}"`,
    {
      hint: near === undefined
        ? `writ ${first} --help lists its commands`
        : `Did you mean writ ${first} ${near}?`,
    },
  );
}

function members(first: string): CommandName[] {
  return COMMAND_NAMES.filter((name) => name.startsWith(`${first} `));
}
