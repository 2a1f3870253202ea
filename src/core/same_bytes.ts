/**
 * Whether bytes are the same.
 *
 * @module
 */

/** `true` when both hold the same bytes, or both are absent. */
export function sameBytes(
  a: Uint8Array | null | undefined,
  b: Uint8Array | null | undefined,
): boolean {
  if (!a || !b) return (a ?? null) === (b ?? null);
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
