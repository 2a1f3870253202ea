/**
 * The code blocks of a Markdown text, as `tests/docs_test.ts` runs them.
 *
 * @module
 */

/** A fenced block. */
export interface Block {
  /** Where it begins, from 1. */
  line: number;
  language: string;
  /** `exit=3` of the info string; 0 where it says nothing. */
  exit: number;
  /** `at=bob` of the info string: on which machine. */
  at: string | null;
  /** `file=PATH` of the info string. */
  file: string | null;
  text: string;
}

/** A command of a `console` block and the output that is shown beneath it. */
export interface Shown {
  command: string;
  output: string[];
}

/** All fenced blocks, in order. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const open = /^ *(`{3,}|~{3,})\s*(\S*)(.*)$/.exec(lines[i]);
    if (open === null) continue;
    const [, fence, language, rest] = open;
    const end = lines.findIndex((line, n) => n > i && line.trim() === fence);
    if (end === -1) throw new Error(`The block at line ${i + 1} has no end`);
    blocks.push({
      line: i + 1,
      language,
      exit: Number(/\bexit=(\d+)/.exec(rest)?.[1] ?? 0),
      at: /\bat=(\S+)/.exec(rest)?.[1] ?? null,
      file: /\bfile=(\S+)/.exec(rest)?.[1] ?? null,
      text: lines.slice(i + 1, end).join("\n"),
    });
    i = end;
  }
  return blocks;
}

/** The commands of a `console` block; a command that ends in `\` goes on in the next line. */
export function shownIn(text: string): Shown[] {
  const shown: Shown[] = [];
  let open = false;
  for (const line of text.split("\n")) {
    if (open) shown.at(-1)!.command += `\n${line}`;
    else if (line.startsWith("$ ")) {
      shown.push({ command: line.slice(2), output: [] });
    } else if (shown.length > 0) shown.at(-1)!.output.push(line);
    open = shown.at(-1)?.command.endsWith("\\") ?? false;
  }
  return shown;
}

/**
 * The first shown line that the output does not hold, after those before it; `null` when all
 * are there. `…` stands for anything within a line; a line of `…` alone, and empty lines, for
 * any lines.
 */
export function missingLine(
  shown: readonly string[],
  output: string,
): string | null {
  const lines = output.split("\n").map((line) => line.trimEnd());
  let next = 0;
  for (const line of shown) {
    if (line.trim() === "" || line.trim() === "…") continue;
    const pattern = new RegExp(
      `^${
        line.trimEnd().split("…").map((part) =>
          part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
        ).join(".*")
      }$`,
    );
    const at = lines.findIndex((one, n) => n >= next && pattern.test(one));
    if (at === -1) return line;
    next = at + 1;
  }
  return null;
}
