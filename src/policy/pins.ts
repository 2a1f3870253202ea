/**
 * Pins: which policy, trust and ledger are in force for a workspace. They lie in the config
 * folder, out of reach of whoever can write the workspace.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path/join";
import * as z from "zod";
import { canonicalBytes, parseCanonical } from "../core/canonical_json.ts";
import {
  type Digest,
  DigestSchema,
  EMPTY_DIGEST,
  sha256,
} from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { TimeSchema } from "../core/time.ts";
import { becauseOf, checkForm } from "../pipeline/form_faults.ts";
import {
  ensurePrivateFolder,
  readPlainFile,
  requireOwnFolder,
  writePlainFile,
} from "./plain_file.ts";
import { policyDigest, type PolicySet } from "./policy_set.ts";

/** What is in force for one workspace. */
export interface Pins {
  /** Format version; any other is refused. */
  v: 1;
  /** The real path of the workspace. */
  workspace: string;
  /** SHA-256 of the canonical bytes of the trust that was accepted. */
  trust: Digest;
  /** Digest of the policy that was accepted, as of `policyDigest`. */
  policy: Digest;
  /** The ledger that its runs are recorded in. */
  ledger: Digest;
  /** RFC 3339, UTC, milliseconds. */
  acceptedAt: string;
}

/** The texts that are in force, as they were when they were pinned. */
export interface PinnedTexts {
  policy: PolicySet;
  /** Trust, as canonical bytes. */
  trust: Uint8Array<ArrayBuffer>;
}

/** Schema of {@linkcode Pins}. */
export const PinsSchema: z.ZodType<Pins> = z.strictObject({
  v: z.literal(1),
  workspace: z.string().min(1),
  trust: DigestSchema,
  policy: DigestSchema,
  ledger: DigestSchema,
  acceptedAt: TimeSchema,
});

const LIMIT = 16 * 1024 * 1024;

/**
 * What is in force for a workspace; `null` before anything was.
 *
 * @param config the absolute path of the config folder
 * @param workspace a path of the workspace; its real path counts
 * @throws {WritError} `config.unsafe`
 */
export async function readPins(
  config: string,
  workspace: string,
): Promise<Pins | null> {
  const at = await placesOf(config, workspace);
  if (
    !await requireOwnFolder(config) || !await requireOwnFolder(at.folder)
  ) return null;
  const pins = await readAt(at.pins);
  if (pins !== null && pins.workspace !== at.workspace) {
    throw damaged(
      at.pins,
      `it is for ${quoted(pins.workspace, 200)}, ${
        quoted(at.workspace, 200)
      } was expected`,
    );
  }
  return pins;
}

/**
 * What is in force for all workspaces, whether they are there or not, in no order.
 *
 * @param config the absolute path of the config folder
 * @throws {WritError} `config.unsafe`
 */
export async function listPins(config: string): Promise<Pins[]> {
  const folder = join(config, "pins");
  if (!await requireOwnFolder(config) || !await requireOwnFolder(folder)) {
    return [];
  }
  const all: Pins[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (!/^[0-9a-f]{32}\.json$/.test(name)) continue;
    const pins = await readAt(join(folder, name));
    if (pins !== null) all.push(pins);
  }
  return all;
}

async function readAt(path: string): Promise<Pins | null> {
  const bytes = await read(path);
  if (bytes === null) return null;
  const formed = checkForm(PinsSchema, parsed(bytes, path), "It");
  if ("value" in formed) return formed.value;
  throw damaged(path, becauseOf(formed.faults), {
    hint: formed.faults[0].hint(),
  });
}

/**
 * The texts that were pinned, so that a proposal can be compared with them.
 *
 * @throws {WritError} `config.unsafe` where they are missing or not what was pinned
 */
export async function readPinned(
  config: string,
  pins: Pins,
): Promise<PinnedTexts> {
  const at = placesBelow(config, pins.workspace);
  const policyFile = join(at.texts, textName("policy", pins.policy));
  const trustFile = join(at.texts, textName("trust", pins.trust));
  await requireOwnFolder(at.texts);
  const [policyBytes, trust] = await Promise.all([
    read(policyFile),
    read(trustFile),
  ]);
  if (policyBytes === null) throw damaged(policyFile, "it is not there");
  if (trust === null) throw damaged(trustFile, "it is not there");
  if (sha256(trust) !== pins.trust) {
    throw damaged(trustFile, "it is not the trust that was pinned");
  }
  const files = z.record(z.string(), z.string()).safeParse(
    parsed(policyBytes, policyFile),
  );
  if (
    !files.success || policyDigest({ files: files.data }) !== pins.policy
  ) throw damaged(policyFile, "it is not the policy that was pinned");
  return { policy: { files: files.data }, trust };
}

/**
 * Puts a policy and a trust in force. The texts are written first, under names that come from
 * their digests, and the pin last: a kill in between leaves what was in force before.
 *
 * @param texts.trust trust as canonical bytes
 * @throws {WritError} `config.unsafe`
 */
export async function writePins(
  config: string,
  workspace: string,
  texts: PinnedTexts,
  rest: { ledger: Digest; acceptedAt: string },
): Promise<Pins> {
  const at = await placesOf(config, workspace);
  const pins: Pins = PinsSchema.parse({
    v: 1,
    workspace: at.workspace,
    trust: sha256(texts.trust),
    policy: policyDigest(texts.policy),
    ...rest,
  });
  for (const folder of [config, at.folder, at.texts]) {
    await ensurePrivateFolder(folder);
  }
  const write = (path: string, bytes: Uint8Array) =>
    writePlainFile(path, bytes, { mode: 0o600, replace: true });
  await write(
    join(at.texts, textName("policy", pins.policy)),
    canonicalBytes(texts.policy.files),
  );
  await write(join(at.texts, textName("trust", pins.trust)), texts.trust);
  await write(at.pins, canonicalBytes(pins));
  return pins;
}

/**
 * Requires that a policy and a trust are the ones in force.
 *
 * @throws {WritError} `setup.missing`, `trust.unpinned`, `policy.unpinned`
 */
export function requirePinned(
  pins: Pins | null,
  policy: Digest,
  trust: Digest,
): asserts pins is Pins {
  if (pins === null) {
    throw new WritError(
      "setup.missing",
      "Cannot go on: no policy and no trust are in force for this workspace",
      {
        hint: trust === EMPTY_DIGEST
          ? "deno task setup"
          : "deno task writ trust accept",
      },
    );
  }
  for (
    const [what, code, found, wanted] of [
      ["trust", "trust.unpinned", trust, pins.trust],
      ["policy", "policy.unpinned", policy, pins.policy],
    ] as const
  ) {
    if (found !== wanted) {
      throw new WritError(
        code,
        `Cannot go on: the ${what} is ${found}, but ${wanted} is in force`,
        { hint: "deno task writ trust accept" },
      );
    }
  }
}

interface Places {
  workspace: string;
  folder: string;
  pins: string;
  texts: string;
}

async function placesOf(config: string, workspace: string): Promise<Places> {
  return placesBelow(config, await Deno.realPath(workspace));
}

/** @param workspace its real path */
function placesBelow(config: string, workspace: string): Places {
  const id = sha256(new TextEncoder().encode(workspace)).slice(7, 39);
  const folder = join(config, "pins");
  return {
    workspace,
    folder,
    pins: join(folder, `${id}.json`),
    texts: join(folder, id),
  };
}

function textName(what: "policy" | "trust", digest: Digest): string {
  return `${what}-${digest.slice(7, 39)}.json`;
}

function read(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  return readPlainFile(path, { code: "config.unsafe", limit: LIMIT });
}

function parsed(bytes: Uint8Array, path: string): unknown {
  try {
    return parseCanonical(bytes, quoted(path, 200));
  } catch (cause) {
    throw damaged(path, "it is not canonical JSON", { cause });
  }
}

function damaged(
  path: string,
  what: string,
  { hint, cause }: { hint?: string; cause?: unknown } = {},
): WritError {
  return new WritError(
    "config.unsafe",
    `Cannot tell what is in force from ${quoted(path, 200)}: ${what}`,
    {
      place: { file: path },
      hint: hint ??
        "remove the file and accept policy and trust again with deno task writ trust accept",
      cause,
    },
  );
}
