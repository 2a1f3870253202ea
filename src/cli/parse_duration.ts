/**
 * Durations on the command line.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";

const UNITS: Record<string, number> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The largest number that is taken, of any unit. */
const MOST = 999_999;

/**
 * Milliseconds of `30s`, `15m`, `2h`, `7d`.
 *
 * @param shown the option, for the error
 * @throws {WritError} `usage.invalid`
 */
export function parseDuration(text: string, shown: string): number {
  const [, digits, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const number = Number(digits);
  if (number >= 1 && number <= MOST) return number * UNITS[unit];
  const expected = digits === undefined
    ? "a duration such as 30s, 15m, 2h or 7d"
    : number === 0
    ? `at least 1${unit}`
    : `at most ${MOST}${unit}`;
  throw new WritError(
    "usage.invalid",
    `Cannot use ${quoted(text)} for ${shown}: ${expected} was expected`,
  );
}
