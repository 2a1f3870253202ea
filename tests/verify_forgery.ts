/**
 * What an attacker without keys can do to a bundle.
 *
 * @module
 */
import { type Bundle, BUNDLE_FILES } from "../src/bundle/bundle.ts";
import { withIndex } from "../src/bundle/bundle_index.ts";
import { joinLines, splitLines } from "../src/bundle/lines.ts";
import { canonicalBytes } from "../src/core/canonical_json.ts";
import { leafHash } from "../src/core/digest.ts";
import type { Receipt } from "../src/ledger/receipt.ts";
import {
  asBundle,
  bundleFiles,
  type Changes,
  KEYS,
  RUN,
} from "./verify_fixtures.ts";
import { relisted } from "./verify_rows.ts";

type Name = keyof typeof BUNDLE_FILES;

/** A bundle that the attacker made whole, without the ledger's key, with some files of the true one. */
export function forged(
  changes: Changes,
  ...keep: Name[]
): () => Promise<Bundle> {
  return async () => {
    const good = await bundleFiles();
    const files = await bundleFiles({ ledgerKey: KEYS.mallory, ...changes });
    for (const name of keep) {
      files.set(BUNDLE_FILES[name], good.get(BUNDLE_FILES[name])!);
    }
    return asBundle(withIndex(files, changes.run ?? RUN));
  };
}

/** Changes the list of receipts, and chains them again. */
export function rechained(
  change: (receipts: Receipt[]) => Receipt[],
): () => Promise<Bundle> {
  return relisted((files) => {
    const receipts = change(receiptsOf(files));
    let prev: Receipt["prev"] = null;
    const lines = receipts.map((receipt, seq) => {
      const bytes = canonicalBytes({ ...receipt, seq, prev });
      prev = leafHash(bytes);
      return bytes;
    });
    files.set(BUNDLE_FILES.receipts, joinLines(lines));
  });
}

/** Changes the lines of receipts, and leaves them unchained. */
export function unchained(
  change: (lines: Uint8Array[]) => Uint8Array[],
): () => Promise<Bundle> {
  return relisted((files) => {
    const { lines } = splitLines(files.get(BUNDLE_FILES.receipts)!);
    files.set(BUNDLE_FILES.receipts, joinLines(change(lines)));
  });
}

function receiptsOf(files: ReadonlyMap<string, Uint8Array>): Receipt[] {
  return splitLines(files.get(BUNDLE_FILES.receipts)!).lines.map((line) =>
    JSON.parse(new TextDecoder().decode(line))
  );
}
