/**
 * Exporting a ledger as the files of C2SP `tlog-tiles` (https://c2sp.org/tlog-tiles), which other
 * tools read: `checkpoint`, the tiles of the tree, and the entries in bundles of 256.
 *
 * @module
 */
import { type Digest, leafHash } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import type { TreeHead } from "./merkle.ts";
import { CORRUPT_HINT } from "./records.ts";
import { entriesPath, TILE_WIDTH, tilePath } from "./tile.ts";
import { type Tile, TreeEdge } from "./tree_edge.ts";

/** A file of the folder: its path from there, with `/`. */
export interface LogFile {
  path: string;
  bytes: Uint8Array;
}

/**
 * The files of a ledger up to a checkpoint, which comes last: whoever finds it finds all that it
 * covers. The tiles are made anew from the entries, and must lead to what was signed.
 *
 * @param entries the entries from the first on; there may be more than are covered
 * @throws {WritError} `ledger.corrupt` when the entries are not those that the checkpoint covers
 */
export async function* exportLog(
  checkpoint: Uint8Array,
  entries: AsyncIterable<Uint8Array>,
): AsyncIterable<LogFile> {
  const head = parseCheckpoint(checkpoint, "the checkpoint");
  let edge = TreeEdge.EMPTY;
  let partial: Tile[] = [];
  for await (const bundle of bundlesOf(entries, head.size)) {
    const index = Math.floor(edge.size / TILE_WIDTH);
    const grown = edge.append(bundle.map((entry): Digest => leafHash(entry)));
    edge = grown.edge;
    yield {
      path: entriesPath(index, bundle.length),
      bytes: joinEntries(bundle),
    };
    const isFull = ({ bytes }: Tile) => widthOf(bytes) === TILE_WIDTH;
    yield* grown.tiles.filter(isFull).map(fileOf);
    const levels = new Set(grown.tiles.map(({ level }) => level));
    partial = [
      ...partial.filter(({ level }) => !levels.has(level)),
      ...grown.tiles.filter((tile) => !isFull(tile)),
    ];
  }
  yield* partial.map(fileOf);
  mustBe(edge.head, head);
  yield { path: "checkpoint", bytes: checkpoint };
}

async function* bundlesOf(
  entries: AsyncIterable<Uint8Array>,
  size: number,
): AsyncIterable<Uint8Array[]> {
  let bundle: Uint8Array[] = [];
  let count = 0;
  if (size === 0) return;
  for await (const entry of entries) {
    bundle.push(entry);
    count++;
    if (bundle.length === TILE_WIDTH) {
      yield bundle;
      bundle = [];
    }
    if (count === size) break;
  }
  if (bundle.length > 0) yield bundle;
}

/** Each entry after its length, in two bytes, big-endian. */
function joinEntries(entries: readonly Uint8Array[]): Uint8Array {
  const bundle = new Uint8Array(
    entries.reduce((sum, { length }) => sum + 2 + length, 0),
  );
  const view = new DataView(bundle.buffer);
  let at = 0;
  for (const entry of entries) {
    view.setUint16(at, entry.length);
    bundle.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bundle;
}

function fileOf(tile: Tile): LogFile {
  return { path: tilePath(tile, widthOf(tile.bytes)), bytes: tile.bytes };
}

function widthOf({ length }: Uint8Array): number {
  return length / 32;
}

function mustBe(found: TreeHead, signed: TreeHead): void {
  if (found.size === signed.size && found.root === signed.root) return;
  throw new WritError(
    "ledger.corrupt",
    `Cannot export the ledger: its first ${signed.size} entries are not those that its checkpoint covers`,
    { hint: CORRUPT_HINT },
  );
}
