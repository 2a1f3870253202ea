/**
 * Errors quote what they are about: what looks like a secret is taken out before anyone sees it.
 *
 * @module
 */
import { type Place, WritError } from "../core/errors.ts";

/** Takes secrets out of texts. */
export type Redact = (text: string) => string;

/** Loads what finds secrets: only who has an error to tell waits for it. */
export async function loadRedact(): Promise<Redact> {
  const { redactText } = await import("../evidence/redact.ts");
  return (text) => redactText(text, new Map());
}

/** The error with the same code and cause. */
export function withoutSecrets(error: WritError, redact: Redact): WritError {
  const { message, hint, faults, place, cause } = error;
  const at = (one: Place | undefined) =>
    one === undefined ? undefined : { ...one, file: redact(one.file) };
  return new WritError(error.code, redact(message), {
    hint: hint === undefined ? undefined : redact(hint),
    faults: faults.map((fault) => ({
      ...fault,
      message: redact(fault.message),
      hint: fault.hint === undefined ? undefined : redact(fault.hint),
      place: at(fault.place),
    })),
    place: at(place),
    cause,
  });
}
