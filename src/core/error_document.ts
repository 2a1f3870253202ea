/**
 * Errors as programs read them.
 *
 * @module
 */
import type { Place, WritError } from "./errors.ts";

/** What `--json` says of an error. */
export interface ErrorDocument {
  error: {
    code: string;
    exit: number;
    message: string;
    place: Place | null;
    hint: string | null;
    faults: { message: string; place: Place | null; hint: string | null }[];
  };
}

/**
 * The document of an error.
 *
 * @param spoken spells the commands of a hint; they stay as they are, where it is not given
 */
export function errorDocument(
  error: WritError,
  spoken: (text: string) => string = (text) => text,
): ErrorDocument {
  const hintOf = (hint: string | undefined) =>
    hint === undefined ? null : spoken(hint);
  return {
    error: {
      code: error.code,
      exit: error.exit,
      message: error.message,
      place: error.place ?? null,
      hint: hintOf(error.hint),
      faults: error.faults.map((fault) => ({
        message: fault.message,
        place: fault.place ?? null,
        hint: hintOf(fault.hint),
      })),
    },
  };
}
