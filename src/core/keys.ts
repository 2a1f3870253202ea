/**
 * Ed25519 keys (RFC 8032) by WebCrypto. No file is touched here.
 *
 * @module
 */
import { type Digest, sha256 } from "./digest.ts";

/** Something that signs. What holds the private key stays behind it. */
export interface Signer {
  /** The id of the key: SHA-256 of the 32 raw bytes of its public half. */
  readonly id: Digest;
  /** The raw public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The Ed25519 signature (64 bytes) of a message. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** The id of a raw public key. */
export function keyId(publicKey: Uint8Array): Digest {
  return sha256(publicKey);
}

/** Makes a key; `pkcs8` is its private half (RFC 8410), to be kept by the caller. */
export async function generateKey(): Promise<
  { signer: Signer; pkcs8: Uint8Array<ArrayBuffer> }
> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const pkcs8 = new Uint8Array(
    await crypto.subtle.exportKey("pkcs8", pair.privateKey),
  );
  return { signer: await signerFromPkcs8(pkcs8), pkcs8 };
}

/** A signer from a PKCS #8 private key (RFC 8410). */
export async function signerFromPkcs8(
  pkcs8: Uint8Array<ArrayBuffer>,
): Promise<Signer> {
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, [
    "sign",
  ]);
  const jwk = await crypto.subtle.exportKey("jwk", key);
  const publicKey = Uint8Array.fromBase64(jwk.x!, { alphabet: "base64url" });
  return {
    id: keyId(publicKey),
    publicKey,
    sign: async (message) =>
      new Uint8Array(
        await crypto.subtle.sign("Ed25519", key, new Uint8Array(message)),
      ),
  };
}

/** Whether `signature` is true for `message`. A key or signature of a wrong form is not. */
export async function verifySignature(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  if (isLowOrder(publicKey)) return false;
  const key = await verifyingKey(publicKey);
  return await crypto.subtle.verify(
    "Ed25519",
    key,
    new Uint8Array(signature),
    new Uint8Array(message),
  );
}

const imported = new Map<string, CryptoKey>();

/** How many keys are kept as they were imported: a reader meets the same few again and again. */
const KEPT = 64;

async function verifyingKey(publicKey: Uint8Array): Promise<CryptoKey> {
  const id = publicKey.toHex();
  const known = imported.get(id);
  if (known !== undefined) return known;
  const key = await crypto.subtle.importKey(
    "raw",
    new Uint8Array(publicKey),
    "Ed25519",
    false,
    ["verify"],
  );
  if (imported.size === KEPT) imported.clear();
  imported.set(id, key);
  return key;
}

/**
 * Whether a public key is one of the encodings of the eight points of small order
 * (RFC 8032 section 5.1; under such a key one signature is true for many messages).
 * Non-canonical encodings and both signs are among them.
 */
export function isLowOrder(publicKey: Uint8Array): boolean {
  const y = Uint8Array.from(publicKey);
  y[31] &= 0x7f;
  return LOW_ORDER_Y.has(y.toHex());
}

const LOW_ORDER_Y: ReadonlySet<string> = new Set([
  // y = 0, 1, p - 1, and the two of order eight
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  // y = p and p + 1, not canonical
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);
