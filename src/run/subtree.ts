/**
 * A part of a product, as a later step reads it.
 *
 * @module
 */
import { isWithin } from "../core/paths.ts";
import { type TreeEntry, treeRoot } from "../core/tree.ts";
import type { Digest } from "../core/digest.ts";
import type { Listed } from "./attempt.ts";

/**
 * What lies at `path` of a product; `null` when `path` is not within it or nothing is there.
 *
 * @param sizeOf the size of a blob, bytes
 */
export function subtree(
  product: Listed,
  path: string,
  sizeOf: (digest: Digest) => number,
): Listed | null {
  if (path === product.path) return product;
  if (!isWithin(path, product.path)) return null;
  const below = product.path === "."
    ? path
    : path.slice(product.path.length + 1);
  const entries = product.entries.flatMap((entry): TreeEntry[] => {
    if (entry.path === below) {
      return entry.mode === "040000" ? [] : [{ ...entry, path: "." }];
    }
    return entry.path.startsWith(`${below}/`)
      ? [{ ...entry, path: entry.path.slice(below.length + 1) }]
      : [];
  });
  const there = entries.length > 0 ||
    product.entries.some((entry) => entry.path === below);
  if (!there) return null;
  const files = entries.filter((entry) => entry.mode.startsWith("100"));
  return {
    path,
    tree: treeRoot(entries),
    files: files.length,
    bytes: files.reduce((sum, { digest }) => sum + sizeOf(digest), 0),
    entries,
  };
}
