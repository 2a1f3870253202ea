/**
 * Signed notes: a text with signatures beneath it, as C2SP `signed-note` defines them
 * (https://c2sp.org/signed-note).
 *
 * @module
 */
import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { createHash } from "node:crypto";
import { WritError } from "./errors.ts";
import { type Signer, verifySignature } from "./keys.ts";
import { quoted } from "./printable.ts";

/** How a key signs: plainly, or as a cosigner with a time (C2SP `tlog-cosignature`). */
export const NOTE_ALGORITHM = { ed25519: 0x01, cosignature: 0x04 } as const;

/** The byte that names a signature's type. */
export type NoteAlgorithm = typeof NOTE_ALGORITHM[keyof typeof NOTE_ALGORITHM];

/** A public key under the name that it signs notes with. */
export interface NoteKey {
  /** Not empty, without spaces and `+`; most often a URL without its scheme. */
  name: string;
  algorithm: NoteAlgorithm;
  /** The raw Ed25519 public key, 32 bytes. */
  publicKey: Uint8Array;
}

/** A signature line. Name and id point at a key, and prove nothing. */
export interface NoteSignature {
  /** The name of the key. */
  name: string;
  /** 8 hex digits. */
  id: string;
  /** What the algorithm gives: of `ed25519` 64 bytes, of `cosignature` 8 of time before them. */
  bytes: Uint8Array;
}

/** A note. */
export interface Note {
  /** Ends with a line feed. */
  text: string;
  /** At least one in a note that was read. */
  signatures: NoteSignature[];
}

/** More is an attack on the reader's time. */
const LIMITS = { bytes: 1024 * 1024, signatures: 100 };

const LINE_FEED = 0x0a;
const encoder = new TextEncoder();

/**
 * Reads a signed note.
 *
 * @param what its name, for messages
 * @throws {WritError} `input.invalid`
 */
export function parseNote(bytes: Uint8Array, what: string): Note {
  const refuse = (why: string, cause?: unknown) =>
    new WritError("input.invalid", `Cannot read ${what}: ${why}`, { cause });
  if (bytes.length > LIMITS.bytes) {
    throw refuse(`it is longer than ${LIMITS.bytes} bytes`);
  }
  let whole: string;
  try {
    whole = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
  } catch (cause) {
    throw refuse("it is not UTF-8 text", cause);
  }
  if (bytes.some((byte) => byte < 0x20 && byte !== LINE_FEED)) {
    throw refuse("it holds a control character");
  }
  const split = whole.lastIndexOf("\n\n");
  if (split === -1 || !whole.endsWith("\n") || split + 2 === whole.length) {
    throw refuse("it is no signed note: no signature follows an empty line");
  }
  const lines = whole.slice(split + 2, -1).split("\n");
  if (lines.length > LIMITS.signatures) {
    throw refuse(`it has more than ${LIMITS.signatures} signatures`);
  }
  const signatures = lines.map((line) => {
    const signature = parseSignature(line);
    if (signature === null) {
      throw refuse(`${quoted(line)} is no signature line`);
    }
    return signature;
  });
  return { text: whole.slice(0, split + 1), signatures };
}

/** The bytes of a signed note. */
export function formatNote(
  { text, signatures }: Note,
): Uint8Array<ArrayBuffer> {
  const lines = signatures.map(({ name, id, bytes }) =>
    `— ${name} ${encodeBase64(joined(Uint8Array.fromHex(id), bytes))}\n`
  );
  return encoder.encode(`${text}\n${lines.join("")}`);
}

/** The id of a key: the first four bytes of `SHA-256(name || "\n" || algorithm || public key)`, as hex. */
export function noteKeyId({ name, algorithm, publicKey }: NoteKey): string {
  return createHash("sha256").update(`${name}\n`)
    .update(joined(Uint8Array.of(algorithm), publicKey)).digest("hex")
    .slice(0, 8);
}

/** A key as one line, for whoever shall verify with it: `name+id+base64`. */
export function verifierKey(key: NoteKey): string {
  const material = joined(Uint8Array.of(key.algorithm), key.publicKey);
  return `${key.name}+${noteKeyId(key)}+${encodeBase64(material)}`;
}

/** Signs a text with an Ed25519 key under a name; the text must end with a line feed. */
export async function signNote(
  text: string,
  name: string,
  signer: Signer,
): Promise<NoteSignature> {
  const { publicKey } = signer;
  const key = { name, algorithm: NOTE_ALGORITHM.ed25519, publicKey };
  const bytes = await signer.sign(encoder.encode(text));
  return { name, id: noteKeyId(key), bytes };
}

/** The signature lines of a key: those whose name and id are the key's. */
export function signaturesBy(note: Note, key: NoteKey): NoteSignature[] {
  const id = noteKeyId(key);
  return note.signatures.filter((one) =>
    one.name === key.name && one.id === id
  );
}

/**
 * Whether a key of the algorithm `ed25519` signed a note. Signatures of others are passed over.
 *
 * @returns `absent` where the key has no line in it, `false` where one of its lines is not true
 */
export async function verifyNote(
  note: Note,
  key: NoteKey,
): Promise<"good" | "absent" | "false"> {
  const message = encoder.encode(note.text);
  const found = signaturesBy(note, key);
  for (const { bytes } of found) {
    if (!await verifySignature(key.publicKey, message, bytes)) return "false";
  }
  return found.length > 0 ? "good" : "absent";
}

/** Whether a text can be the name of a key. */
export function isKeyName(name: string): boolean {
  return name !== "" && !/[\s\p{Z}\p{Cc}+]/u.test(name);
}

const SIGNATURE = /^— ([^ ]+) ([A-Za-z0-9+/]+={0,2})$/;

function parseSignature(line: string): NoteSignature | null {
  const [, name = "", base64 = ""] = SIGNATURE.exec(line) ?? [];
  if (!isKeyName(name)) return null;
  let bytes: Uint8Array;
  try {
    bytes = decodeBase64(base64);
  } catch {
    return null;
  }
  // One text for one signature: base64 has spare bits that decoding passes over.
  if (bytes.length < 5 || encodeBase64(bytes) !== base64) return null;
  return { name, id: bytes.subarray(0, 4).toHex(), bytes: bytes.slice(4) };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
