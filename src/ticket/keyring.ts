/**
 * The keys of the config folder: `keys/<name>.key` (private) and `keys/<name>.pub.json` (public).
 *
 * A private key is PKCS #8 in PEM (RFC 8410, RFC 7468), plain or sealed with a passphrase by age
 * (`age-encryption.org/v1`, armored), so that `age -d` and `openssl pkey` read it without Writ.
 *
 * Edge: files, randomness.
 *
 * @module
 */
import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { join } from "@std/path/join";
import * as z from "zod";
import { counted } from "../core/counted.ts";
import { type Digest, DigestSchema, sha256 } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { generateKey, keyId, type Signer } from "../core/keys.ts";
import { printable, quoted } from "../core/printable.ts";
import { becauseOf, checkForm } from "../pipeline/form_faults.ts";
import {
  ensurePrivateFolder,
  readPlainFile,
  requireOwnFolder,
  writePlainFile,
} from "../policy/plain_file.ts";
import { namesPerson } from "./owner.ts";
import { publicKeyFault } from "./parse_trust.ts";
import { formOf, openPem, pemOf, sealPem, unsealPem } from "./private_key.ts";
import { type Role, RoleSchema, type TrustedKey } from "./trust.ts";

/** The public half of a key, with whose it is and what it is meant for. */
export interface PublicKey {
  /** Format version; any other is refused. */
  v: 1;
  /** SHA-256 of the 32 raw bytes of the public key. */
  id: Digest;
  /** The raw public key (32 bytes), base64. */
  publicKey: string;
  /** Name of who answers for it, as it shall stand in trust. */
  owner: string;
  /** Who signs with it: a person, an AI agent, or software. */
  kind: TrustedKey["kind"];
  /** At least one; only trust says what it is really believed for. */
  roles: Role[];
}

/** A key of the keyring. */
export interface KeyringKey extends PublicKey {
  /** Its files are `keys/<name>.key` and `keys/<name>.pub.json` of the config folder. */
  name: string;
  /** Whether a passphrase opens it. */
  sealed: boolean;
}

/** Schemas of the fields of a {@linkcode PublicKey}. */
export const PUBLIC_KEY_FIELDS = {
  v: z.literal(1),
  id: DigestSchema,
  publicKey: z.base64(),
  owner: z.string().min(1),
  kind: z.enum(["human", "agent", "system"]),
  roles: z.array(RoleSchema).min(1),
} as const;

/** Schema of a {@linkcode PublicKey}. */
export const PublicKeySchema: z.ZodType<PublicKey> = z.strictObject(
  PUBLIC_KEY_FIELDS,
);

/** What a key is made from. */
export interface NewKey {
  /** The absolute path of the config folder. */
  config: string;
  /** Lower-case letters, digits and hyphens. */
  name: string;
  owner: string;
  kind: TrustedKey["kind"];
  roles: Role[];
  /** `null`: the key lies open, protected by the file system alone. */
  passphrase: string | null;
  /** Base-2 logarithm of scrypt's cost; by default age's, 18: about a second. */
  workFactor?: number;
}

/** How many characters a new passphrase has at least. */
export const PASSPHRASE_LEAST = 8;

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
const LIMIT = 64 * 1024;

/**
 * Makes a key. Two processes that make the same one: one wins, nothing is overwritten. Killed in
 * between, the key is either not there or is finished by the next {@linkcode readKey}.
 *
 * @throws {WritError} `keys.exists`, `usage.invalid`, `config.unsafe`; `keys.passphrase` for one
 * that is too short
 */
export async function newKey(options: NewKey): Promise<KeyringKey> {
  const { name, owner, kind, roles, passphrase } = options;
  checkNewKey(options);
  const files = keyFiles(options.config, name);
  await ensurePrivateFolder(options.config);
  await ensurePrivateFolder(files.folder);
  const { signer, pkcs8 } = await generateKey();
  const secret = new TextEncoder().encode(
    passphrase === null
      ? pemOf(pkcs8)
      : await sealPem(pemOf(pkcs8), passphrase, options.workFactor),
  );
  const key: PublicKey = {
    v: 1,
    id: signer.id,
    publicKey: encodeBase64(signer.publicKey),
    owner,
    kind,
    roles,
  };
  const text = new TextEncoder().encode(`${JSON.stringify(key, null, 2)}\n`);
  // The public half waits under a name that only this private half leads to: once that has
  // its name, the key can be finished by whoever finds it.
  const waiting = files.waiting(sha256(secret));
  await writePlainFile(waiting, text, { mode: 0o600, replace: true });
  if (
    !await writePlainFile(files.key, secret, { mode: 0o600, replace: false })
  ) {
    await Deno.remove(waiting);
    throw new WritError(
      "keys.exists",
      `Cannot make the key ${quoted(name)}: ${
        quoted(files.key, 200)
      } is there already`,
      { hint: "choose another name; a key is never overwritten" },
    );
  }
  await finishKey(files, waiting);
  return { ...key, name, sealed: passphrase !== null };
}

/** The keys of the config folder, sorted by name. */
export async function listKeys(config: string): Promise<KeyringKey[]> {
  const { folder } = keyFiles(config, "any");
  if (!await requireOwnFolder(config) || !await requireOwnFolder(folder)) {
    return [];
  }
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".key") && NAME.test(name.slice(0, -4))) {
      names.push(name.slice(0, -4));
    }
  }
  return await Promise.all(
    names.sort().map(async (name) => (await findKey(config, name)).key),
  );
}

/**
 * A key's public half.
 *
 * @throws {WritError} `keys.missing`, `keys.unsafe`, `config.unsafe`
 */
export async function readKey(
  config: string,
  name: string,
): Promise<KeyringKey> {
  return (await findKey(config, name)).key;
}

/**
 * A key that signs.
 *
 * @param passphrase asked for only where the key is sealed
 * @throws {WritError} `keys.missing`; `keys.unsafe` for a file that others may read, that is a
 * link, or that is not the key that its public half says; `keys.passphrase`
 */
export async function loadSigner(
  config: string,
  name: string,
  passphrase: () => Promise<string>,
): Promise<Signer> {
  const { key, secret, file } = await findKey(config, name);
  const text = new TextDecoder().decode(secret);
  const signer = await openPem(
    key.sealed
      ? await unsealPem(text, await passphrase(), quoted(file, 200))
      : text,
    quoted(file, 200),
  );
  if (signer.id !== key.id) {
    throw unsafe(file, "it is another key than its public half says");
  }
  return signer;
}

async function findKey(
  config: string,
  name: string,
): Promise<{ key: KeyringKey; secret: Uint8Array; file: string }> {
  const files = keyFiles(config, name);
  const there = NAME.test(name) && await requireOwnFolder(config) &&
    await requireOwnFolder(files.folder);
  const secret = there
    ? await readPlainFile(files.key, {
      code: "keys.unsafe",
      limit: LIMIT,
      secret: true,
    })
    : null;
  if (secret === null) {
    throw new WritError(
      "keys.missing",
      `Cannot find the key ${quoted(name)} in ${quoted(files.folder, 200)}`,
      { hint: "deno task writ keys list shows those that are there" },
    );
  }
  const read = () =>
    readPlainFile(files.public, { code: "keys.unsafe", limit: LIMIT });
  let bytes = await read();
  if (bytes === null) {
    await finishKey(files, files.waiting(sha256(secret)));
    bytes = await read();
  }
  if (bytes === null) {
    throw unsafe(files.public, "the public half is not there");
  }
  const text = new TextDecoder().decode(secret);
  const form = formOf(text);
  if (form === null) {
    throw unsafe(files.key, "it is no private key in PEM, plain or sealed");
  }
  return {
    key: {
      ...parsePublicKey(bytes, files.public),
      name,
      sealed: form === "sealed",
    },
    secret,
    file: files.key,
  };
}

/**
 * Reads the public half of a key, as `<name>.pub.json` holds it.
 *
 * @throws {WritError} `keys.unsafe`
 */
export function parsePublicKey(bytes: Uint8Array, file: string): PublicKey {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw unsafe(file, "it is not JSON", { cause });
  }
  const formed = checkForm(PublicKeySchema, value, "It");
  if ("faults" in formed) {
    throw unsafe(file, becauseOf(formed.faults), {
      hint: formed.faults[0].hint(),
    });
  }
  const key = formed.value;
  const fault = publicKeyFault(key.publicKey);
  if (fault !== null) throw unsafe(file, `the public key ${fault}`);
  if (keyId(decodeBase64(key.publicKey)) !== key.id) {
    throw unsafe(file, "the id is not the SHA-256 of the public key");
  }
  return key;
}

interface KeyFiles {
  folder: string;
  key: string;
  public: string;
  /** Where the public half lies until the private one has its name. */
  waiting(secret: Digest): string;
}

function keyFiles(config: string, name: string): KeyFiles {
  const folder = join(config, "keys");
  return {
    folder,
    key: join(folder, `${name}.key`),
    public: join(folder, `${name}.pub.json`),
    waiting: (secret) =>
      join(folder, `.${name}.${secret.slice(7, 39)}.pub.json`),
  };
}

async function finishKey(files: KeyFiles, waiting: string): Promise<void> {
  try {
    await Deno.rename(waiting, files.public);
  } catch (error) {
    // Another process has finished it, or it was never begun; the caller looks again.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function checkNewKey({ name, owner, roles, passphrase }: NewKey): void {
  const refuse = (why: string) =>
    new WritError(
      "usage.invalid",
      `Cannot make the key ${quoted(name)}: ${why}`,
    );
  if (!NAME.test(name)) {
    throw refuse("lower-case letters, digits and hyphens were expected");
  }
  if (
    owner.trim() === "" || owner.trim() !== owner || printable(owner) !== owner
  ) {
    throw refuse(
      `the owner's name ${quoted(owner)} is empty or does not show as it is`,
    );
  }
  if (!namesPerson(owner)) {
    throw refuse(
      `the owner's name ${quoted(owner)} has no person before the /`,
    );
  }
  if (roles.length === 0) throw refuse("it has no role, one was expected");
  if (passphrase === null) return;
  const { length } = [...passphrase];
  if (length >= PASSPHRASE_LEAST) return;
  throw new WritError(
    "keys.passphrase",
    `Cannot make the key ${quoted(name)}: its passphrase has ${
      counted(length, "character")
    }, at least ${PASSPHRASE_LEAST} were expected`,
    {
      hint:
        "whoever gets hold of the file can try short ones; several words are good",
    },
  );
}

function unsafe(
  file: string,
  why: string,
  { hint, cause }: { hint?: string; cause?: unknown } = {},
): WritError {
  return new WritError(
    "keys.unsafe",
    `Cannot use the key in ${quoted(file, 200)}: ${why}`,
    { place: { file }, hint, cause },
  );
}
