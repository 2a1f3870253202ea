/**
 * Reads the bytes of a JSONC file into a value that knows where each part of it stands.
 *
 * Strict where JSONC is: UTF-8, no NaN, no duplicate keys, no lone surrogates, bounded size
 * and depth. Allowed are comments, trailing commas, CRLF and a byte order mark.
 *
 * @module
 */
import {
  createScanner,
  type Node,
  type ParseError,
  parseTree,
} from "jsonc-parser";
import type { Place } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import type { FaultList } from "./faults.ts";
import { readSource } from "./source.ts";
import { syntaxFault } from "./syntax_fault.ts";

/** Bytes that a pipeline file may have. */
export const MAX_BYTES = 1024 * 1024;

/** How deep lists and objects may be nested. */
export const MAX_DEPTH = 64;

/** Keys and indexes from the root of a document to a part of it. */
export type JsonPath = readonly (string | number)[];

/** A value read from a file, and the places of its parts. */
export interface JsonDocument {
  value: unknown;
  /** The keys of the object at `path` in the order of the file, which a JavaScript object does not keep for digits. */
  keys(path: JsonPath): string[];
  /** Where the value at `path` begins; of a path that is not there, its nearest holder. */
  place(path: JsonPath): Place;
  /** Where the key of the property at `path` begins; otherwise as {@linkcode place}. */
  keyPlace(path: JsonPath): Place;
}

interface Part {
  offset: number;
  keyOffset: number;
  parts: Map<string | number, Part>;
}

/** Reads a document; `undefined` when there is nothing to be judged further. Faults are added. */
export function readDocument(
  bytes: Uint8Array,
  file: string,
  faults: FaultList,
): JsonDocument | undefined {
  if (bytes.length > MAX_BYTES) {
    faults.add(
      { file },
      `The file has ${bytes.length} bytes: at most ${MAX_BYTES} (1 MiB) are read`,
    );
    return undefined;
  }
  const { text, at: placeAt, invalid } = readSource(bytes);
  const at = (offset: number): Place => ({ file, ...placeAt(offset) });

  if (invalid !== undefined) {
    faults.add(
      at(invalid.offset),
      `The byte 0x${invalid.byte.toString(16)} is not valid UTF-8`,
      "Save the file as UTF-8",
    );
    return undefined;
  }
  if (text.trim() === "") {
    faults.add(at(0), "The file is empty: a JSON object was wanted");
    return undefined;
  }
  // The parser calls itself for each level; the scanner does not.
  const tooDeep = offsetBelow(text, MAX_DEPTH);
  if (tooDeep !== undefined) {
    faults.add(at(tooDeep), `Nested deeper than ${MAX_DEPTH} levels`);
    return undefined;
  }
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  if (errors.length > 0 || root === undefined) {
    // One wrong character makes the parser stumble on to the end of the line.
    const seen = new Set<number | undefined>();
    for (const error of errors) {
      const place = at(error.offset);
      if (seen.has(place.line)) continue;
      seen.add(place.line);
      const { message, hint } = syntaxFault(error, text);
      faults.add(place, message, hint);
    }
    return undefined;
  }
  const { value, part } = build(root, root.offset, at, faults);
  const find = (path: JsonPath): { part: Part; whole: boolean } => {
    let here = part;
    for (const key of path) {
      const next = here.parts.get(key);
      if (next === undefined) return { part: here, whole: false };
      here = next;
    }
    return { part: here, whole: true };
  };
  return {
    value,
    keys: (path) => {
      const found = find(path);
      return found.whole ? [...found.part.parts.keys()].map(String) : [];
    },
    place: (path) => at(find(path).part.offset),
    keyPlace: (path) => {
      const found = find(path);
      return at(found.whole ? found.part.keyOffset : found.part.offset);
    },
  };
}

/** Builds value and places in one walk. Recursion is bounded by {@linkcode MAX_DEPTH}. */
function build(
  node: Node,
  keyOffset: number,
  at: (offset: number) => Place,
  faults: FaultList,
): { value: unknown; part: Part } {
  const part: Part = { offset: node.offset, keyOffset, parts: new Map() };
  if (node.type === "array") {
    const value = (node.children ?? []).map((child, index) => {
      const built = build(child, child.offset, at, faults);
      part.parts.set(index, built.part);
      return built.value;
    });
    return { value, part };
  }
  if (node.type === "object") {
    const entries = new Map<string, unknown>();
    for (const property of node.children ?? []) {
      const [keyNode, valueNode] = property.children!;
      const key: string = keyNode.value;
      const built = build(valueNode, keyNode.offset, at, faults);
      const first = part.parts.get(key);
      if (first !== undefined) {
        const { line, column } = at(first.keyOffset);
        faults.add(
          at(keyNode.offset),
          `The key ${quoted(key)} is there twice, first at ${line}:${column}`,
          "Keep one of the two",
        );
      } else if (key === "__proto__") {
        faults.add(at(keyNode.offset), 'The key "__proto__" cannot be used');
      } else if (!key.isWellFormed()) {
        faults.add(at(keyNode.offset), `The key ${quoted(key)} ${LONE}`);
      } else {
        part.parts.set(key, built.part);
        entries.set(key, built.value);
      }
    }
    return { value: Object.fromEntries(entries), part };
  }
  if (node.type === "string" && !node.value.isWellFormed()) {
    faults.add(at(node.offset), `The text ${quoted(node.value)} ${LONE}`);
  }
  if (node.type === "number" && !Number.isFinite(node.value)) {
    faults.add(at(node.offset), "The number is too large");
  }
  return { value: node.value, part };
}

const LONE = "holds half of a surrogate pair, which is no character";

/** The offset of the first bracket that opens a level below `depth`. */
function offsetBelow(text: string, depth: number): number | undefined {
  const scanner = createScanner(text, true);
  let level = 0;
  for (;;) {
    scanner.scan();
    // Behind a comment that is not closed the scanner's lengths are wrong, its offsets not.
    const offset = scanner.getTokenOffset();
    if (offset >= text.length) return undefined;
    switch (text[offset]) {
      case "{":
      case "[":
        if (++level > depth) return offset;
        break;
      case "}":
      case "]":
        level--;
    }
  }
}
