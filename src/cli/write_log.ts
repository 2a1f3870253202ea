/**
 * Writing an export of a ledger into a folder, or going on with one that is there.
 *
 * Edge: files.
 *
 * @module
 */
import { sameBytes } from "../core/same_bytes.ts";
import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import { WritError } from "../core/errors.ts";
import type { LogFile } from "../ledger/export_log.ts";
import { CHECKPOINT_FILE } from "../ledger/log_folder.ts";
import { writePlainFile } from "../policy/plain_file.ts";

/**
 * The checkpoint of the export that a folder holds; `null` when nothing is there.
 *
 * @param shown how the user named it
 * @throws {WritError} `usage.invalid` when something else is there
 */
export async function exportedBefore(
  folder: string,
  shown: string,
): Promise<Uint8Array | null> {
  try {
    return await Deno.readFile(join(folder, CHECKPOINT_FILE));
  } catch (error) {
    if (
      !(error instanceof Deno.errors.NotFound) &&
      !(error instanceof Deno.errors.NotADirectory)
    ) throw error;
  }
  const isFree = await isEmptyOrMissing(folder);
  if (isFree) return null;
  throw new WritError(
    "usage.invalid",
    `Cannot export to "${shown}": it is there, and no export of a ledger`,
    { hint: "Name a new folder, or one that writ log export has made" },
  );
}

/**
 * Writes files as they come, each whole or not at all. What never changes once it is written
 * must be there as it would be written now.
 *
 * @returns how many were written
 * @throws {WritError} `usage.invalid` when another file is there, or it cannot be written
 */
export async function writeLog(
  folder: string,
  files: AsyncIterable<LogFile>,
  shown: string,
): Promise<number> {
  let written = 0;
  for await (const { path, bytes } of files) {
    const there = await readThere(join(folder, path));
    if (there !== null && sameBytes(there, bytes)) continue;
    if (there !== null && path !== CHECKPOINT_FILE) {
      throw new WritError(
        "usage.invalid",
        `Cannot export to "${shown}": "${path}" is there with other bytes`,
        { hint: "Name a new folder, and look into who has changed this one" },
      );
    }
    await replace(join(folder, path), bytes, shown);
    written++;
  }
  return written;
}

/** Durably, so that no power cut leaves a name whose bytes the next export would take for changed. */
async function replace(
  path: string,
  bytes: Uint8Array,
  shown: string,
): Promise<void> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    await writePlainFile(path, bytes, { mode: 0o644, replace: true });
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw new WritError(
      "usage.invalid",
      `Cannot export to "${shown}": ${(cause as Error).message}`,
      { cause },
    );
  }
}

async function readThere(path: string): Promise<Uint8Array | null> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function isEmptyOrMissing(folder: string): Promise<boolean> {
  try {
    for await (const _ of Deno.readDir(folder)) return false;
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    if (error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}
