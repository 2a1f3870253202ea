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
    const ms = Date.parse(text);
    return !Number.isNaN(ms) && new Date(ms).toISOString() === text;
  },
  "expected a time that exists",
);

/** The moment now, in milliseconds since 1970. What takes a clock can be tested. */
export type Clock = () => number;

/** Formats milliseconds since 1970 as RFC 3339, UTC, milliseconds. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}
