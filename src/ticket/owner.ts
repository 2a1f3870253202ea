/**
 * Owners of keys, by name.
 *
 * @module
 */

/** The name of a requester who gave none: whoever may write the workspace. */
export const UNNAMED = "workspace";

/** Whether two names are one owner's. Case, width and surrounding space make no second person. */
export function sameOwner(a: string, b: string): boolean {
  return folded(a) === folded(b);
}

/** One representative of all the ways to write an owner's name. */
export function folded(owner: string): string {
  return owner.normalize("NFKC").trim().replace(/\s+/gu, " ").toLowerCase()
    .normalize("NFKC");
}
