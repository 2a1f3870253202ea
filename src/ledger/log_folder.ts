/**
 * A folder with an export of a ledger (C2SP `tlog-tiles`): reading its tiles and its checkpoint.
 *
 * Edge: files, read only.
 *
 * @module
 */
import { join } from "@std/path/join";
import { WritError } from "../core/errors.ts";
import { TILE_WIDTH, tilePath } from "./tile.ts";
import type { ReadTile } from "./tree_reader.ts";

/** Where the checkpoint lies in the folder. */
export const CHECKPOINT_FILE = "checkpoint";

/** No tile is larger; more is not read. */
const MOST_BYTES = TILE_WIDTH * 32;

/** Reads tiles of a folder: the full one, else the widest that is there. */
export function tilesIn(folder: string): ReadTile {
  return async (tile) => {
    const path = join(folder, tilePath(tile, TILE_WIDTH));
    const full = await readTile(path);
    if (full !== null) return full;
    const widths = await widthsIn(`${path}.p`);
    return widths.length === 0
      ? null
      : await readTile(join(`${path}.p`, String(Math.max(...widths))));
  };
}

/** Requires that a folder is there and holds an export. */
export async function requireLogFolder(
  folder: string,
  shown: string,
): Promise<void> {
  try {
    await Deno.stat(join(folder, CHECKPOINT_FILE));
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw new WritError(
      "input.unreadable",
      `Cannot read "${shown}": it is no export of a ledger`,
      { hint: "writ log export makes one", cause },
    );
  }
}

async function readTile(path: string): Promise<Uint8Array | null> {
  try {
    const { isFile, size } = await Deno.stat(path);
    // What is no tile proves nothing.
    return isFile && size <= MOST_BYTES ? await Deno.readFile(path) : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function widthsIn(folder: string): Promise<number[]> {
  const widths: number[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (/^[1-9]\d{0,2}$/.test(name)) widths.push(Number(name));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return widths;
}
