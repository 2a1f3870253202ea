/**
 * Parameters: `${params.NAME}` in arguments and values of the environment.
 *
 * `${params.NAME}` becomes the parameter's value, which is not looked into again.
 * `$${params.` stands for `${params.` itself. Every other `$` is left as it is.
 *
 * @module
 */
import { didYouMean } from "../core/nearest.ts";
import { quoted } from "../core/printable.ts";

const REFERENCE = /(\$?)\$\{params\.([a-zA-Z0-9._-]*)(\}?)/g;

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
