/**
 * Durations on the command line.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";

const UNITS: Record<string, number> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Milliseconds of `30s`, `15m`, `2h`, `7d`.
 *
 * @param shown the option, for the error
 * @throws {WritError} `usage.invalid`
 */
export function parseDuration(text: string, shown: string): number {
  const [, number, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (number === undefined || Number(number) === 0) {
    throw new WritError(
      "usage.invalid",
      `Cannot use "${text}" for ${shown}: a duration such as 30s, 15m, 2h or 7d was expected`,
    );
  }
  return Number(number) * UNITS[unit];
}
