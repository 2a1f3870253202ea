/**
 * Names of files in a bundle: relative, with `/`, the same file on every system.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";

/** Where the bundles of a workspace lie, each in a folder called as its run. */
export const RUNS = ".writ/runs";

/** How the mark of a run begins that lies beside the bundles until the run has its own. */
export const OPEN_MARK = ".open-";

/** The folder of captured bytes, by the digest of their content. */
export const EVIDENCE_FOLDER = "evidence/sha256/";

/** The folder of the policy's text. */
export const BUNDLE_POLICY = "policy/";

/** The folder of the makers of cached steps: `cached/<run id>/` holds their plan, receipts and seal. */
export const CACHED_FOLDER = "cached/";

/** The longest name, in UTF-16 code units. */
const MAX_NAME = 1024;

/** The name of captured bytes: `evidence/sha256/<64 hex digits>`. */
export function evidenceName(digest: Digest): string {
  return EVIDENCE_FOLDER + digest.slice("sha256:".length);
}

/**
 * What is wrong with a name, or `null`. A name that passes stays inside the folder and
 * shows on a terminal as what it is.
 */
export function bundleNameFault(name: string): string | null {
  if (name === "") return "it is empty";
  if (name.length > MAX_NAME) return `it is longer than ${MAX_NAME} characters`;
  if (!name.isWellFormed() || name.includes("\ufffd")) {
    return "it is not valid Unicode";
  }
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name)) {
    return "it holds a control character";
  }
  if (name.includes("\\")) return "it holds a backslash";
  const segments = name.split("/");
  if (segments[0] === "") return "it is absolute";
  if (segments.includes("..") || segments.includes(".")) {
    return 'it holds a "." or ".." segment';
  }
  if (segments.includes("")) return "it holds an empty segment";
  return null;
}
