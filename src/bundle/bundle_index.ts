/**
 * Makes `bundle.json`, the list of a bundle's files.
 *
 * @module
 */
import { canonicalBytes } from "../core/canonical_json.ts";
import { sha256 } from "../core/digest.ts";
import { BUNDLE_FILES, type BundleIndex } from "./bundle.ts";

/** A file as the index lists it. */
export type ListedFile = BundleIndex["files"][number];

/**
 * The index of a run's files, sorted by name in UTF-16 code unit order; `bundle.json` itself is left out.
 *
 * @param gone files that have expired, and are listed as they were
 */
export function bundleIndex(
  files: ReadonlyMap<string, Uint8Array>,
  run: string,
  gone: readonly ListedFile[] = [],
): BundleIndex {
  const listed = [...files].filter(([name]) => name !== BUNDLE_FILES.index)
    .map(([name, bytes]) => ({
      name,
      size: bytes.length,
      digest: sha256(bytes),
    }));
  return {
    v: 1,
    run,
    files: [...listed, ...gone].sort((a, b) => a.name < b.name ? -1 : 1),
  };
}

/** The files with the `bundle.json` that lists them. */
export function withIndex(
  files: ReadonlyMap<string, Uint8Array>,
  run: string,
  gone: readonly ListedFile[] = [],
): Map<string, Uint8Array> {
  const out = new Map(files);
  out.set(BUNDLE_FILES.index, canonicalBytes(bundleIndex(files, run, gone)));
  return out;
}
