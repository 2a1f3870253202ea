/**
 * Writes the table of commands in README.md from `src/cli/profile.ts`: `deno task tasks`.
 *
 * Edge: reads and writes `README.md`.
 * @module
 */
import {
  COMMAND_NAMES,
  type Profile,
  PROFILES,
  type WriteScope,
} from "../src/cli/profile.ts";

const BEGIN = "<!-- commands -->";
const END = "<!-- end of commands -->";

const WRITES: Record<WriteScope, string | null> = {
  none: null,
  home: "write config and state",
  named: "write config, state, your folder",
  any: "write",
};

/** A README with the table of the commands in its place, between two comments. */
export function withCommands(text: string): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin === -1 || end === -1) {
    throw new Error(`README.md has no place between ${BEGIN} and ${END}`);
  }
  const table = tableLines().join("\n");
  return `${text.slice(0, begin)}${BEGIN}\n\n${table}\n\n${text.slice(end)}`;
}

/** Cells padded to columns, as `deno fmt` would. */
function tableLines(): string[] {
  const rows = COMMAND_NAMES.map((name) => [
    `\`${name}\``,
    PROFILES[name].summary,
    grants(PROFILES[name]),
  ]);
  const all = [["command", "does", "may, beside reading"], ...rows];
  const widths = [0, 1, 2].map((column) =>
    Math.max(...all.map((row) => row[column].length))
  );
  const line = (row: string[]) =>
    `| ${row.map((cell, n) => cell.padEnd(widths[n])).join(" | ")} |`;
  const rule = widths.map((width) => "-".repeat(width));
  return [line(all[0]), line(rule), ...rows.map(line)];
}

function grants({ write, run, env }: Profile): string {
  const words = [
    WRITES[write],
    run ? "start programs" : null,
    env === "any" ? "see the environment" : null,
  ];
  return words.filter((word) => word !== null).join("; ");
}

if (import.meta.main) {
  const file = new URL("../README.md", import.meta.url);
  const before = await Deno.readTextFile(file);
  await Deno.writeTextFile(file, withCommands(before));
}
