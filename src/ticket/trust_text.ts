/**
 * Trust as it is written to disk.
 *
 * @module
 */
import type { Trust } from "./trust.ts";

/** Trust as indented JSON for people to read and compare. Its digest is over its canonical bytes, not over these. */
export function trustText(trust: Trust): string {
  return `${JSON.stringify(trust, null, 2)}\n`;
}
