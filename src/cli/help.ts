/**
 * Help texts, from the table of commands and the parameters of each.
 *
 * @module
 */
import type { Command } from "./command.ts";
import { optionName, type Parameter } from "./parameters.ts";
import { COMMAND_NAMES, type CommandName, PROFILES } from "./profile.ts";
import { denoFlags, type Places } from "./task_flags.ts";

/** What `writ help` says; of a `group` such as `keys`, only its commands. */
export function overview(group: string | null): string[] {
  const names = COMMAND_NAMES.filter((name) =>
    group === null || name.startsWith(`${group} `)
  );
  const width = Math.max(...names.map((name) => name.length));
  const line = (name: CommandName) =>
    `  ${name.padEnd(width)}  ${PROFILES[name].summary}`;
  if (group !== null) return [`writ ${group}`, "", ...names.map(line)];
  const groups = [...new Set(names.map((name) => PROFILES[name].group))];
  return [
    "Nothing runs without a writ.",
    "",
    "Usage: writ COMMAND",
    ...groups.flatMap((title) => [
      "",
      title,
      ...names.filter((name) => PROFILES[name].group === title).map(line),
    ]),
    "",
    "writ COMMAND --help   its options and its permissions",
    "writ --version        versions",
  ];
}

/** With what the process that is asked for help was started. */
export interface Started {
  /** It may write anywhere, whatever the row of a command says. */
  writesAll: boolean;
  /** How the folders of a row are spelt to whoever asks. */
  places: Places;
}

/** What `writ COMMAND --help` says. */
export function helpOf(
  name: CommandName,
  command: Command,
  { writesAll, places }: Started,
): string[] {
  const rows = Object.entries(command.parameters).map((
    [key, parameter],
  ): [string, string] => [
    `${parameter.short === null ? "" : `-${parameter.short}, `}${
      label(key, parameter)
    }`,
    explained(parameter),
  ]);
  rows.push(["--json", "answer with one JSON document"]);
  rows.push(["--help", "this text"]);
  const width = Math.max(...rows.map(([left]) => left.length));
  return [
    `writ ${name}: ${PROFILES[name].summary}`,
    "",
    `Usage: ${usageLine(name, command)}`,
    "",
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
    ...(command.about === "" ? [] : ["", command.about]),
    "",
    `Permissions: ${
      denoFlags(PROFILES[name], places).filter((flag) =>
        /^--(allow|deny)/.test(flag)
      )
        .join(" ")
    }`,
    ...(writesAll && PROFILES[name].write !== "none" &&
        PROFILES[name].write !== "any"
      ? [
        "",
        `Started as this help was, it may write anywhere: a process cannot narrow a kind of permission that it was given whole, only drop it. ${
          PROFILES[name].task
            ? `deno task ${name} and the program that deno task install makes are`
            : "The program that deno task install makes is"
        } started with the flags above.`,
      ]
      : []),
  ];
}

/** `writ approve [--yes] PIPELINE`. */
export function usageLine(name: CommandName, command: Command): string {
  const parts = Object.entries(command.parameters).map(([key, parameter]) => {
    const text = label(key, parameter) + (parameter.many ? "…" : "");
    return parameter.required ? text : `[${text}]`;
  });
  return ["writ", name, ...parts].join(" ");
}

function label(key: string, parameter: Parameter<unknown>): string {
  if (parameter.kind === "operand") return parameter.value;
  return parameter.kind === "flag"
    ? optionName(key)
    : `${optionName(key)} ${parameter.value}`;
}

function explained(parameter: Parameter<unknown>): string {
  return parameter.many && parameter.kind === "option"
    ? `${parameter.about} (may be given more than once)`
    : parameter.about;
}
