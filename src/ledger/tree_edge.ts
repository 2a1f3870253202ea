/**
 * The right edge of the ledger's Merkle tree: all that must be known of it to append. It grows
 * by a leaf with a constant number of hashes on average, and gives the tiles that changed.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { merkleRoot } from "../core/tree.ts";
import { Frontier, type Peak } from "./frontier.ts";
import type { TreeHead } from "./merkle.ts";
import {
  hashesAt,
  hashesOf,
  joinHashes,
  TILE_HEIGHT,
  TILE_WIDTH,
  type TileId,
} from "./tile.ts";

/** A tile with its bytes: 32 for each hash. */
export interface Tile extends TileId {
  bytes: Uint8Array<ArrayBuffer>;
}

/** The right edge of a tree. It never changes: {@linkcode TreeEdge.append} makes another one. */
export class TreeEdge {
  readonly #frontier: Frontier;
  /** By level, the hashes of the tile that is not full. */
  readonly #rows: readonly (readonly Digest[])[];

  private constructor(
    frontier: Frontier,
    rows: readonly (readonly Digest[])[],
  ) {
    this.#frontier = frontier;
    this.#rows = rows;
  }

  /** The edge of the tree without leaves. */
  static readonly EMPTY: TreeEdge = new TreeEdge(new Frontier(), []);

  /** The tiles at the edge of a tree of this size, and how many hashes each holds. */
  static tilesAt(size: number): (TileId & { width: number })[] {
    const tiles: (TileId & { width: number })[] = [];
    for (let level = 0; hashesAt(level, size) > 0; level++) {
      const hashes = hashesAt(level, size);
      const index = Math.floor(hashes / TILE_WIDTH);
      const width = hashes - index * TILE_WIDTH;
      if (width > 0) tiles.push({ level, index, width });
    }
    return tiles;
  }

  /**
   * The edge of a tree, from the tiles that {@linkcode TreeEdge.tilesAt} names; they may hold
   * more than that.
   *
   * @returns `null` when a tile is missing or too short
   */
  static from(
    size: number,
    read: (tile: TileId) => Uint8Array | null,
  ): TreeEdge | null {
    const rows: Digest[][] = [];
    const peaks: Peak[] = [];
    for (const tile of TreeEdge.tilesAt(size)) {
      const bytes = read(tile);
      const row = bytes === null ? null : hashesOf(bytes, 0, tile.width);
      if (row === null) return null;
      rows[tile.level] = row;
      peaks.unshift(...peaksOf(row, tile.level * TILE_HEIGHT));
    }
    return new TreeEdge(
      new Frontier(size, peaks),
      Array.from(rows, (row) => row ?? []),
    );
  }

  /** How many leaves the tree has. */
  get size(): number {
    return this.#frontier.size;
  }

  /** Size and root of the tree. */
  get head(): TreeHead {
    return this.#frontier.head;
  }

  /** The last leaf; `null` when there is none, or a full tile holds it. */
  get lastLeaf(): Digest | null {
    return this.#rows[0]?.at(-1) ?? null;
  }

  /** Appends leaves: the edge after them, and every tile that has changed. */
  append(leaves: readonly Digest[]): { edge: TreeEdge; tiles: Tile[] } {
    const frontier = this.#frontier.copy();
    const rows = this.#rows.map((row) => [...row]);
    const full: Tile[] = [];
    const touched = new Set<number>();
    for (const leaf of leaves) {
      const index = frontier.size;
      for (const peak of frontier.add(leaf)) {
        if (peak.level % TILE_HEIGHT === 0) put(peak, index);
      }
    }
    const partial = TreeEdge.tilesAt(frontier.size)
      .filter(({ level }) => touched.has(level))
      .map(({ level, index }) => tileOf(level, index));
    return {
      edge: new TreeEdge(frontier, rows),
      tiles: [...full, ...partial],
    };

    /** `last`: the index of the last leaf beneath the hash. */
    function put({ level, hash }: Peak, last: number): void {
      const at = level / TILE_HEIGHT;
      const row = rows[at] ??= [];
      row.push(hash);
      touched.add(at);
      if (row.length < TILE_WIDTH) return;
      full.push(tileOf(at, Math.floor(hashesAt(at, last) / TILE_WIDTH)));
      rows[at] = [];
    }

    function tileOf(level: number, index: number): Tile {
      return { level, index, bytes: joinHashes(rows[level]) };
    }
  }
}

/** The largest complete subtrees over a row of subtrees of a level, left to right. */
function peaksOf(row: readonly Digest[], level: number): Peak[] {
  const peaks: Peak[] = [];
  for (let at = 0; at < row.length;) {
    let height = 0;
    while (2 ** (height + 1) <= row.length - at) height++;
    const hash = merkleRoot(row.slice(at, at + 2 ** height));
    peaks.push({ level: level + height, hash });
    at += 2 ** height;
  }
  return peaks;
}
