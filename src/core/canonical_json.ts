/**
 * RFC 8785 (JSON Canonicalization Scheme): the only bytes that Writ hashes and signs.
 *
 * @module
 */
import canonicalize from "canonicalize";
import { WritError } from "./errors.ts";

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", {
  fatal: true,
  ignoreBOM: true,
});

/**
 * The canonical text of a JSON value (RFC 8785).
 *
 * @throws {TypeError} on `NaN`, infinities, lone surrogates and what JSON cannot hold.
 */
export function canonicalText(value: unknown): string {
  const ordered = inOrder(value, 0);
  if (ordered !== UNUSUAL) return JSON.stringify(ordered);
  const text = canonicalize(value);
  if (text === undefined) {
    throw new TypeError("Cannot canonicalize a value that JSON cannot hold");
  }
  return text;
}

/** What {@linkcode inOrder} leaves to the library. */
const UNUSUAL = Symbol("unusual");

/** Deeper values are left to the library, which does not recurse. */
const USUAL_DEPTH = 32;

/** Whether objects keep a key before all others, whenever it was added, or it is no plain member. */
function isUnusualKey(key: string): boolean {
  const first = key.charCodeAt(0);
  return first >= 0x30 && first <= 0x39 || key === "__proto__" ||
    key === "toJSON" || !key.isWellFormed();
}

/**
 * The same value with the members of every object in the order of RFC 8785 section 3.2.3.
 * `JSON.stringify` then writes its canonical text: the RFC takes numbers and escapes from
 * ECMAScript. That is several times as fast as the library, which has to refuse more.
 */
function inOrder(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? value : UNUSUAL;
    case "number":
      return Number.isFinite(value) ? value : UNUSUAL;
    case "boolean":
      return value;
    case "object":
      if (value === null) return value;
      if (depth === USUAL_DEPTH) return UNUSUAL;
      return Array.isArray(value)
        ? listInOrder(value, depth)
        : membersInOrder(value, depth);
    default:
      return UNUSUAL;
  }
}

function listInOrder(list: readonly unknown[], depth: number): unknown {
  const ordered: unknown[] = [];
  for (let i = 0; i < list.length; i++) {
    const item = inOrder(list[i], depth + 1);
    if (item === UNUSUAL) return UNUSUAL;
    ordered.push(item);
  }
  return "toJSON" in list ? UNUSUAL : ordered;
}

function membersInOrder(value: object, depth: number): unknown {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return UNUSUAL;
  const ordered: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) {
    if (isUnusualKey(key)) return UNUSUAL;
    const member = inOrder((value as Record<string, unknown>)[key], depth + 1);
    if (member === UNUSUAL) return UNUSUAL;
    ordered[key] = member;
  }
  return ordered;
}

/**
 * Whether `JSON.stringify` writes a value's canonical text as it is, and it is not deep. Only for
 * what `JSON.parse` gave: that has neither accessors nor `toJSON`, and no other prototypes.
 */
function isInOrder(value: unknown, depth: number): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  if (depth === USUAL_DEPTH) return false;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (!isInOrder(value[i], depth + 1)) return false;
    }
    return true;
  }
  const members = value as Record<string, unknown>;
  let before = "";
  for (const key of Object.keys(members)) {
    if (key < before || !key.isWellFormed()) return false;
    before = key;
    if (!isInOrder(members[key], depth + 1)) return false;
  }
  return true;
}

/** The canonical bytes of a JSON value (RFC 8785), UTF-8. */
export function canonicalBytes(value: unknown): Uint8Array<ArrayBuffer> {
  return encoder.encode(canonicalText(value));
}

/**
 * Reads a value from bytes that must be canonical already. Since equal values have
 * equal canonical bytes, this also refuses duplicate keys, odd number forms,
 * white space, a byte order mark and invalid UTF-8. The key `__proto__` is refused too,
 * and what is nested deeper than 1,000 levels, on which recursive readers would fail.
 *
 * @throws {WritError} `input.invalid`
 */
export function parseCanonical(bytes: Uint8Array, what: string): unknown {
  let text: string;
  let value: unknown;
  try {
    text = strictDecoder.decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw new WritError(
      "input.invalid",
      `Cannot read ${what}: ${whyNoJson(bytes, cause)}`,
      { cause },
    );
  }
  const isUsual = isInOrder(value, 0);
  if (!isUsual && isDeeperThan(text, MAX_DEPTH)) {
    throw new WritError(
      "input.invalid",
      `Cannot read ${what}: it is nested deeper than ${MAX_DEPTH} levels`,
    );
  }
  let again: string | undefined;
  try {
    again = isUsual ? JSON.stringify(value) : canonicalText(value);
  } catch (cause) {
    throw new WritError(
      "input.invalid",
      `Cannot read ${what}: it is not canonical JSON (RFC 8785)`,
      { cause },
    );
  }
  if (again !== text) {
    throw new WritError(
      "input.invalid",
      `Cannot read ${what}: its bytes are not canonical JSON (RFC 8785)`,
    );
  }
  // Schemas of maps would drop this key in silence, and objects built from it would get
  // another prototype. In canonical text a quote after "{" or "," always opens a key or a value.
  if (text.includes('"__proto__":') && /[{,]"__proto__":/.test(text)) {
    throw new WritError(
      "input.invalid",
      `Cannot read ${what}: it has a key "__proto__"`,
    );
  }
  return value;
}

function whyNoJson(bytes: Uint8Array, cause: unknown): string {
  if (bytes.length === 0) return "it is empty";
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return "it begins with a byte order mark, which canonical JSON never has";
  }
  return cause instanceof SyntaxError ? "it is not JSON" : "it is not UTF-8";
}

const MAX_DEPTH = 1_000;

/** Whether a valid JSON text is nested deeper than `depth`. What is short cannot be. */
function isDeeperThan(text: string, depth: number): boolean {
  if (text.length <= 2 * depth) return false;
  let level = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: // "
        for (i++; text.charCodeAt(i) !== 0x22; i++) {
          if (text.charCodeAt(i) === 0x5c) i++; // a backslash and what it escapes
        }
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++level > depth) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        level--;
    }
  }
  return false;
}
