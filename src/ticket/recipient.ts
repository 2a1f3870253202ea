/**
 * Recipients of sealed evidence: X25519 public keys as age writes them (`age1…`).
 *
 * The text is Bech32 (BIP 173) with the prefix `age` over the 32 raw bytes of the key
 * (`age-encryption.org/v1`, section "X25519 recipient type").
 *
 * @module
 */
import { encodeHex } from "@std/encoding/hex";
import { type Digest, sha256 } from "../core/digest.ts";

const CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const PREFIX = "age";
const CHECKSUM = 6;
const OTHER_KIND = "is no X25519 recipient of age";

/** What is wrong with a recipient's text; `null` when nothing is. */
export function recipientFault(text: string): string | null {
  const read = readRecipient(text);
  return "fault" in read ? read.fault : null;
}

/**
 * The fingerprint of a recipient: SHA-256 of the 32 raw bytes of its key.
 *
 * @throws {TypeError} for a text with a {@linkcode recipientFault}
 */
export function recipientId(text: string): Digest {
  const read = readRecipient(text);
  if ("fault" in read) throw new TypeError(`A recipient ${read.fault}`);
  return sha256(read.key);
}

function readRecipient(text: string): { key: Uint8Array } | { fault: string } {
  if (!text.startsWith(`${PREFIX}1`)) {
    return { fault: 'does not begin with "age1"' };
  }
  const data = text.slice(PREFIX.length + 1);
  // Post-quantum keys, tags and plugins: not every age opens what is sealed for them.
  if (data.includes("1")) return { fault: OTHER_KIND };
  const words = [...data].map((letter) => CHARSET.indexOf(letter));
  if (words.includes(-1)) {
    return { fault: "holds a character that no age recipient has" };
  }
  if (checksum([...EXPANDED_PREFIX, ...words]) !== 1) {
    return {
      fault: "has a checksum that is wrong: a character is missing or another",
    };
  }
  const key = toBytes(words.slice(0, -CHECKSUM));
  if (key === null || key.length !== 32) return { fault: OTHER_KIND };
  if (isLowOrder(key)) {
    return {
      fault:
        "is a point of small order: anybody could open what is sealed for it",
    };
  }
  return { key };
}

/** BIP 173, "Human-readable part": its characters take part in the checksum. */
const EXPANDED_PREFIX = [
  ...[...PREFIX].map((letter) => letter.charCodeAt(0) >> 5),
  0,
  ...[...PREFIX].map((letter) => letter.charCodeAt(0) & 31),
];

const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** BIP 173, "Checksum": 1 for what is whole. */
function checksum(words: readonly number[]): number {
  let sum = 1;
  for (const word of words) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ word;
    for (const [bit, value] of GENERATOR.entries()) {
      if ((top >>> bit & 1) === 1) sum ^= value;
    }
  }
  return sum >>> 0;
}

/** Groups of five bits as bytes; `null` where the rest is not the padding that Bech32 has. */
function toBytes(words: readonly number[]): Uint8Array | null {
  const bytes: number[] = [];
  let value = 0;
  let bits = 0;
  for (const word of words) {
    value = ((value << 5) | word) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((value >>> bits) & 0xff);
  }
  const rest = value & ((1 << bits) - 1);
  return bits < 5 && rest === 0 ? Uint8Array.from(bytes) : null;
}

/** The u-coordinates of small order on Curve25519, the high bit aside (RFC 7748 section 6.1 and 7). */
const LOW_ORDER: ReadonlySet<string> = new Set([
  "00".repeat(32),
  `01${"00".repeat(31)}`,
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  `ec${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}7f`,
]);

function isLowOrder(key: Uint8Array): boolean {
  const masked = Uint8Array.from(key);
  masked[31] &= 0x7f;
  return LOW_ORDER.has(encodeHex(masked));
}
