/**
 * Cosignatures: a witness's word that a checkpoint continues all that it has seen of the
 * ledger, as C2SP `tlog-cosignature` defines them (https://c2sp.org/tlog-cosignature), with
 * Ed25519.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { type Signer, verifySignature } from "../core/keys.ts";
import {
  formatNote,
  type Note,
  NOTE_ALGORITHM,
  type NoteKey,
  noteKeyId,
  signaturesBy,
} from "../core/note.ts";

/** The key of a witness, under a name made of its id. */
export function witnessKey(id: Digest, publicKey: Uint8Array): NoteKey {
  const { cosignature: algorithm } = NOTE_ALGORITHM;
  return { name: `writ/witness/${id.slice(7)}`, algorithm, publicKey };
}

/**
 * Adds a witness's cosignature to a checkpoint's note; one that it gave before is replaced.
 * The witness must have seen that the checkpoint is consistent with the last one it signed.
 *
 * @param now milliseconds since 1970
 */
export async function cosign(
  note: Note,
  witness: Signer,
  now: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = witnessKey(witness.id, witness.publicKey);
  const time = Math.floor(now / 1000);
  const signature = await witness.sign(messageOf(note, String(time)));
  const bytes = new Uint8Array(TIME_BYTES + signature.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(time));
  bytes.set(signature, TIME_BYTES);
  const before = new Set(signaturesBy(note, key));
  return formatNote({
    text: note.text,
    signatures: [
      ...note.signatures.filter((one) => !before.has(one)),
      { name: key.name, id: noteKeyId(key), bytes },
    ],
  });
}

/**
 * When a witness cosigned a note, in seconds since 1970.
 *
 * @returns `absent` where it did not, `false` where one of its lines is not true
 */
export async function cosignedAt(
  note: Note,
  key: NoteKey,
): Promise<number | "absent" | "false"> {
  let last: number | "absent" = "absent";
  for (const { bytes } of signaturesBy(note, key)) {
    if (bytes.length !== TIME_BYTES + 64) return "false";
    const view = new DataView(bytes.buffer, bytes.byteOffset, TIME_BYTES);
    const time = view.getBigUint64(0);
    if (time > BigInt(Number.MAX_SAFE_INTEGER)) return "false";
    const message = messageOf(note, String(time));
    const signature = bytes.subarray(TIME_BYTES);
    if (!await verifySignature(key.publicKey, message, signature)) {
      return "false";
    }
    last = Math.max(last === "absent" ? 0 : last, Number(time));
  }
  return last;
}

const TIME_BYTES = 8;

function messageOf({ text }: Note, time: string): Uint8Array {
  return new TextEncoder().encode(`cosignature/v1\ntime ${time}\n${text}`);
}
