/**
 * The frames between runner and launcher: `u32` length of the payload, `u8` kind, `u32` step,
 * payload; little-endian.
 *
 * @module
 */

const HEADER = 9;
const MOST_BYTES = 0xffffffff;

/** Kinds of frames: the first three go to the launcher, the others come from it. */
export const FRAME = {
  /** JSON of the launch, a line feed, the bytes of standard input. */
  start: 1,
  /** Ends a step. */
  abort: 2,
  /** Lets the program of a step begin whose sandbox waits for that. */
  open: 3,
  /** JSON: what the launcher offers. */
  ready: 10,
  stdout: 11,
  stderr: 12,
  /** JSON: how it ended. */
  exited: 13,
  /** JSON `{ message }`: nothing of the step ran, or it is not known whether. */
  refused: 14,
  /** The number of the step's process, as text. */
  started: 15,
  /** What a Deno step's runtime tells. */
  audit: 16,
};

/**
 * @param {number} kind
 * @param {number} step
 * @param {Uint8Array} payload
 * @returns {Uint8Array<ArrayBuffer>}
 * @throws {RangeError} when the payload is longer than 4 GiB
 */
export function encodeFrame(kind, step, payload) {
  if (payload.length > MOST_BYTES) {
    throw new RangeError(`no frame holds ${payload.length} bytes`);
  }
  const frame = new Uint8Array(HEADER + payload.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, payload.length, true);
  view.setUint8(4, kind);
  view.setUint32(5, step, true);
  frame.set(payload, HEADER);
  return frame;
}

/**
 * Frames of a stream of bytes, in whatever pieces they come.
 *
 * @param {AsyncIterable<Uint8Array>} chunks
 * @returns {AsyncGenerator<{ kind: number, step: number, payload: Uint8Array }>}
 * @throws {Error} when the stream ends within a frame
 */
export async function* decodeFrames(chunks) {
  let pending = new Uint8Array(0);
  // What belongs to one frame is joined once, when all of it is there.
  let parts = [];
  let missing = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    missing -= chunk.length;
    if (missing > 0) continue;
    pending = join([pending, ...parts]);
    parts = [];
    while (pending.length >= lengthOf(pending)) {
      const end = lengthOf(pending);
      const view = new DataView(pending.buffer, pending.byteOffset, HEADER);
      yield {
        kind: view.getUint8(4),
        step: view.getUint32(5, true),
        payload: pending.slice(HEADER, end),
      };
      pending = pending.subarray(end);
    }
    missing = lengthOf(pending) - pending.length;
  }
  if (pending.length > 0 || parts.length > 0) {
    throw new Error("the stream ended within a frame");
  }
}

/** How long the frame is that begins here, as far as that is known. */
function lengthOf(bytes) {
  if (bytes.length < HEADER) return HEADER;
  const { buffer, byteOffset } = bytes;
  return HEADER + new DataView(buffer, byteOffset).getUint32(0, true);
}

function join(parts) {
  const [first, second] = parts;
  if (parts.length === 2 && first.length === 0) return second;
  const joined = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
