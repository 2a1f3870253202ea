/**
 * Tables that fit the terminal they are shown on.
 *
 * @module
 */

/** Cells by row; every row has as many as the head. */
export interface Table {
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

/**
 * The lines of a table. Where it is wider than `columns`, each row becomes a block with a
 * line a cell, `head: cell`, so that nothing is cut off. Without rows, no lines.
 *
 * @param columns of the terminal; `Infinity` where there is none.
 * @param width how many columns a text takes, marks of colour not counted.
 */
export function tableLines(
  table: Table,
  columns: number,
  width: (text: string) => number = textWidth,
): string[] {
  if (table.rows.length === 0) return [];
  const widths = table.head.map((title, i) =>
    Math.max(width(title), ...table.rows.map((row) => width(row[i])))
  );
  const whole = widths.reduce((sum, one) => sum + one + 2, -2);
  if (whole > columns) {
    return table.rows.flatMap((row, n) => [
      ...(n > 0 ? [""] : []),
      ...row.map((cell, i) => `${table.head[i]}: ${cell}`),
    ]);
  }
  return [table.head, ...table.rows].map((row) =>
    row.map((cell, i) =>
      i === row.length - 1
        ? cell
        : cell + " ".repeat(widths[i] - width(cell) + 2)
    ).join("")
  );
}

/** How many columns a text takes on a terminal: marks take none, East Asian characters two. */
export function textWidth(text: string): number {
  let sum = 0;
  for (const character of text) {
    if (NONE.test(character)) continue;
    sum += WIDE.test(character) ? 2 : 1;
  }
  return sum;
}

const NONE = /^[\p{M}\p{Cf}]$/u;
const WIDE =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]$/u;
