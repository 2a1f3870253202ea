/**
 * What the JSONC parser found wrong, in a sentence.
 *
 * @module
 */
import { type ParseError, printParseErrorCode } from "jsonc-parser";
import { quoted } from "../core/printable.ts";

/** What was wanted at an error, by the parser's name for it, and what to do about it. */
const WANTED: Readonly<Record<string, { wanted: string; hint?: string }>> = {
  InvalidNumberFormat: { wanted: "the number is not complete" },
  UnexpectedEndOfNumber: { wanted: "the number is not complete" },
  PropertyNameExpected: { wanted: "a key in double quotes was wanted" },
  ValueExpected: { wanted: "a value was wanted" },
  ColonExpected: { wanted: "a colon was wanted" },
  CommaExpected: { wanted: "a comma was wanted before it" },
  CloseBraceExpected: { wanted: 'a comma or "}" was wanted' },
  CloseBracketExpected: { wanted: 'a comma or "]" was wanted' },
  EndOfFileExpected: { wanted: "nothing was wanted after the value" },
  UnexpectedEndOfComment: { wanted: 'the comment is not closed by "*/"' },
  UnexpectedEndOfString: {
    wanted: "the text is not closed on its line",
    hint: 'Write a line break within a text as "\\n"',
  },
  InvalidUnicode: { wanted: '"\\u" and four hexadecimal digits were wanted' },
  InvalidEscapeCharacter: {
    wanted: "its backslash begins an escape that JSON does not have",
    hint: 'Write a backslash itself as "\\\\"',
  },
  InvalidCharacter: {
    wanted: "it holds a control character",
    hint: 'Write a control character within a text as an escape, such as "\\t"',
  },
};

/** The sentence for one error of the parser, and what to do about it. */
export function syntaxFault(
  error: ParseError,
  text: string,
): { message: string; hint?: string } {
  const token = text.slice(error.offset, error.offset + error.length);
  const found = `Found ${
    token === "" ? "the end of the file" : quoted(token, 40)
  }`;
  const name = printParseErrorCode(error.error);
  if (name === "InvalidSymbol") return symbolFault(token, found);
  const { wanted, hint } = WANTED[name] ?? { wanted: "JSON was wanted" };
  return { message: `${found}: ${wanted}`, hint };
}

function symbolFault(
  token: string,
  found: string,
): { message: string; hint?: string } {
  if (/^-?(NaN|Infinity)$|^undefined$/.test(token)) {
    return { message: `${found}: JSON has no such value` };
  }
  return {
    message: `${found}: a JSON value or key was wanted`,
    hint: "Write texts and keys in double quotes",
  };
}
