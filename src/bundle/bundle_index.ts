/**
 * Makes `bundle.json`, the list of a bundle's files.
 *
 * @module
 */
import { canonicalBytes } from "../core/canonical_json.ts";
import { sha256 } from "../core/digest.ts";
import { BUNDLE_FILES, type BundleIndex } from "./bundle.ts";

/** The index of a run's files, sorted by name in UTF-16 code unit order; `bundle.json` itself is left out. */
export function bundleIndex(
  files: ReadonlyMap<string, Uint8Array>,
  run: string,
): BundleIndex {
  const names = [...files.keys()].filter((name) => name !== BUNDLE_FILES.index);
  return {
    v: 1,
    run,
    files: names.sort().map((name) => {
      const bytes = files.get(name)!;
      return { name, size: bytes.length, digest: sha256(bytes) };
    }),
  };
}

/** The files with the `bundle.json` that lists them. */
export function withIndex(
  files: ReadonlyMap<string, Uint8Array>,
  run: string,
): Map<string, Uint8Array> {
  const out = new Map(files);
  out.set(BUNDLE_FILES.index, canonicalBytes(bundleIndex(files, run)));
  return out;
}
