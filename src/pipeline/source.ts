/**
 * Bytes of a text file, with the places of its characters.
 *
 * @module
 */
import { firstNot } from "../core/first_not.ts";

/** A text file: its text, line and column of an offset in it, and the first byte that is not UTF-8. */
export interface Source {
  text: string;
  /** Line and column from 1; columns count UTF-16 code units. */
  at(offset: number): { line: number; column: number };
  /** `offset` is where the byte stands in the text. */
  invalid: { offset: number; byte: number } | undefined;
}

/** Reads a text file. A byte order mark is passed over; `\n`, `\r\n` and `\r` end a line. */
export function readSource(bytes: Uint8Array): Source {
  const text = decode(bytes);
  return {
    text,
    at: placesOf(text),
    invalid: firstInvalidByte(bytes, text),
  };
}

function decode(bytes: Uint8Array): string {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  // Editors do not count the byte order mark as a column, so it goes before any counting.
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

/** Where decoding replaced bytes: the offset in the text, and the first byte there. */
function firstInvalidByte(
  bytes: Uint8Array,
  text: string,
): { offset: number; byte: number } | undefined {
  let index = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
    ? 3
    : 0;
  let offset = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    // U+FFFD stands for itself only where its own three bytes are.
    if (code === 0xfffd && !isReplacement(bytes, index)) {
      return { offset, byte: bytes[index] };
    }
    index += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    offset += character.length;
  }
  return undefined;
}

function isReplacement(bytes: Uint8Array, index: number): boolean {
  return bytes[index] === 0xef && bytes[index + 1] === 0xbf &&
    bytes[index + 2] === 0xbd;
}

/** The line and column of each offset of a text, as {@linkcode Source} has them. */
export function placesOf(text: string): Source["at"] {
  const starts = lineStarts(text);
  return (offset) => placeAt(starts, offset);
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|\r|\n/g)) {
    starts.push(match.index + match[0].length);
  }
  return starts;
}

function placeAt(
  lines: number[],
  offset: number,
): { line: number; column: number } {
  const line = firstNot(lines.length, (i) => lines[i] <= offset);
  return { line, column: offset - lines[line - 1] + 1 };
}
