/**
 * The bytes of many small texts, in few buffers: a buffer for each is what the garbage collector
 * works longest on while receipts are appended.
 *
 * @module
 */

/** How many bytes a buffer has. */
const SIZE = 256 * 1024;

/** A text that may need more of a buffer than this has one of its own. */
const LARGE = SIZE / 4;

const encoder = new TextEncoder();
let buffer = new Uint8Array(SIZE);
let used = 0;

/** The UTF-8 bytes of a text. They share their buffer with others, and nobody writes to them. */
export function encode(text: string): Uint8Array {
  // A unit of UTF-16 takes three bytes at most.
  const most = 3 * text.length;
  if (most > LARGE) return encoder.encode(text);
  if (used + most > SIZE) {
    buffer = new Uint8Array(SIZE);
    used = 0;
  }
  const { written } = encoder.encodeInto(text, buffer.subarray(used));
  used += written;
  return buffer.subarray(used - written, used);
}
