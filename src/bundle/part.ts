/**
 * A part of a bundle: its value, or what is wrong with it. Nothing is thrown, so that one
 * bad file hides no other.
 *
 * @module
 */
import type * as z from "zod";
import { parseCanonical } from "../core/canonical_json.ts";
import { isWritError } from "../core/errors.ts";

/** What is wrong with a file of a bundle. */
export interface PartFault {
  code: "part.missing" | "part.malformed";
  message: string;
  /** File, and a JSON pointer (RFC 6901) into it where that is known: `plan.json#/steps/0`. */
  pointer: string;
}

/** A typed part of a bundle: the value, or all that is wrong with it. */
export type Part<T> =
  & {
    /** The file, or the folder, that it was read from. */
    file?: string;
  }
  & (
    | { value: T; faults?: undefined }
    | { value?: undefined; faults: PartFault[] }
  );

/** A part that cannot be read, for one reason. */
export function malformed(
  pointer: string,
  message: string,
): { faults: PartFault[] } {
  return { faults: [{ code: "part.malformed", message, pointer }] };
}

/** A value that is stored as canonical JSON and has a schema. */
export function parsePart<T>(
  bytes: Uint8Array,
  pointer: string,
  schema: z.ZodType<T>,
): Part<T> {
  let json: unknown;
  try {
    json = parseCanonical(bytes, pointer);
  } catch (error) {
    if (!isWritError(error)) throw error;
    return malformed(pointer, error.message);
  }
  return checkPart(json, pointer, schema);
}

/** A JSON value that has a schema. */
export function checkPart<T>(
  json: unknown,
  pointer: string,
  schema: z.ZodType<T>,
): Part<T> {
  const result = schema.safeParse(json);
  if (result.success) return { value: result.data };
  return {
    faults: result.error.issues.slice(0, MAX_FAULTS).map((issue) => ({
      code: "part.malformed",
      message: issue.message,
      pointer: pointerTo(pointer, issue.path),
    })),
  };
}

/** How many faults of one part are told; a reader learns nothing from the thousandth. */
export const MAX_FAULTS = 20;

function pointerTo(pointer: string, path: readonly PropertyKey[]): string {
  if (path.length === 0) return pointer;
  const tail = path.map((key) =>
    "/" + String(key).replaceAll("~", "~0").replaceAll("/", "~1")
  ).join("");
  return pointer.includes("#") ? pointer + tail : `${pointer}#${tail}`;
}
