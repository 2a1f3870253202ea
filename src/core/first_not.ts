/**
 * Search by halves.
 *
 * @module
 */

/** The least of the first `count` numbers for which `holds` no more; it holds up to some number only. */
export function firstNot(count: number, holds: (i: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
