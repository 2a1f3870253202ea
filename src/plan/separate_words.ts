/**
 * What to do about a command line that was written as one text.
 *
 * @module
 */
import { printable } from "../core/printable.ts";

/** What only a shell understands: pipes, redirections, variables, quotes, patterns. */
const FOR_SHELL = /[|&;<>()$`"'\\*?~#{}[\]]/;

/** A longer line is not repeated. */
const LONGEST = 80;

/** How to write `program`, the first text of a command line, when it holds several words. */
export function separateWords(program: string): string | undefined {
  const words = program.split(/\s+/).filter((word) => word !== "");
  if (words.length === 0 || !/\s/.test(program)) return undefined;
  const isShort = program.length <= LONGEST;
  const shell = `["sh", "-c", ${isShort ? text(program) : '"…"'}]`;
  if (FOR_SHELL.test(program)) return `Name the shell that it is for: ${shell}`;
  const alone = isShort ? `: [${words.map(text).join(", ")}]` : "";
  return `Write each word as a text of its own${alone}; for a shell ${shell}`;
}

function text(word: string): string {
  return printable(JSON.stringify(word));
}
