/**
 * Checking a ledger's Merkle tree and its checkpoints against the entries.
 *
 * @module
 */
import { sameBytes } from "../core/same_bytes.ts";
import type { Digest } from "../core/digest.ts";
import { isWritError } from "../core/errors.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { failing, type LedgerFault } from "./ledger_fault.ts";
import { Frontier } from "./frontier.ts";
import type { TreeHead } from "./merkle.ts";
import type { Store } from "./store.ts";
import { tileName } from "./tile.ts";
import { latestCheckpoint, treeOf } from "./tree_book.ts";
import { TreeEdge } from "./tree_edge.ts";
import type { TreeReader } from "./tree_reader.ts";

/** Makes a ledger's tree again from its entries, as they are read, and holds what is kept against it. */
export class TreeCheck {
  readonly #store: Store;
  readonly #ledger: Digest;
  readonly #publicKey: Uint8Array;
  readonly #reader: TreeReader;
  readonly #frontier = new Frontier();
  /** The root that the tree had when it was of the size of a closing's checkpoint. */
  readonly #roots = new Map<number, Digest>();
  #edge: TreeEdge = TreeEdge.EMPTY;

  constructor(store: Store, ledger: Digest, publicKey: Uint8Array) {
    this.#store = store;
    this.#ledger = ledger;
    this.#publicKey = publicKey;
    this.#reader = treeOf(store);
  }

  /** The head of the tree over the entries so far. */
  get head(): TreeHead {
    return this.#edge.head;
  }

  /**
   * Adds the next entries: the tiles that they give must be those that are kept.
   *
   * @param closings which of them close a run, by `seq`
   */
  async add(
    leaves: readonly Digest[],
    closings: ReadonlySet<number>,
  ): Promise<LedgerFault[]> {
    for (const leaf of leaves) {
      this.#frontier.add(leaf);
      const { size } = this.#frontier;
      if (closings.has(size - 1)) {
        this.#roots.set(size, this.#frontier.head.root);
      }
    }
    const { edge, tiles } = this.#edge.append(leaves);
    this.#edge = edge;
    const faults: LedgerFault[] = [];
    for (const tile of tiles) {
      const name = tileName(tile);
      const kept = await this.#store.get("tile", name);
      // Others may have written since: then it holds more.
      const begins = kept?.subarray(0, tile.bytes.length) ?? null;
      if (sameBytes(begins, tile.bytes)) continue;
      const message = `tile "${name}" of the tree is not that of the entries`;
      faults.push({ code: "tree.differs", message });
    }
    return faults;
  }

  /** The newest checkpoint: its size, `null` when there is none or it is none. */
  async latest(): Promise<{ size: number | null; faults: LedgerFault[] }> {
    const bytes = await latestCheckpoint(this.#store);
    if (bytes === null) return { size: null, faults: [] };
    return await this.#check(bytes, "the newest checkpoint");
  }

  /** The checkpoint that was signed when a run was closed by the entry `closed`. */
  async ofRun(run: string, closed: number): Promise<LedgerFault[]> {
    const bytes = await this.#store.get("checkpoint", run);
    if (bytes === null) {
      return [{ code: "checkpoint.missing", message: "it has no checkpoint" }];
    }
    const { size, faults } = await this.#check(bytes, "its checkpoint");
    return [
      ...faults,
      ...failing([[
        size === null || size > closed,
        "checkpoint.uncovered",
        `its checkpoint covers ${size} entries, it was closed by entry ${closed}`,
      ]]),
    ];
  }

  async #check(
    bytes: Uint8Array,
    what: string,
  ): Promise<{ size: number | null; faults: LedgerFault[] }> {
    let said: TreeHead;
    try {
      said = await openCheckpoint(bytes, this.#ledger, this.#publicKey, what);
    } catch (error) {
      if (!isWritError(error)) throw error;
      const { message } = error;
      return {
        size: null,
        faults: [{ code: "checkpoint.signature", message }],
      };
    }
    const root = this.#roots.get(said.size);
    const standing = root === undefined
      ? await this.#reader.standing(said, this.#edge.size)
      : root === said.root
      ? "holds"
      : "differs";
    return {
      size: said.size,
      faults: failing([
        [
          standing !== "shorter",
          "checkpoint.cut",
          `${what} was signed over ${said.size} entries, there are ${this.#edge.size}`,
        ],
        [
          standing !== "differs",
          "checkpoint.differs",
          `${what} was signed over other entries than the first ${said.size}`,
        ],
      ]),
    };
  }
}
