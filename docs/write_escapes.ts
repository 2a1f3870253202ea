/**
 * Writes the table of the escape suite, docs/escapes.md, and its summary in README.md from the acts
 * of `tests/escape`: `deno task escapes`.
 *
 * Edge: reads and writes `README.md`, writes `docs/escapes.md`.
 * @module
 */
import type { Family, Row, Verdict } from "../tests/escape/act.ts";
import { FAMILIES } from "../tests/escape/table.ts";

const BEGIN = "<!-- escapes -->";
const END = "<!-- end of escapes -->";

type Column = "flags" | "bubblewrap" | "landlock";

const TITLES: Record<Column, string> = {
  flags: "Deno's flags alone",
  bubblewrap: "bubblewrap",
  landlock: "Landlock",
};

const WORDS: Record<Verdict["claim"], string> = {
  stopped: "stopped",
  refused: "refused",
  "by design": "allowed",
  "not covered": "not covered",
};

const HEAD = `# What steps try in vain

Each line is a small program that the normal test run starts as a step, under
each backend that the machine has (\`tests/escape\`). Beside it runs its control:
the same program without a sandbox, or with leave, which must succeed; an act
that fails anyway proves nothing. What a machine lacks for an act is told in the
name of a test that is ignored. This page is written from the same lines that
are tested: \`deno task escapes\`.

- _stopped_: the step does not get it done.
- _refused_: no step is started, since what it asks for cannot be given.
- _allowed_: it may, and the note says why.
- _not covered_: there is nothing against it, and the test sees that it gets
  done. What Landlock does not cover stands in the receipt of each step.
`;

/** The page. */
export function escapesPage(): string {
  return [HEAD, ...FAMILIES.map(section)].join("\n");
}

/** A README with the summary in its place, between two comments. */
export function withEscapes(text: string): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin === -1 || end === -1) {
    throw new Error(`README.md has no place between ${BEGIN} and ${END}`);
  }
  const columns = ["bubblewrap", "landlock"] as const;
  const rows = FAMILIES.map(({ name, acts }) => [
    name,
    `${acts.length}`,
    ...columns.map((column) => count(acts, column)),
  ]);
  const all = FAMILIES.flatMap(({ acts }) => acts);
  const lines = table([
    ["a step tries", "acts", ...columns.map((column) => TITLES[column])],
    ...rows,
    [
      "all",
      `${all.length}`,
      ...columns.map((column) => count(all, column)),
    ],
  ]);
  return `${text.slice(0, begin)}${BEGIN}\n\n${lines.join("\n")}\n\n${
    text.slice(end)
  }`;
}

function count(
  acts: readonly Row[],
  column: "bubblewrap" | "landlock",
): string {
  return Object.entries(WORDS).flatMap(([claim, word]) => {
    const number = acts.filter(({ under }) => under[column].claim === claim)
      .length;
    return number === 0 ? [] : [`${number} ${word}`];
  }).join(", ");
}

function section({ name, acts }: Family<Row>): string {
  const columns: Column[] = [
    ...acts.some(({ flags }) => flags !== undefined) ? ["flags" as const] : [],
    "bubblewrap",
    "landlock",
  ];
  const notes: string[] = [];
  const cell = (verdict: Verdict | undefined) => {
    if (verdict === undefined) return "";
    if (!("why" in verdict)) return WORDS[verdict.claim];
    if (!notes.includes(verdict.why)) notes.push(verdict.why);
    return `${WORDS[verdict.claim]} (${notes.indexOf(verdict.why) + 1})`;
  };
  const rows = acts.map((act) => [
    act.what,
    ...columns.map((column) =>
      cell(column === "flags" ? act.flags : act.under[column])
    ),
  ]);
  const lines = table([
    ["a step tries", ...columns.map((column) => TITLES[column])],
    ...rows,
  ]);
  const told = notes.map((note, at) => wrapped(`${at + 1}. ${note}`));
  return [
    `## ${name}\n`,
    ...lines,
    ...(told.length === 0 ? [] : ["", ...told]),
    "",
  ].join("\n");
}

/** Cells padded to columns, as `deno fmt` would. */
function table([head, ...rows]: string[][]): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column].length))
  );
  const line = (row: string[]) =>
    `| ${row.map((cell, n) => cell.padEnd(widths[n])).join(" | ")} |`;
  return [
    line(head),
    line(widths.map((width) => "-".repeat(width))),
    ...rows.map(line),
  ];
}

/** Lines of at most 80 characters, as `deno fmt` would; later ones indented like the first's words. */
function wrapped(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > 80) {
      lines.push(line);
      line = `   ${word}`;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}

if (import.meta.main) {
  const readme = new URL("../README.md", import.meta.url);
  const before = await Deno.readTextFile(readme);
  await Deno.writeTextFile(readme, withEscapes(before));
  await Deno.writeTextFile(
    new URL("escapes.md", import.meta.url),
    escapesPage(),
  );
}
