/**
 * A private key as text: PKCS #8 in PEM (RFC 8410, RFC 7468), plain or sealed with a passphrase
 * by age (`age-encryption.org/v1`, scrypt, armored).
 *
 * @module
 */
import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { WritError } from "../core/errors.ts";
import { type Signer, signerFromPkcs8 } from "../core/keys.ts";

const PEM = "-----BEGIN PRIVATE KEY-----";
const SEALED = "-----BEGIN AGE ENCRYPTED FILE-----";

/** Which of the two a text is; `null` where it is neither. */
export function formOf(text: string): "plain" | "sealed" | null {
  if (text.startsWith(SEALED)) return "sealed";
  return text.startsWith(PEM) ? "plain" : null;
}

/** PKCS #8 bytes in PEM. */
export function pemOf(pkcs8: Uint8Array): string {
  return `${PEM}\n${encodeBase64(pkcs8)}\n-----END PRIVATE KEY-----\n`;
}

/**
 * The signer of a plain key.
 *
 * @param where how a sentence calls its file
 * @throws {WritError} `keys.unsafe`
 */
export async function openPem(text: string, where: string): Promise<Signer> {
  const found =
    /^-----BEGIN PRIVATE KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PRIVATE KEY-----\s*$/
      .exec(text);
  if (found === null) throw unusable(where, "it is no private key in PEM");
  try {
    return await signerFromPkcs8(decodeBase64(found[1].replace(/\s/g, "")));
  } catch (cause) {
    throw unusable(where, "it is no Ed25519 key (PKCS #8, RFC 8410)", cause);
  }
}

/**
 * Seals a text with a passphrase.
 *
 * @param workFactor base-2 logarithm of scrypt's cost; by default age's, 18
 */
export async function sealPem(
  text: string,
  passphrase: string,
  workFactor?: number,
): Promise<string> {
  const { armor, Encrypter } = await loadAge();
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  if (workFactor !== undefined) encrypter.setScryptWorkFactor(workFactor);
  return `${armor.encode(await encrypter.encrypt(text)).trimEnd()}\n`;
}

/**
 * Opens what {@linkcode sealPem} sealed.
 *
 * @param where how a sentence calls its file
 * @throws {WritError} `keys.passphrase` where it is wrong; `keys.unsafe` where the file is damaged
 */
export async function unsealPem(
  text: string,
  passphrase: string,
  where: string,
): Promise<string> {
  const { armor, Decrypter } = await loadAge();
  let bytes: Uint8Array;
  try {
    bytes = armor.decode(text);
  } catch (cause) {
    throw unusable(where, "its age armor is damaged", cause);
  }
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    return await decrypter.decrypt(bytes, "text");
  } catch (cause) {
    // age has this sentence for a wrong passphrase, and others for what is damaged.
    if (cause instanceof Error && /no identity matched/.test(cause.message)) {
      throw new WritError(
        "keys.passphrase",
        `Cannot open the key in ${where}: the passphrase is wrong`,
        { cause },
      );
    }
    throw unusable(where, "what age sealed is damaged", cause);
  }
}

/** Loaded by those who seal or open: who only asks for a public half does not wait for it. */
function loadAge(): Promise<typeof import("age-encryption")> {
  return import("age-encryption");
}

function unusable(where: string, why: string, cause?: unknown): WritError {
  return new WritError(
    "keys.unsafe",
    `Cannot use the key in ${where}: ${why}`,
    { cause },
  );
}
