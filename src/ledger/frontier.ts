/**
 * The frontier of a Merkle tree: the hashes of its largest complete subtrees, which is all that
 * must be known of it for its root, and for that of any larger one.
 *
 * @module
 */
import { type Digest, nodeHash } from "../core/digest.ts";
import { foldNodes, type TreeHead } from "./merkle.ts";

/** The hash of a complete subtree of `2 ** level` leaves. */
export interface Peak {
  level: number;
  hash: Digest;
}

/** A tree that grows leaf by leaf, at one hash each on average. */
export class Frontier {
  #size: number;
  /** Left to right, that is from the largest. */
  readonly #peaks: Peak[];

  /** The tree of so many leaves with these complete subtrees. */
  constructor(size = 0, peaks: readonly Peak[] = []) {
    this.#size = size;
    this.#peaks = [...peaks];
  }

  /** How many leaves the tree has. */
  get size(): number {
    return this.#size;
  }

  /** Size and root of the tree. */
  get head(): TreeHead {
    const root = foldNodes(this.#peaks.map(({ hash }) => hash));
    return { size: this.#size, root };
  }

  /** Another frontier, which grows by itself. */
  copy(): Frontier {
    return new Frontier(this.#size, this.#peaks);
  }

  /** Adds a leaf, and gives the complete subtrees that end with it, from the leaf up. */
  add(leaf: Digest): Peak[] {
    let peak: Peak = { level: 0, hash: leaf };
    const completed = [peak];
    while (this.#peaks.at(-1)?.level === peak.level) {
      const { hash } = this.#peaks.pop()!;
      peak = { level: peak.level + 1, hash: nodeHash(hash, peak.hash) };
      completed.push(peak);
    }
    this.#peaks.push(peak);
    this.#size++;
    return completed;
  }
}
