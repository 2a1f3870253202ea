/**
 * Tiles: the Merkle tree cut into pieces of 256 hashes, as C2SP `tlog-tiles` defines them
 * (https://c2sp.org/tlog-tiles). A tile of level `l` holds the hashes of complete subtrees of
 * `256 ** l` leaves; its last ones, while it is not full, are at the tree's right edge.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { merkleRoot } from "../core/tree.ts";
import type { TreeNode } from "./merkle.ts";

/** How many levels of the tree a tile spans. */
export const TILE_HEIGHT = 8;

/** How many hashes a full tile holds. */
export const TILE_WIDTH = 256;

const HASH_BYTES = 32;

/** Which tile. */
export interface TileId {
  /** Its hashes are of subtrees of `256 ** level` leaves. */
  level: number;
  /** Within the level, from 0, left to right. */
  index: number;
}

/** How many hashes the tiles of a level hold together in a tree of this size. */
export function hashesAt(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** `0/x001/x234/067`: the name of a tile, full or not. */
export function tileName({ level, index }: TileId): string {
  return `${level}/${indexName(index)}`;
}

/** The path of a tile in a log's folder: `tile/0/x001/234`, and `.p/17` behind it while it holds 17 hashes. */
export function tilePath(tile: TileId, width: number): string {
  return `tile/${tileName(tile)}${partial(width)}`;
}

/** The path of a bundle of entries in a log's folder: `tile/entries/000`. */
export function entriesPath(index: number, width: number): string {
  return `tile/entries/${indexName(index)}${partial(width)}`;
}

/** Hashes as a tile holds them. */
export function joinHashes(hashes: readonly Digest[]): Uint8Array<ArrayBuffer> {
  const tile = new Uint8Array(hashes.length * HASH_BYTES);
  hashes.forEach((hash, i) =>
    tile.set(Uint8Array.fromHex(hash.slice(7)), i * HASH_BYTES)
  );
  return tile;
}

/** `count` hashes of a tile from the `first` on; `null` when the tile does not hold them. */
export function hashesOf(
  tile: Uint8Array,
  first: number,
  count: number,
): Digest[] | null {
  if (tile.length < (first + count) * HASH_BYTES) return null;
  return Array.from({ length: count }, (_, i): Digest => {
    const at = (first + i) * HASH_BYTES;
    return `sha256:${tile.subarray(at, at + HASH_BYTES).toHex()}`;
  });
}

/** The tile that a complete subtree's hash is made of, and which of its hashes. */
export function tileOf(
  { level, index }: TreeNode,
): TileId & { first: number; count: number } {
  const count = 2 ** (level % TILE_HEIGHT);
  const tile = Math.floor(index * count / TILE_WIDTH);
  return {
    level: Math.floor(level / TILE_HEIGHT),
    index: tile,
    first: index * count - tile * TILE_WIDTH,
    count,
  };
}

/** The hash of a complete subtree, from its tile; `null` when the tile does not hold it. */
export function nodeIn(node: TreeNode, tile: Uint8Array): Digest | null {
  const { first, count } = tileOf(node);
  const hashes = hashesOf(tile, first, count);
  return hashes === null ? null : merkleRoot(hashes);
}

/** Groups of three digits; all but the last one begin with an `x`. */
function indexName(index: number): string {
  const text = String(index);
  const groups = text.padStart(Math.ceil(text.length / 3) * 3, "0")
    .match(/\d{3}/g)!;
  return [...groups.slice(0, -1).map((group) => `x${group}`), groups.at(-1)]
    .join("/");
}

function partial(width: number): string {
  return width === TILE_WIDTH ? "" : `.p/${width}`;
}
