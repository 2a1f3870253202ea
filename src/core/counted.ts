/**
 * How many there are of something.
 *
 * @module
 */

/** `1 file`, `2 files`; `many` for a noun that does not take an s. */
export function counted(
  count: number,
  one: string,
  many: string = `${one}s`,
): string {
  return `${count} ${count === 1 ? one : many}`;
}
