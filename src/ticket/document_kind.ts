/**
 * What a file is that a command was given.
 *
 * @module
 */
import { REQUEST_TYPE } from "./request.ts";

/** A pipeline is whatever is neither of the others; its own reader then says what is wrong with it. */
export type DocumentKind = "pipeline" | "request" | "ticket";

/** Tells by the top keys; nothing is believed of the content. */
export function documentKind(bytes: Uint8Array): DocumentKind {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) return "pipeline";
    throw error;
  }
  if (typeof value !== "object" || value === null) return "pipeline";
  if ("envelope" in value && "decision" in value) return "ticket";
  if ("payloadType" in value) {
    return value.payloadType === REQUEST_TYPE ? "request" : "pipeline";
  }
  return "plan" in value && "decision" in value && "trust" in value
    ? "request"
    : "pipeline";
}
