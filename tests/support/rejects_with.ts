/**
 * Errors are matched by code, not by words.
 *
 * @module
 */
import { assertEquals, assertInstanceOf } from "@std/assert";
import { type ErrorCode, WritError } from "../../src/core/errors.ts";

/** Asserts that `act` rejects with a {@linkcode WritError} of a code, and returns it. */
export async function rejectsWith(
  code: ErrorCode,
  act: () => Promise<unknown>,
): Promise<WritError> {
  let thrown: unknown;
  try {
    await act();
  } catch (error) {
    thrown = error;
  }
  assertInstanceOf(thrown, WritError);
  assertEquals(thrown.code, code);
  return thrown;
}
