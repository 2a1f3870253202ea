/**
 * Emphasis that text from outside cannot forge.
 *
 * A painted text carries marks with a secret of this process. Only the terminal turns marks
 * into colour codes; every other control character is shown escaped.
 *
 * @module
 */
import { printable, UNSAFE_BETWEEN_LINES } from "../core/printable.ts";

/** Emphasis, by meaning of the colour: `good` green, `bad` red, `care` yellow, `name` bold, `faint` dim. */
export type Emphasis = "good" | "bad" | "care" | "name" | "faint";

const CODES: Record<Emphasis, [on: number, off: number]> = {
  good: [32, 39],
  bad: [31, 39],
  care: [33, 39],
  name: [1, 22],
  faint: [2, 22],
};

/** Marks text, and resolves marks. */
export interface Painter {
  paint(emphasis: Emphasis, text: string): string;
  /** Ready to be written: marks become colour codes or vanish, control characters are escaped. */
  resolve(text: string, colour: boolean): string;
}

/** @param secret what nobody outside can guess; letters and digits. */
export function painter(secret: string): Painter {
  const marks = new RegExp(`\u0001${secret}\\.(\\d+);`, "g");
  return {
    paint: (emphasis, text) => {
      const [on, off] = CODES[emphasis];
      return `\u0001${secret}.${on};${text}\u0001${secret}.${off};`;
    },
    resolve: (text, colour) => {
      let out = "";
      let last = 0;
      for (const mark of text.matchAll(marks)) {
        out += escaped(text.slice(last, mark.index));
        if (colour) out += `\x1b[${mark[1]}m`;
        last = mark.index + mark[0].length;
      }
      return out + escaped(text.slice(last));
    },
  };
}

/**
 * Line breaks and tabs stay. A text that is escaped already is not escaped again, so what
 * quotes a name for an error may do so itself.
 */
function escaped(text: string): string {
  return text.replace(UNSAFE_BETWEEN_LINES, (found) => printable(found));
}
