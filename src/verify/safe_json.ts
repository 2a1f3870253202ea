/**
 * JSON that may be shown on a terminal.
 *
 * @module
 */
import type { WritError } from "../core/errors.ts";

/** JSON text with everything escaped that a terminal would obey or hide; the value stays. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(
    UNSAFE,
    (found) =>
      found.split("").map((unit) =>
        `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`
      ).join(""),
  );
}

// Outside of strings JSON.stringify writes no control character but the line feed.
const UNSAFE =
  /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

/** What `--json` says of an error, as on Writ's own command line. */
export function errorDocument(error: WritError): unknown {
  const { code, exit, message, place = null, hint = null } = error;
  const faults = error.faults.map((fault) => ({
    message: fault.message,
    place: fault.place ?? null,
    hint: fault.hint ?? null,
  }));
  return { error: { code, exit, message, place, hint, faults } };
}
