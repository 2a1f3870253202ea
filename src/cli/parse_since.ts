/**
 * Moments on the command line.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { formatTime } from "../core/time.ts";
import { parseDuration } from "./parse_duration.ts";

/**
 * The moment of `2h` (so long ago), `2026-01-31` (its beginning, UTC) or an RFC 3339 time, as
 * RFC 3339 in UTC with milliseconds.
 *
 * @param shown the option, for the error
 * @throws {WritError} `usage.invalid`
 */
export function parseSince(text: string, now: number, shown: string): string {
  if (/^\d+[smhd]$/.test(text)) {
    return formatTime(now - parseDuration(text, shown));
  }
  const ms = TIME.test(text) ? Date.parse(text) : NaN;
  // Date.parse takes 30 February for a day in March.
  const isReal = !Number.isNaN(ms) &&
    new Date(`${text.slice(0, 10)}T00:00:00Z`).toISOString()
        .slice(0, 10) === text.slice(0, 10);
  if (isReal) return formatTime(ms);
  throw new WritError(
    "usage.invalid",
    `Cannot use "${text}" for ${shown}: a duration such as 2h or 7d, a date such as 2026-01-31 or an RFC 3339 time was expected`,
  );
}

const TIME =
  /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;
