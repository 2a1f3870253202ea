/**
 * DSSE: the Dead Simple Signing Envelope, v1.0.2.
 *
 * @module
 */
import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import * as z from "zod";
import { type Digest, DigestSchema } from "./digest.ts";
import { WritError } from "./errors.ts";
import { type Signer, verifySignature } from "./keys.ts";
import { quoted } from "./printable.ts";

/** One signature of an envelope. */
export interface EnvelopeSignature {
  /** Id of the key, SHA-256 of its 32 raw bytes: a hint that is not signed and proves nothing. */
  keyid: Digest;
  /** Ed25519 signature, base64. */
  sig: string;
}

/** A DSSE envelope. */
export interface Envelope {
  /** Media type of the payload, signed with it: `application/vnd.writ.ticket.v1+json`. */
  payloadType: string;
  /** The signed bytes, base64. */
  payload: string;
  /** At least one, in the order of signing; each is over the same bytes. */
  signatures: EnvelopeSignature[];
}

/** The end of base64 whose spare bits are zero. */
const ONE_FORM = /^(|[^=]{4}|[^=][AQgw]==|[^=]{2}[AEIMQUYcgkosw048]=)$/;

/**
 * Base64 in its one form: the last digit before the padding has spare bits, which decoding passes
 * over, so that one signature would have several texts (RFC 4648 section 3.5).
 */
const base64 = z.base64({ abort: true, error: "base64" }).refine(
  (text) => ONE_FORM.test(text.slice(-4)),
  "base64 in its one form",
);

/** Schema of an {@linkcode Envelope}. */
export const EnvelopeSchema: z.ZodType<Envelope> = z.strictObject({
  payloadType: z.string(),
  payload: base64,
  signatures: z.array(
    z.strictObject({ keyid: DigestSchema, sig: base64 }),
  ).min(1),
});

/** The pre-authentication encoding that is signed: `DSSEv1 SP len SP type SP len SP body`. */
export function preAuthEncoding(
  payloadType: string,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const type = encoder.encode(payloadType);
  const head = encoder.encode(`DSSEv1 ${type.length} `);
  const middle = encoder.encode(` ${payload.length} `);
  const out = new Uint8Array(
    head.length + type.length + middle.length + payload.length,
  );
  out.set(head);
  out.set(type, head.length);
  out.set(middle, head.length + type.length);
  out.set(payload, head.length + type.length + middle.length);
  return out;
}

/** Signs bytes, one signature per signer. */
export async function signEnvelope(
  payloadType: string,
  payload: Uint8Array,
  signers: readonly Signer[],
): Promise<Envelope> {
  const message = preAuthEncoding(payloadType, payload);
  const signatures = await Promise.all(signers.map(async (signer) => ({
    keyid: signer.id,
    sig: encodeBase64(await signer.sign(message)),
  })));
  return { payloadType, payload: encodeBase64(payload), signatures };
}

/** Adds one more signature over the same bytes. */
export async function addSignature(
  envelope: Envelope,
  signer: Signer,
): Promise<Envelope> {
  const message = preAuthEncoding(
    envelope.payloadType,
    bytesOf(envelope, envelope.payload),
  );
  const sig = encodeBase64(await signer.sign(message));
  return {
    ...envelope,
    signatures: [...envelope.signatures, { keyid: signer.id, sig }],
  };
}

/**
 * The ids of `publicKeys` (id to 32 raw bytes) whose signature over the envelope is true.
 * A signature by an unknown key is passed over; a false one by a known key throws.
 *
 * @throws {WritError} `ticket.signature`; `ticket.malformed` where base64 was wanted
 */
export async function signersOf(
  envelope: Envelope,
  publicKeys: ReadonlyMap<Digest, Uint8Array>,
): Promise<Set<Digest>> {
  const message = preAuthEncoding(
    envelope.payloadType,
    bytesOf(envelope, envelope.payload),
  );
  const found = new Set<Digest>();
  for (const { keyid, sig } of envelope.signatures) {
    const key = publicKeys.get(keyid);
    if (key === undefined) continue;
    if (!await verifySignature(key, message, bytesOf(envelope, sig))) {
      throw new WritError(
        "ticket.signature",
        `Cannot accept an envelope of type ${
          quoted(envelope.payloadType)
        }: the signature by key ${keyid} is false`,
      );
    }
    found.add(keyid);
  }
  return found;
}

function bytesOf(envelope: Envelope, base64: string): Uint8Array<ArrayBuffer> {
  try {
    return decodeBase64(base64);
  } catch (cause) {
    throw new WritError(
      "ticket.malformed",
      `Cannot read an envelope of type ${
        quoted(envelope.payloadType)
      }: its payload or a signature is not base64`,
      { cause },
    );
  }
}
