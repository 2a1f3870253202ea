/**
 * The listing of a tree: its entries as lines of canonical JSON.
 *
 * @module
 */
import { canonicalText, parseCanonical } from "../core/canonical_json.ts";
import type { Digest } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { type TreeEntry, TreeEntrySchema, treeRoot } from "../core/tree.ts";

/** The root of sorted entries, and their listing. */
export function treeText(
  entries: readonly TreeEntry[],
): { root: Digest; text: string } {
  return {
    root: treeRoot(entries),
    text: entries.map((entry) => canonicalText(entry) + "\n").join(""),
  };
}

/**
 * Reads a listing back and recomputes its root.
 *
 * @throws {WritError} `evidence.corrupt`
 */
export function parseTree(root: Digest, text: string): TreeEntry[] {
  const encoder = new TextEncoder();
  let entries: TreeEntry[];
  let found: Digest;
  try {
    entries = text.split("\n").slice(0, -1).map((line) =>
      TreeEntrySchema.parse(parseCanonical(encoder.encode(line), "an entry"))
    );
    found = treeRoot(entries);
  } catch (cause) {
    throw new WritError(
      "evidence.corrupt",
      `Cannot read tree ${root}: its listing is damaged`,
      { cause },
    );
  }
  if (found !== root || (text !== "" && !text.endsWith("\n"))) {
    throw new WritError(
      "evidence.corrupt",
      `Cannot read tree ${root}: its listing has the root ${found}`,
    );
  }
  return entries;
}
