/**
 * JSON that may be shown on a terminal.
 *
 * @module
 */
import { UNSAFE_BETWEEN_LINES } from "./printable.ts";

/** JSON text with everything escaped that a terminal would obey or hide; the value stays. */
export function safeJson(value: unknown): string {
  // Outside of strings JSON.stringify writes no control character but the line feed.
  return JSON.stringify(value, null, 2).replace(
    UNSAFE_BETWEEN_LINES,
    (found) =>
      found.split("").map((unit) =>
        `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`
      ).join(""),
  );
}
