/**
 * Every small change of a JSON document: each value another of its kind, or of another kind; each member
 * left out, added, doubled, swapped.
 *
 * @module
 */
import { canonicalText } from "../src/core/canonical_json.ts";
import { sha256 } from "../src/core/digest.ts";

/** What JSON can hold. */
export type Json =
  | null
  | boolean
  | number
  | string
  | Json[]
  | { [name: string]: Json };

/** A place in a document, and what is there instead. */
export interface Edit {
  path: readonly (string | number)[];
  to: Json;
}

/** All edits of a document. No two documents that they make are equal to it. */
export function* edits(
  value: Json,
  path: Edit["path"] = [],
): Generator<Edit> {
  const before = canonicalText(value);
  for (const to of otherValues(value)) {
    if (canonicalText(to) !== before) yield { path, to };
  }
  if (Array.isArray(value)) {
    for (const [i, each] of value.entries()) yield* edits(each, [...path, i]);
  } else if (value !== null && typeof value === "object") {
    for (const [name, each] of Object.entries(value)) {
      yield* edits(each, [...path, name]);
    }
  }
}

/** A copy of a document with an edit. */
export function edited(value: Json, { path, to }: Edit): Json {
  if (path.length === 0) return to;
  const [name, ...rest] = path;
  if (Array.isArray(value)) {
    return value.with(
      Number(name),
      edited(value[Number(name)], { path: rest, to }),
    );
  }
  const object = value as { [name: string]: Json };
  return { ...object, [name]: edited(object[name], { path: rest, to }) };
}

/** An edit in words. */
export function inWords({ path, to }: Edit): string {
  return `/${path.join("/")} = ${canonicalText(to).slice(0, 80)}`;
}

function* otherValues(value: Json): Generator<Json> {
  switch (typeof value) {
    case "boolean":
      yield !value;
      yield String(value);
      return;
    case "number":
      yield value + 1;
      yield value === 0 ? -1 : 0;
      yield String(value);
      return;
    case "string":
      yield* otherTexts(value);
      return;
  }
  if (value === null) {
    yield 0;
    yield "";
    yield {};
  } else if (Array.isArray(value)) {
    yield* otherLists(value);
  } else {
    yield* otherObjects(value);
  }
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function* otherTexts(text: string): Generator<Json> {
  if (DIGEST.test(text)) {
    yield sha256(new TextEncoder().encode(text));
    yield text.slice(0, -1) + (text.endsWith("0") ? "1" : "0");
  } else if (TIME.test(text)) {
    yield new Date(Date.parse(text) + 1).toISOString();
    yield new Date(Date.parse(text) - 7_200_000).toISOString();
  } else {
    yield `${text}x`;
    yield text.slice(1);
    yield text.toUpperCase();
  }
  yield null;
}

function* otherLists(list: Json[]): Generator<Json> {
  yield [...list, "x"];
  yield [];
  yield list.toReversed();
  for (const i of list.keys()) {
    yield list.toSpliced(i, 1);
    yield list.toSpliced(i, 0, list[i]);
  }
}

function* otherObjects(object: { [name: string]: Json }): Generator<Json> {
  yield { ...object, x: null };
  for (const name of Object.keys(object)) {
    const { [name]: value, ...rest } = object;
    yield rest;
    yield { ...rest, [`${name}x`]: value };
  }
}
