/**
 * What a reader keeps of a ledger, from files: a checkpoint, and an export for proofs.
 *
 * Edge: files, read only.
 *
 * @module
 */
import { whyRefused } from "../core/as_writ_error.ts";
import { WritError } from "../core/errors.ts";
import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";
import { requireLogFolder, tilesIn } from "./log_folder.ts";
import type { ReadTile } from "./tree_reader.ts";

/** No checkpoint is larger; more is not read. */
const MOST_BYTES = 1024 * 1024;

/**
 * Reads what the reader names.
 *
 * @param file of a checkpoint
 * @param log folder of an export; `null`: none
 * @throws {WritError} `input.unreadable`, `input.invalid`
 */
export async function readSeen(
  file: string,
  log: string | null,
): Promise<{ checkpoint: Checkpoint; tiles?: ReadTile }> {
  const checkpoint = parseCheckpoint(
    await readCheckpoint(file),
    `the checkpoint "${file}"`,
  );
  if (log === null) return { checkpoint };
  await requireLogFolder(log, log);
  return { checkpoint, tiles: tilesIn(log) };
}

async function readCheckpoint(file: string): Promise<Uint8Array> {
  const refuse = (why: string, cause?: unknown) =>
    new WritError(
      "input.unreadable",
      `Cannot read the checkpoint "${file}": ${why}`,
      { cause },
    );
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(file);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw refuse(whyRefused(cause) ?? String(cause), cause);
  }
  if (!info.isFile) throw refuse("it is no plain file");
  if (info.size > MOST_BYTES) throw refuse("it is larger than 1 MiB");
  return await Deno.readFile(file);
}
