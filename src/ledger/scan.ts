/**
 * A look at the bytes of a record, without making values of them: many times as fast as
 * parsing, which is what walking a long chain costs.
 *
 * @module
 */

/** Deeper than any receipt; what is deeper is left to the parser. */
const MAX_DEPTH = 64;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const UNDERSCORE = 0x5f;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** What may follow a backslash in RFC 8785, but for `u`. */
const ESCAPED = new Set([...'"\\bfnrt'].map((letter) => letter.charCodeAt(0)));

const WORDS = ["true", "false", "null"].map(ascii);

/** Numbers of more digits are left to the parser: not all of them are told apart by what is written. */
const MAX_DIGITS = 15;

/** What has more of them after the point, before its first other digit, is written with an exponent. */
const MAX_ZEROS = 5;

/** What a string may hold as it is: ASCII that is printable, without the quote and the backslash. */
const PLAIN = Uint8Array.from(
  { length: 256 },
  (_, byte) =>
    Number(
      byte >= 0x20 && byte < 0x7f && byte !== QUOTE && byte !== BACKSLASH,
    ),
);

/** The bytes of a text that is ASCII. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/**
 * Recognizes canonical objects (RFC 8785), and finds members of the outermost one.
 *
 * A `true` of {@linkcode Scanner.scan} is certain. A `false` means that a parser must look:
 * the bytes may still be canonical (letters beyond ASCII, `\u` escapes, exponents).
 */
export class Scanner {
  readonly #names: readonly Uint8Array[];
  readonly #starts: number[];
  readonly #ends: number[];
  #bytes = new Uint8Array();
  #at = 0;

  /** `names`: the members of the outermost object to find, in ASCII. */
  constructor(names: readonly Uint8Array[]) {
    this.#names = names;
    this.#starts = names.map(() => 0);
    this.#ends = names.map(() => -1);
  }

  /** Whether these bytes certainly are a canonical object. */
  scan(bytes: Uint8Array): boolean {
    this.#bytes = bytes as Uint8Array<ArrayBuffer>;
    this.#at = 0;
    for (let n = 0; n < this.#ends.length; n++) this.#ends[n] = -1;
    return bytes[0] === OPEN_OBJECT && this.#object(1) &&
      this.#at === bytes.length;
  }

  /** Whether the value of the n-th name, in what was scanned last, is this text of ASCII. */
  is(name: number, value: string): boolean {
    return this.#ends[name] - this.#starts[name] === value.length &&
      this.#holds(this.#starts[name], value);
  }

  /** Whether it is a string of these parts; a text that is joined first is copied for it. */
  isString(name: number, first: string, second: string): boolean {
    const start = this.#starts[name];
    const length = first.length + second.length + 2;
    // That it ends with a quote is what makes it a value.
    return this.#ends[name] - start === length &&
      this.#bytes[start] === QUOTE && this.#holds(start + 1, first) &&
      this.#holds(start + 1 + first.length, second);
  }

  #holds(start: number, text: string): boolean {
    const bytes = this.#bytes;
    for (let i = 0; i < text.length; i++) {
      if (bytes[start + i] !== text.charCodeAt(i)) return false;
    }
    return true;
  }

  #object(depth: number): boolean {
    const bytes = this.#bytes;
    this.#at++;
    if (bytes[this.#at] === CLOSE_OBJECT) {
      this.#at++;
      return true;
    }
    let beforeStart = -1;
    let beforeEnd = -1;
    for (;;) {
      const start = this.#at + 1;
      if (bytes[this.#at] !== QUOTE || !this.#plainString()) return false;
      const end = this.#at - 1;
      // "__proto__" and its like are left to the parser.
      if (bytes[start] === UNDERSCORE) return false;
      if (
        beforeStart !== -1 && !this.#isLess(beforeStart, beforeEnd, start, end)
      ) return false;
      beforeStart = start;
      beforeEnd = end;
      if (bytes[this.#at++] !== COLON) return false;
      const value = this.#at;
      if (!this.#value(depth)) return false;
      if (depth === 1) this.#keep(start, end, value);
      const next = bytes[this.#at++];
      if (next === CLOSE_OBJECT) return true;
      if (next !== COMMA) return false;
    }
  }

  #list(depth: number): boolean {
    const bytes = this.#bytes;
    this.#at++;
    if (bytes[this.#at] === CLOSE_LIST) {
      this.#at++;
      return true;
    }
    for (;;) {
      if (!this.#value(depth)) return false;
      const next = bytes[this.#at++];
      if (next === CLOSE_LIST) return true;
      if (next !== COMMA) return false;
    }
  }

  #value(depth: number): boolean {
    const first = this.#bytes[this.#at];
    if (first === QUOTE) return this.#string();
    if (first === OPEN_OBJECT) {
      return depth < MAX_DEPTH && this.#object(depth + 1);
    }
    if (first === OPEN_LIST) return depth < MAX_DEPTH && this.#list(depth + 1);
    if (first === MINUS || first >= ZERO && first <= NINE) {
      return this.#number();
    }
    return this.#word();
  }

  #string(): boolean {
    const bytes = this.#bytes;
    let at = this.#at + 1;
    for (;;) {
      while (PLAIN[bytes[at]] === 1) at++;
      const byte = bytes[at++];
      if (byte === QUOTE) {
        this.#at = at;
        return true;
      }
      if (byte !== BACKSLASH || !ESCAPED.has(bytes[at++])) return false;
    }
  }

  /** A string without escapes: in these the order of bytes is that of the letters. */
  #plainString(): boolean {
    const bytes = this.#bytes;
    let at = this.#at + 1;
    while (PLAIN[bytes[at]] === 1) at++;
    this.#at = at + 1;
    return bytes[at] === QUOTE;
  }

  #number(): boolean {
    const bytes = this.#bytes;
    const isNegative = bytes[this.#at] === MINUS;
    const start = isNegative ? this.#at + 1 : this.#at;
    const digits = this.#digits(start);
    if (digits === 0 || digits > MAX_DIGITS) return false;
    const isZero = bytes[start] === ZERO;
    if (isZero && digits > 1) return false;
    // What follows otherwise ("e") is refused by whoever looks for "," or a close.
    if (bytes[this.#at] !== POINT) return !(isZero && isNegative);
    const point = this.#at;
    const decimals = this.#digits(point + 1);
    if (decimals === 0 || digits + decimals > MAX_DIGITS) return false;
    let first = point + 1;
    while (bytes[first] === ZERO) first++;
    // With a zero at its end it would be written shorter.
    return bytes[this.#at - 1] !== ZERO &&
      (!isZero || first - point - 1 <= MAX_ZEROS);
  }

  /** How many digits there are from here on; stands behind them then. */
  #digits(from: number): number {
    const bytes = this.#bytes;
    let at = from;
    while (bytes[at] >= ZERO && bytes[at] <= NINE) at++;
    this.#at = at;
    return at - from;
  }

  #word(): boolean {
    for (const word of WORDS) {
      if (this.#startsWith(word)) {
        this.#at += word.length;
        return true;
      }
    }
    return false;
  }

  #startsWith(word: Uint8Array): boolean {
    for (let i = 0; i < word.length; i++) {
      if (this.#bytes[this.#at + i] !== word[i]) return false;
    }
    return true;
  }

  #isLess(a: number, aEnd: number, b: number, bEnd: number): boolean {
    const bytes = this.#bytes;
    for (; a < aEnd && b < bEnd; a++, b++) {
      if (bytes[a] !== bytes[b]) return bytes[a] < bytes[b];
    }
    return a === aEnd && b < bEnd;
  }

  #keep(start: number, end: number, value: number): void {
    const bytes = this.#bytes;
    const length = end - start;
    for (let n = 0; n < this.#names.length; n++) {
      const name = this.#names[n];
      if (name.length !== length || name[0] !== bytes[start]) continue;
      let i = 1;
      while (i < length && bytes[start + i] === name[i]) i++;
      if (i < length) continue;
      this.#starts[n] = value;
      this.#ends[n] = this.#at;
    }
  }
}
