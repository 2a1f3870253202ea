/**
 * Text that fits the terminal it is shown on.
 *
 * @module
 */
import { textWidth } from "./table.ts";

/** What a text off a terminal is wrapped to: a page that two fit beside each other. */
const PAGE = 96;

/** Less than this is no column of text any more. */
const NARROW = 24;

/**
 * A line as lines of at most `columns`, broken between words; a word that is longer stays
 * whole. What continues is indented as the text of its line is: to where it begins, or, in a
 * list of terms (`  --yes  do not ask`), to where the second column does.
 */
export function wrapped(line: string, columns: number): string[] {
  const limit = Number.isFinite(columns) ? columns : PAGE;
  if (textWidth(line) <= limit) return [line];
  const [lead] = /^\s*(?:\S+(?: \S+)*\s{2,})?/.exec(line)!;
  const plain = /^\s*/.exec(line)![0];
  const hang = " ".repeat(
    limit - textWidth(lead) < NARROW ? plain.length + 2 : textWidth(lead),
  );
  const lines: string[] = [];
  let current = lead;
  let empty = true;
  for (const word of line.slice(lead.length).split(" ")) {
    const longer = empty ? current + word : `${current} ${word}`;
    if (!empty && textWidth(longer) > limit) {
      lines.push(current);
      current = hang + word;
    } else current = longer;
    empty = false;
  }
  return [...lines, current];
}
