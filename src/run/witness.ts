/**
 * The witness: the ledger's tree as this user last saw it, kept in the config folder, out of
 * reach of whoever copies an older state folder back or writes its history anew.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path/join";
import * as z from "zod";
import { canonicalBytes, parseCanonical } from "../core/canonical_json.ts";
import { type Digest, DigestSchema } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { becauseOf, checkForm } from "../pipeline/form_faults.ts";
import {
  ensurePrivateFolder,
  readPlainFile,
  requireOwnFolder,
  writePlainFile,
} from "../policy/plain_file.ts";
import type { TreeHead } from "../ledger/merkle.ts";

/** The most bytes that the file may have. */
const LIMIT = 64 * 1024;

const WitnessSchema = z.strictObject({
  v: z.literal(1),
  ledger: DigestSchema,
  size: z.int().min(0),
  root: DigestSchema,
});

/**
 * The tree last seen of a ledger; `null` when none was.
 *
 * @throws {WritError} `config.unsafe`
 */
export async function readWitness(
  config: string,
  ledger: Digest,
): Promise<TreeHead | null> {
  const file = witnessFile(config, ledger);
  // Behind a link lies what somebody else may have put there, or taken away.
  if (
    !await requireOwnFolder(config) ||
    !await requireOwnFolder(join(config, "seen"))
  ) return null;
  const bytes = await readPlainFile(file, {
    code: "config.unsafe",
    limit: LIMIT,
  });
  if (bytes === null) return null;
  const seen = witnessIn(bytes, file);
  if (seen.ledger !== ledger) {
    throw damaged(file, `it is of the ledger ${seen.ledger}`);
  }
  return { size: seen.size, root: seen.root };
}

function witnessIn(bytes: Uint8Array, file: string) {
  let value: unknown;
  try {
    value = parseCanonical(bytes, "it");
  } catch (cause) {
    throw damaged(file, "it is not canonical JSON", { cause });
  }
  const formed = checkForm(WitnessSchema, value, "It");
  if ("value" in formed) return formed.value;
  throw damaged(file, becauseOf(formed.faults), {
    hint: formed.faults[0].hint(),
  });
}

function damaged(
  file: string,
  why: string,
  { hint, cause }: { hint?: string; cause?: unknown } = {},
): WritError {
  return new WritError(
    "config.unsafe",
    `Cannot tell from ${quoted(file, 200)} how far the ledger was seen: ${why}`,
    {
      place: { file },
      hint: hint ??
        "Restore the file; without it, a ledger that was copied back from yesterday is not noticed",
      cause,
    },
  );
}

/** Remembers a tree, unless a larger one is remembered already. */
export async function writeWitness(
  config: string,
  ledger: Digest,
  { size, root }: TreeHead,
): Promise<void> {
  const folder = join(config, "seen");
  await ensurePrivateFolder(config);
  await ensurePrivateFolder(folder);
  using lock = await Deno.open(join(folder, "lock"), {
    create: true,
    // To open a FIFO for writing alone would wait for its reader.
    read: true,
    write: true,
    mode: 0o600,
  });
  await lock.lock(true);
  const before = await readWitness(config, ledger);
  if (before !== null && before.size >= size) return;
  const file = witnessFile(config, ledger);
  const bytes = canonicalBytes({ v: 1, ledger, size, root });
  await writePlainFile(file, bytes, { mode: 0o600, replace: true });
}

function witnessFile(config: string, ledger: Digest): string {
  return join(config, "seen", `${ledger.slice(7, 39)}.json`);
}
