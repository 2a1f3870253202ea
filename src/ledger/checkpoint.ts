/**
 * Checkpoints: the head of the ledger's Merkle tree, signed by the ledger's key, as C2SP
 * `tlog-checkpoint` defines them (https://c2sp.org/tlog-checkpoint).
 *
 * @module
 */
import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import type { Digest } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { keyId, type Signer } from "../core/keys.ts";
import {
  formatNote,
  type Note,
  NOTE_ALGORITHM,
  type NoteKey,
  parseNote,
  signNote,
  verifyNote,
} from "../core/note.ts";
import type { TreeHead } from "./merkle.ts";

/** A tree head as its note says it. It is a claim until the note's signature has been verified. */
export interface Checkpoint extends TreeHead {
  /** Which ledger: {@linkcode originOf} its id. */
  origin: string;
  /** As it was read, with the signatures. */
  note: Note;
}

/** The name of a ledger on its checkpoints, made of the id of its key. */
export function originOf(ledger: Digest): string {
  return `writ/ledger/${ledger.slice(7)}`;
}

/** The key that signs the checkpoints of a ledger; the ledger's id is the key's. */
export function checkpointKey(ledger: Digest, publicKey: Uint8Array): NoteKey {
  const { ed25519: algorithm } = NOTE_ALGORITHM;
  return { name: originOf(ledger), algorithm, publicKey };
}

/** Signs the head of a ledger's tree with the ledger's own key: the bytes of the note. */
export async function signCheckpoint(
  { size, root }: TreeHead,
  ledgerKey: Signer,
): Promise<Uint8Array<ArrayBuffer>> {
  const origin = originOf(ledgerKey.id);
  const hash = encodeBase64(Uint8Array.fromHex(root.slice(7)));
  const text = `${origin}\n${size}\n${hash}\n`;
  const signature = await signNote(text, origin, ledgerKey);
  return formatNote({ text, signatures: [signature] });
}

/**
 * Reads a checkpoint; its signatures are not verified. Lines beneath the root are refused:
 * nobody could check what they say.
 *
 * @param what its name, for messages
 * @throws {WritError} `input.invalid`
 */
export function parseCheckpoint(bytes: Uint8Array, what: string): Checkpoint {
  const note = parseNote(bytes, what);
  const refuse = (why: string) =>
    new WritError("input.invalid", `Cannot read ${what}: ${why}`);
  const [origin, sizeText, hash, ...rest] = note.text.slice(0, -1).split("\n");
  if (hash === undefined || rest.length > 0 || origin === "") {
    throw refuse("it is no checkpoint: its text has other lines");
  }
  const size = Number(sizeText);
  if (!/^(0|[1-9]\d*)$/.test(sizeText) || !Number.isSafeInteger(size)) {
    throw refuse("it is no checkpoint: its second line is not a tree size");
  }
  if (!/^[A-Za-z0-9+/]{43}=$/.test(hash)) {
    throw refuse("it is no checkpoint: its third line is not a root hash");
  }
  const root = decodeBase64(hash);
  // One text for one root: the last digit has spare bits.
  if (encodeBase64(root) !== hash) {
    throw refuse("its root hash is not in its one form");
  }
  return { origin, size, root: `sha256:${root.toHex()}`, note };
}

/**
 * Reads a checkpoint of a ledger and verifies that the ledger's key signed it.
 *
 * @param ledger id of the ledger, which is that of its key
 * @param what its name, for messages
 * @throws {WritError} `input.invalid`, `checkpoint.signature`
 */
export async function openCheckpoint(
  bytes: Uint8Array,
  ledger: Digest,
  publicKey: Uint8Array,
  what: string,
): Promise<Checkpoint> {
  const checkpoint = parseCheckpoint(bytes, what);
  const key = checkpointKey(ledger, publicKey);
  const why = keyId(publicKey) !== ledger
    ? `${keyId(publicKey)} is not the key of ledger ${ledger}`
    : checkpoint.origin !== key.name
    ? `it is of "${checkpoint.origin}", "${key.name}" was expected`
    : await verifyNote(checkpoint.note, key) !== "good"
    ? "the ledger's key did not sign it"
    : null;
  if (why === null) return checkpoint;
  throw new WritError(
    "checkpoint.signature",
    `Cannot believe ${what}: ${why}`,
  );
}
