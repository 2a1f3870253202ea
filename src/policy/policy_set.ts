/**
 * The policy's text: a Cedar schema and Cedar files, by name.
 *
 * @module
 */
import { type Digest, digestOf, sha256 } from "../core/digest.ts";

const encoder = new TextEncoder();

/** The text of a policy folder. Names are bare file names: one `.cedarschema`, the rest `.cedar`. */
export interface PolicySet {
  /** File name to text. */
  files: Record<string, string>;
}

/** The digest of a policy: over the canonical map of file names to digests of their bytes. */
export function policyDigest(policy: PolicySet): Digest {
  const files = Object.entries(policy.files).map((
    [name, text],
  ) => [name, sha256(encoder.encode(text))]);
  return digestOf({ v: 1, files: Object.fromEntries(files) });
}
