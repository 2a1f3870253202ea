/**
 * How a value that was found is called in a sentence.
 *
 * @module
 */
import { quoted } from "../core/printable.ts";
import type { JsonPath } from "./document.ts";

/** `the text "x"`, `the number 3`, `an empty list`, `an object`, `null`. */
export function valueText(value: unknown): string {
  if (Array.isArray(value)) {
    return value.length === 0 ? "an empty list" : "a list";
  }
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "string") {
    return value === "" ? "an empty text" : `the text ${quoted(value)}`;
  }
  return typeof value === "number" ? `the number ${value}` : String(value);
}

/** The part of a value that a path leads to; `undefined` where there is none. */
export function valueAt(value: unknown, path: JsonPath): unknown {
  let here = value;
  for (const key of path) {
    if (
      typeof here !== "object" || here === null || !Object.hasOwn(here, key)
    ) return undefined;
    here = (here as Record<string | number, unknown>)[key];
  }
  return here;
}
