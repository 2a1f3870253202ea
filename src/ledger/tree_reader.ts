/**
 * Heads and proofs of the ledger's Merkle tree, from its tiles: a few of them, however large
 * the tree is.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import {
  completeNodes,
  consistencySubtrees,
  foldNodes,
  inclusionSubtrees,
  type Subtree,
  type TreeHead,
  type TreeNode,
} from "./merkle.ts";
import { CORRUPT_HINT } from "./records.ts";
import { nodeIn, type TileId, tileName, tileOf } from "./tile.ts";

/** Reads a tile as it is now, which may hold more than it did; `null` when there is none. */
export type ReadTile = (tile: TileId) => Promise<Uint8Array | null>;

/** How a tree stands to one that somebody has seen of it. */
export type Standing =
  /** It begins with what was seen. */
  | "holds"
  /** It has fewer leaves. */
  | "shorter"
  /** Its first leaves are others. */
  | "differs";

/** Reads the tree of a ledger at any of its sizes. What it has read it keeps. */
export class TreeReader {
  readonly #read: ReadTile;
  readonly #tiles = new Map<string, Uint8Array | null>();

  /** Reads nothing yet. */
  constructor(read: ReadTile) {
    this.#read = read;
  }

  /**
   * The head of the tree when it had this many leaves.
   *
   * @throws {WritError} `ledger.corrupt` when a tile that it needs is missing or too short
   */
  async headAt(size: number): Promise<TreeHead> {
    return { size, root: await this.#hash({ from: 0, to: size }) };
  }

  /**
   * The proof that a leaf is in the tree of this size.
   *
   * @throws {WritError} `ledger.corrupt`
   */
  inclusion(index: number, size: number): Promise<Digest[]> {
    return this.#hashes(inclusionSubtrees(index, size));
  }

  /**
   * The proof that the tree of `before` leaves, at least one, grew to that of this size.
   *
   * @throws {WritError} `ledger.corrupt`
   */
  consistency(before: number, size: number): Promise<Digest[]> {
    return this.#hashes(consistencySubtrees(before, size));
  }

  /** Whether the tree of this size begins with what was seen. */
  async standing(seen: TreeHead, size: number): Promise<Standing> {
    if (seen.size > size) return "shorter";
    const { root } = await this.headAt(seen.size);
    return root === seen.root ? "holds" : "differs";
  }

  async #hashes(subtrees: readonly Subtree[]): Promise<Digest[]> {
    const hashes: Digest[] = [];
    for (const subtree of subtrees) hashes.push(await this.#hash(subtree));
    return hashes;
  }

  async #hash(subtree: Subtree): Promise<Digest> {
    const hashes: Digest[] = [];
    for (const node of completeNodes(subtree)) {
      hashes.push(await this.#node(node));
    }
    return foldNodes(hashes);
  }

  async #node(node: TreeNode): Promise<Digest> {
    const tile = tileOf(node);
    const name = tileName(tile);
    const kept = this.#tiles.get(name) ?? null;
    const known = kept === null ? null : nodeIn(node, kept);
    if (known !== null) return known;
    // It is new, or has grown since it was read.
    const bytes = await this.#read(tile);
    this.#tiles.set(name, bytes);
    const hash = bytes === null ? null : nodeIn(node, bytes);
    if (hash !== null) return hash;
    throw new WritError(
      "ledger.corrupt",
      `Cannot read the ledger's tree: tile "${name}" is ${
        bytes === null ? "missing" : "too short"
      }`,
      { hint: CORRUPT_HINT },
    );
  }
}
