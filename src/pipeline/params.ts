/**
 * Parameters: `${params.NAME}` in arguments and values of the environment.
 *
 * `${params.NAME}` becomes the parameter's value, which is not looked into again.
 * `$${params.` stands for `${params.` itself. What was probably meant for a reference, such as
 * `${param.NAME}`, is refused: a step must not get it as a text. Every other `$` is left as it is.
 *
 * @module
 */
import { didYouMean, nearest } from "../core/nearest.ts";
import { quoted } from "../core/printable.ts";

const REFERENCE = /(\$?)\$\{params\.([a-zA-Z0-9._-]*)(\}?)/g;

/** `${word.name}`, also with spaces or doubled braces; code such as `${word.call()}` is none. */
const LIKE_REFERENCE = /\$\{\{?\s*(\w+)\s*\.\s*([a-zA-Z0-9._-]*)\s*\}/g;

/** Something wrong with one reference; the message is the end of a sentence. */
export interface ReferenceFault {
  message: string;
  hint: () => string | undefined;
}

/** How long a text is with its references replaced, in UTF-16 units; nothing of it is made. */
export function substitutedLength(
  text: string,
  params: ReadonlyMap<string, string>,
): number {
  let length = text.length;
  for (const [whole, escape, name, close] of text.matchAll(REFERENCE)) {
    const value = escape === "" && close !== "" ? params.get(name) : undefined;
    if (value !== undefined) length += value.length - whole.length;
  }
  return length;
}

/** Replaces the references in a text. What is wrong is reported and left as it was. */
export function substitute(
  text: string,
  params: ReadonlyMap<string, string>,
  report: (fault: ReferenceFault) => void = () => {},
): string {
  return text.replace(REFERENCE, (whole, escape, name, close) => {
    if (escape !== "") return whole.slice(1);
    if (close === "" || name === "") {
      report({
        message: `has "\${params." without a name and "}" after it`,
        hint: () => 'Write "$${params." for the text "${params." itself',
      });
      return whole;
    }
    const value = params.get(name);
    if (value === undefined) {
      report({
        message: `names the parameter ${
          quoted(name)
        }, which "params" does not declare`,
        hint: () => didYouMean(name, params.keys()),
      });
      return whole;
    }
    return value;
  });
}

/** What is written almost like a reference, of the texts that {@linkcode substitute} takes. */
export function misspelt(
  text: string,
  params: ReadonlyMap<string, string>,
): ReferenceFault[] {
  return [...text.matchAll(LIKE_REFERENCE)]
    .filter(([whole, word]) => !whole.startsWith("${params.") && isMeant(word))
    .map(([whole, , name]) => ({
      message: `has ${quoted(whole)}, which is no reference to a parameter`,
      hint: () => {
        const meant = params.has(name) ? name : nearest(name, params.keys());
        return `Did you mean "\${params.${
          meant ?? (name || "NAME")
        }}"? To pass the text itself, make it the value of a parameter`;
      },
    }));
}

/** Words of code such as `parts`, `par` and `urlParams` are near too, and are not meant. */
function isMeant(word: string): boolean {
  const lower = word.toLowerCase();
  return lower === "params" ||
    lower.startsWith("p") && lower.length >= 5 && lower.length <= 7 &&
      nearest(lower, ["params"]) !== undefined;
}
