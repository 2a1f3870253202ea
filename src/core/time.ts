/**
 * Times as Writ writes them: RFC 3339, UTC, milliseconds.
 *
 * @module
 */
import * as z from "zod";

/** Schema of a time: `2026-01-31T12:00:00.000Z`. */
export const TimeSchema: z.ZodType<string> = z.string().regex(
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  "expected an RFC 3339 time in UTC with milliseconds",
).refine(
  // Date.parse takes 30 February and 24:00 for the next day: only a time that is
  // written again as it was read exists.
  (text) => {
    if (text === known.text) return true;
    const ms = Date.parse(text);
    return !Number.isNaN(ms) && formatTime(ms) === text;
  },
  "expected a time that exists",
);

/** The moment now, in milliseconds since 1970. What takes a clock can be tested. */
export type Clock = () => number;

/** Formats milliseconds since 1970 as RFC 3339, UTC, milliseconds. */
export function formatTime(ms: number): string {
  if (ms !== known.ms) known = { ms, text: new Date(ms).toISOString() };
  return known.text;
}

/** The last that was formatted: records that are made together are of one millisecond. */
let known = { ms: 0, text: "1970-01-01T00:00:00.000Z" };
