/**
 * A trust file, read strictly: every fault at once, with its place.
 *
 * @module
 */
import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { isLowOrder, keyId } from "../core/keys.ts";
import { printable, quoted } from "../core/printable.ts";
import { type JsonDocument, readDocument } from "../pipeline/document.ts";
import { FaultList } from "../pipeline/faults.ts";
import { checkDocument } from "../pipeline/form_faults.ts";
import { folded, namesPerson } from "./owner.ts";
import { recipientFault } from "./recipient.ts";
import {
  type Recipient,
  type Trust,
  type TrustedKey,
  TrustSchema,
} from "./trust.ts";

/**
 * Reads a trust file (JSON, no comments).
 *
 * Beyond the schema it refuses what would make two keys of one or one owner of two: a key listed
 * twice, an id that is not the key's, names that differ only in case or invisible characters;
 * and public keys under which signatures prove nothing.
 *
 * @param file its name, for messages
 * @throws {WritError} `trust.invalid` with every fault
 */
export function parseTrust(bytes: Uint8Array, file: string): Trust {
  const faults = new FaultList();
  const document = readDocument(bytes, file, faults);
  const trust = document === undefined || faults.size > 0
    ? null
    : readTrust(bytes, document, file, faults);
  if (faults.size > 0 || trust === null) {
    throw faults.error(
      "trust.invalid",
      `Cannot use the trust file ${quoted(file, 200)}`,
    );
  }
  return trust;
}

/** What is wrong with a base64 public key; `null` when nothing is. */
export function publicKeyFault(publicKey: string): string | null {
  let bytes: Uint8Array;
  try {
    bytes = decodeBase64(publicKey);
  } catch {
    return "is not base64";
  }
  if (bytes.length !== 32) {
    return `has ${bytes.length} bytes, the 32 of an Ed25519 key were expected`;
  }
  if (encodeBase64(bytes) !== publicKey) return "is not canonical base64";
  if (isLowOrder(bytes)) {
    return "is a point of small order: one signature under it is true for many messages";
  }
  return isCanonicalPoint(bytes)
    ? null
    : "is not the canonical encoding of a point (RFC 8032 section 5.1.3)";
}

function readTrust(
  bytes: Uint8Array,
  document: JsonDocument,
  file: string,
  faults: FaultList,
): Trust | null {
  try {
    JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    faults.add(
      { file },
      "It holds comments or trailing commas, plain JSON was expected",
      "Writ writes this file again when a key is added, and comments would be lost",
    );
    return null;
  }
  const trust = checkDocument(TrustSchema, document, "The trust file", faults);
  if (trust === undefined) return null;
  const names = new Map<string, string>();
  checkKeys(trust, names, document, faults);
  checkRecipients(trust, names, document, faults);
  if (new Set(trust.policies).size !== trust.policies.length) {
    faults.add(document.place(["policies"]), "A policy is listed twice");
  }
  return trust;
}

function checkKeys(
  trust: Trust,
  names: Map<string, string>,
  document: JsonDocument,
  faults: FaultList,
): void {
  const ids = new Set<string>();
  trust.keys.forEach((key, index) => {
    const fault = (field: keyof TrustedKey, message: string) =>
      faults.add(
        document.place(["keys", index, field]),
        `Key ${index + 1} of ${quoted(key.owner)}: ${message}`,
      );
    const wrong = publicKeyFault(key.publicKey);
    if (wrong !== null) fault("publicKey", `the public key ${wrong}`);
    else if (keyId(decodeBase64(key.publicKey)) !== key.id) {
      fault("id", "the id is not the SHA-256 of the public key");
    }
    if (ids.has(key.id)) fault("id", "the id is listed twice");
    ids.add(key.id);
    const unclear = ownerFault(key.owner, names);
    if (unclear !== null) fault("owner", unclear);
    if (key.notAfter !== null && key.notAfter <= key.notBefore) {
      fault("notAfter", "it ends before it begins");
    }
    if (new Set(key.roles).size !== key.roles.length) {
      fault("roles", "a role is listed twice");
    }
  });
}

function checkRecipients(
  { recipients = [] }: Trust,
  names: Map<string, string>,
  document: JsonDocument,
  faults: FaultList,
): void {
  const listed = new Set<string>();
  recipients.forEach(({ recipient, owner }, index) => {
    const fault = (field: keyof Recipient, message: string) =>
      faults.add(
        document.place(["recipients", index, field]),
        `Recipient ${index + 1} of ${quoted(owner)}: ${message}`,
      );
    const wrong = recipientFault(recipient);
    if (wrong !== null) fault("recipient", `it ${wrong}`);
    if (listed.has(recipient)) fault("recipient", "it is listed twice");
    listed.add(recipient);
    const unclear = ownerFault(owner, names);
    if (unclear !== null) fault("owner", unclear);
  });
}

/** Why a name could be taken for another's. `names` are those before it, by what makes two of them one. */
function ownerFault(
  owner: string,
  names: Map<string, string>,
): string | null {
  if (printable(owner) !== owner || owner.trim() !== owner) {
    return "the owner's name has characters that do not show";
  }
  if (!namesPerson(owner)) return "the owner's name has no person before the /";
  const name = folded(owner);
  const like = names.get(name) ?? owner;
  names.set(name, like);
  return like === owner
    ? null
    : `the name reads like ${quoted(like)}, one owner has one way to write it`;
}

/** Whether the y of an encoding is below the field's prime, 2^255 - 19. */
function isCanonicalPoint(publicKey: Uint8Array): boolean {
  const y = Uint8Array.from(publicKey);
  y[31] &= 0x7f;
  return !(y[31] === 0x7f && y.subarray(1, 31).every((byte) => byte === 0xff) &&
    y[0] >= 0xed);
}
