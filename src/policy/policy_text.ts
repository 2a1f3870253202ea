/**
 * The text of one file of a policy: where its rules begin, and the places of its bytes.
 *
 * @module
 */
import type { Place } from "../core/errors.ts";
import { placesOf } from "../pipeline/source.ts";

/** A file of a policy. What is asked of it is worked out once. */
export class PolicyText {
  readonly file: string;
  readonly text: string;
  #offsets: ((byte: number) => number) | undefined;
  #places: ReturnType<typeof placesOf> | undefined;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  /** The place of a byte of the file's UTF-8, from which Cedar counts. */
  placeOf(byte: number): Place {
    this.#offsets ??= offsetsOf(this.text);
    this.#places ??= placesOf(this.text);
    return { file: this.file, ...this.#places(this.#offsets(byte)) };
  }
}

/** The offset in UTF-16 code units of a byte of the text's UTF-8. */
function offsetsOf(text: string): (byte: number) => number {
  const bytes = byteLength(text);
  if (bytes === text.length) return (byte) => Math.min(byte, bytes);
  const offsets = new Uint32Array(bytes + 1);
  let byte = 0;
  let offset = 0;
  for (const character of text) {
    const end = byte + byteLength(character);
    offsets.fill(offset, byte, end);
    byte = end;
    offset += character.length;
  }
  offsets[bytes] = offset;
  return (byte) => offsets[Math.min(byte, bytes)];
}

/**
 * A comment, a text, the end of a rule, a space, or what a rule is otherwise made of: as Cedar's
 * grammar has them.
 */
const TOKEN =
  /\/\/[^\n\r]*|(?<word>"(?:\\.|[^"\\])*"|[^;\p{White_Space}"\/]+|[\/"])|(?<end>;)|\p{White_Space}+/gsu;

/**
 * The bytes at which the rules of a text that Cedar reads begin, by the text of the rule, from its
 * first word to its semicolon. Rules that are written alike are in the order of the file.
 */
export function ruleStarts(text: string): Map<string, number[]> {
  const starts = new Map<string, number[]>();
  let begun: { offset: number; byte: number } | null = null;
  let byte = 0;
  for (const { 0: token, index, groups } of text.matchAll(TOKEN)) {
    if (groups?.word !== undefined) begun ??= { offset: index, byte };
    byte += byteLength(token);
    if (groups?.end === undefined || begun === null) continue;
    const rule = text.slice(begun.offset, index + token.length);
    const found = starts.get(rule);
    if (found === undefined) starts.set(rule, [begun.byte]);
    else found.push(begun.byte);
    begun = null;
  }
  return starts;
}

/** How many bytes of UTF-8 a text takes. */
function byteLength(text: string): number {
  return encoder.encode(text).length;
}

const encoder = new TextEncoder();
