/**
 * The ledger's Merkle tree (RFC 6962 section 2.1, RFC 9162 section 2.1): which subtrees a proof
 * is made of, as data, and what a proof proves. Leaves are the hashes of the ledger's entries.
 *
 * @module
 */
import {
  type Digest,
  EMPTY_DIGEST,
  isDigest,
  nodeHash,
} from "../core/digest.ts";

/** The head of a tree. */
export interface TreeHead {
  /** How many leaves. */
  size: number;
  /** The hash over all of them (RFC 6962 section 2.1). */
  root: Digest;
}

/** The head of the tree without leaves: its root is the SHA-256 of nothing. */
export const EMPTY_TREE: TreeHead = { size: 0, root: EMPTY_DIGEST };

/** The leaves from `from` on and before `to`: a subtree of a tree that is not empty. */
export interface Subtree {
  from: number;
  to: number;
}

/** A subtree of `2 ** level` leaves that are all there: the `index`-th of these, from 0. */
export interface TreeNode {
  level: number;
  index: number;
}

/**
 * The subtrees whose hashes prove that a leaf is in a tree, from the leaf up
 * (RFC 9162 section 2.1.3.1).
 *
 * @throws {RangeError} when the tree has no such leaf
 */
export function inclusionSubtrees(index: number, size: number): Subtree[] {
  mustCount(index, size);
  if (index >= size) throw new RangeError(`A tree of ${size} has no ${index}`);
  const path: Subtree[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + split(to - from);
    const isLeft = index < middle;
    path.push(isLeft ? { from: middle, to } : { from, to: middle });
    if (isLeft) to = middle;
    else from = middle;
  }
  return path.reverse();
}

/**
 * The subtrees whose hashes prove that a tree of `before` leaves grew to one of `size`
 * (RFC 9162 section 2.1.4.1).
 *
 * @throws {RangeError} when `before` is 0 or larger than `size`
 */
export function consistencySubtrees(before: number, size: number): Subtree[] {
  mustCount(before, size);
  if (before === 0 || before > size) {
    throw new RangeError(`A tree of ${before} cannot grow to ${size}`);
  }
  const path: Subtree[] = [];
  let [from, to] = [0, size];
  while (to !== before) {
    const middle = from + split(to - from);
    if (before <= middle) {
      path.push({ from: middle, to });
      to = middle;
    } else {
      path.push({ from, to: middle });
      from = middle;
    }
  }
  // The old tree itself is known to whoever asks; a part of it is not.
  if (from > 0) path.push({ from, to });
  return path.reverse();
}

/** The complete subtrees that a subtree is made of, left to right. */
export function completeNodes({ from, to }: Subtree): TreeNode[] {
  const nodes: TreeNode[] = [];
  while (from < to) {
    let level = 0;
    while (2 ** (level + 1) <= to - from) level++;
    nodes.push({ level, index: from / 2 ** level });
    from += 2 ** level;
  }
  return nodes;
}

/** The hash of a subtree, from those of its complete subtrees, left to right. */
export function foldNodes(hashes: readonly Digest[]): Digest {
  return hashes.length === 0
    ? EMPTY_DIGEST
    : hashes.reduceRight((right, left) => nodeHash(left, right));
}

/** Whether a proof shows that the leaf with this hash and index is in the tree (RFC 9162 section 2.1.3.2). */
export function verifyInclusion(
  leaf: Digest,
  index: number,
  head: TreeHead,
  proof: readonly Digest[],
): boolean {
  if (!isCount(index) || !isCount(head.size) || index >= head.size) {
    return false;
  }
  const path = inclusionSubtrees(index, head.size);
  if (!isDigest(leaf) || proof.length !== path.length) return false;
  const root = path.reduce(
    (hash, { from }, i) =>
      from > index ? nodeHash(hash, proof[i]) : nodeHash(proof[i], hash),
    leaf,
  );
  return root === head.root;
}

/**
 * Whether a proof shows that one tree is the beginning of the other (RFC 9162 section 2.1.4.2).
 * Every tree begins with the one of no leaves: about that one nothing can be proved, and it is
 * refused.
 */
export function verifyConsistency(
  before: TreeHead,
  head: TreeHead,
  proof: readonly Digest[],
): boolean {
  if (
    !isCount(before.size) || !isCount(head.size) || before.size === 0 ||
    before.size > head.size
  ) return false;
  const path = consistencySubtrees(before.size, head.size);
  if (proof.length !== path.length) return false;
  const isPartOfOld = ({ to }: Subtree) => to <= before.size;
  // What is common to both trees at the old one's right edge.
  const known = path.length > 0 && isPartOfOld(path[0]) ? 1 : 0;
  let old = known === 1 ? proof[0] : before.root;
  let now = old;
  for (let i = known; i < path.length; i++) {
    if (isPartOfOld(path[i])) {
      old = nodeHash(proof[i], old);
      now = nodeHash(proof[i], now);
    } else {
      now = nodeHash(now, proof[i]);
    }
  }
  return old === before.root && now === head.root;
}

/** The largest power of two below a number of leaves, which is more than one. */
function split(leaves: number): number {
  let half = 1;
  while (half * 2 < leaves) half *= 2;
  return half;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function mustCount(...values: number[]): void {
  if (!values.every(isCount)) throw new RangeError(`${values} are no counts`);
}
