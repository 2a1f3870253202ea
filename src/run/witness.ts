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
import { ensurePrivateFolder } from "../policy/plain_file.ts";
import type { TreeHead } from "../ledger/merkle.ts";

const WitnessSchema = z.strictObject({
  v: z.literal(1),
  ledger: DigestSchema,
  size: z.int().min(0),
  root: DigestSchema,
});

/** The tree last seen of a ledger; `null` when none was. */
export async function readWitness(
  config: string,
  ledger: Digest,
): Promise<TreeHead | null> {
  const file = witnessFile(config, ledger);
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const parsed = WitnessSchema.safeParse(parseCanonical(bytes, `"${file}"`));
  if (!parsed.success || parsed.data.ledger !== ledger) {
    throw new WritError(
      "ledger.rolled_back",
      `Cannot trust the ledger: "${file}", which says how far it was seen, is damaged`,
      { hint: "deno task writ log shows the ledger as it is" },
    );
  }
  return { size: parsed.data.size, root: parsed.data.root };
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
    write: true,
  });
  await lock.lock(true);
  const before = await readWitness(config, ledger);
  if (before !== null && before.size >= size) return;
  const file = witnessFile(config, ledger);
  const temporary = `${file}.${crypto.randomUUID()}`;
  await Deno.writeFile(
    temporary,
    canonicalBytes({ v: 1, ledger, size, root }),
    { mode: 0o600, createNew: true },
  );
  await Deno.rename(temporary, file);
}

function witnessFile(config: string, ledger: Digest): string {
  return join(config, "seen", `${ledger.slice(7, 39)}.json`);
}
