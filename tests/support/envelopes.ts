/**
 * Envelopes whose bytes are written otherwise.
 *
 * @module
 */
import type { Envelope } from "../../src/core/dsse.ts";

const DIGITS =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The same bytes in other base64: the last digit before the padding has bits that decode to nothing. */
export function otherBase64(text: string): string {
  return text.replace(
    /([^=])(=+)$/,
    (_, digit, padding) => DIGITS[DIGITS.indexOf(digit) + 1] + padding,
  );
}

/** The same envelope with its signatures in other base64. */
export function otherSignatures(envelope: Envelope): Envelope {
  return {
    ...envelope,
    signatures: envelope.signatures.map(({ keyid, sig }) => ({
      keyid,
      sig: otherBase64(sig),
    })),
  };
}
