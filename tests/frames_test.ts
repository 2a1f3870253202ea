/**
 * Frames between runner and launcher, in whatever pieces they come.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { decodeFrames, encodeFrame } from "../src/sandbox/frames.js";

/** A stream of some bytes in pieces of at most so many. */
async function* inPieces(bytes: Uint8Array, most: number) {
  for (let at = 0; at < bytes.length; at += most) {
    yield await Promise.resolve(bytes.slice(at, at + most));
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

Deno.test("frames come out as they went in, however they are cut", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.record({
      kind: fc.nat(255),
      step: fc.nat(0xffffffff),
      payload: fc.uint8Array({ maxLength: 300 }),
    })),
    fc.integer({ min: 1, max: 400 }),
    async (frames, most) => {
      const bytes = joined(
        frames.map(({ kind, step, payload }) =>
          encodeFrame(kind, step, payload)
        ),
      );
      const read = await Array.fromAsync(decodeFrames(inPieces(bytes, most)));
      assertEquals(
        read.map((frame) => ({ ...frame, payload: [...frame.payload] })),
        frames.map((frame) => ({ ...frame, payload: [...frame.payload] })),
      );
    },
  ));
});

for (const left of [1, 8, 9, 12]) {
  Deno.test(`a stream that ends after ${left} bytes of a frame is refused`, async () => {
    const bytes = encodeFrame(1, 1, new Uint8Array(4)).subarray(0, left);
    await assertRejects(
      () => Array.fromAsync(decodeFrames(inPieces(bytes, 5))),
      Error,
      "within a frame",
    );
  });
}

Deno.test("a long frame is copied a few times, in however many pieces it comes", async () => {
  const frame = encodeFrame(1, 1, new Uint8Array(1_000_000));
  const set = Uint8Array.prototype.set;
  let copied = 0;
  Uint8Array.prototype.set = function (from: ArrayLike<number>, at?: number) {
    copied += from.length;
    return set.call(this, from, at);
  };
  try {
    await Array.fromAsync(decodeFrames(inPieces(frame, 1_000)));
  } finally {
    Uint8Array.prototype.set = set;
  }
  assertEquals(copied <= 2 * frame.length, true, `${copied} bytes`);
});
