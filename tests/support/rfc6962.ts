/**
 * The Merkle tree as RFC 6962 section 2.1 and RFC 9162 sections 2.1.3.2 and 2.1.4.2 spell it,
 * word for word and slow: what ours is held against.
 */
import { createHash } from "node:crypto";

/** A hash, as hex. */
export type Hex = string;

export function node(left: Hex, right: Hex): Hex {
  return createHash("sha256").update(
    Uint8Array.fromHex(`01${left}${right}`),
  ).digest("hex");
}

/** MTH(D[n]) */
export function treeHash(leaves: readonly Hex[]): Hex {
  const n = leaves.length;
  if (n === 0) return createHash("sha256").digest("hex");
  if (n === 1) return leaves[0];
  const k = below(n);
  return node(treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
}

/** PATH(m, D[n]) */
export function path(m: number, leaves: readonly Hex[]): Hex[] {
  const n = leaves.length;
  if (n === 1) return [];
  const k = below(n);
  return m < k
    ? [...path(m, leaves.slice(0, k)), treeHash(leaves.slice(k))]
    : [...path(m - k, leaves.slice(k)), treeHash(leaves.slice(0, k))];
}

/** PROOF(m, D[n]) */
export function proof(m: number, leaves: readonly Hex[]): Hex[] {
  return subproof(m, leaves, true);
}

function subproof(m: number, leaves: readonly Hex[], whole: boolean): Hex[] {
  const n = leaves.length;
  if (m === n) return whole ? [] : [treeHash(leaves)];
  const k = below(n);
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), whole), treeHash(leaves.slice(k))]
    : [
      ...subproof(m - k, leaves.slice(k), false),
      treeHash(leaves.slice(0, k)),
    ];
}

/** RFC 9162 section 2.1.3.2 */
export function inclusionHolds(
  leaf: Hex,
  index: number,
  size: number,
  root: Hex,
  proof: readonly Hex[],
): boolean {
  if (index >= size) return false;
  let fn = index;
  let sn = size - 1;
  let r = leaf;
  for (const p of proof) {
    if (sn === 0) return false;
    if (fn & 1 || fn === sn) {
      r = node(p, r);
      while (!(fn & 1) && fn !== 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else r = node(r, p);
    fn >>= 1;
    sn >>= 1;
  }
  return sn === 0 && r === root;
}

/** RFC 9162 section 2.1.4.2 */
export function consistencyHolds(
  first: { size: number; root: Hex },
  second: { size: number; root: Hex },
  proof: readonly Hex[],
): boolean {
  if (first.size === second.size) {
    return proof.length === 0 && first.root === second.root;
  }
  if (proof.length === 0) return false;
  const isPower = (first.size & (first.size - 1)) === 0;
  const list = isPower ? [first.root, ...proof] : [...proof];
  let fn = first.size - 1;
  let sn = second.size - 1;
  while (fn & 1) {
    fn >>= 1;
    sn >>= 1;
  }
  let fr = list[0];
  let sr = list[0];
  for (const c of list.slice(1)) {
    if (sn === 0) return false;
    if (fn & 1 || fn === sn) {
      fr = node(c, fr);
      sr = node(c, sr);
      while (!(fn & 1) && fn !== 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else sr = node(sr, c);
    fn >>= 1;
    sn >>= 1;
  }
  return sn === 0 && fr === first.root && sr === second.root;
}

function below(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
