/**
 * Retention: how long evidence is kept, as data and arithmetic. When something is removed is decided
 * elsewhere.
 *
 * @module
 */

const DAY = 24 * 60 * 60 * 1000;

/**
 * From when on evidence may go, milliseconds since 1970; `null`: never.
 *
 * @param captured RFC 3339
 * @param days `null`: it is kept for ever
 */
export function dueAt(captured: string, days: number | null): number | null {
  return days === null ? null : Date.parse(captured) + days * DAY;
}

/** The longer of two retentions, in days; `null` is for ever. */
export function longer(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.max(a, b);
}
