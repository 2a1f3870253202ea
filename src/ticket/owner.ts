/**
 * Owners of keys, by name, and the person behind each.
 *
 * An owner may have several keys with names of their own, after a slash: `ada`, `ada/laptop`,
 * `ada/ledger`. Whoever answers for all of them is one person, and what wants another person is
 * not had by another of their names.
 *
 * @module
 */

/** The name of a requester who gave none: whoever may write the workspace. */
export const UNNAMED_ID = "workspace";

/** Whether two names are one owner's. Case, width and surrounding space make no second owner. */
export function sameOwner(a: string, b: string): boolean {
  return folded(a) === folded(b);
}

/** Whether two owners are one person. */
export function samePerson(a: string, b: string): boolean {
  return personOf(a) === personOf(b);
}

/**
 * The person of an owner, as one representative of all the ways to write their name: what is
 * before the first slash, and where nothing is, after it; `""` for a name of slashes only.
 */
export function personOf(owner: string): string {
  // Width is folded first: a wide slash is one as well.
  const names = folded(owner).split("/").map((name) => name.trim());
  return names.find((name) => name !== "") ?? "";
}

/** Whether a name says whose it is: something is before its first slash. */
export function namesPerson(owner: string): boolean {
  return folded(owner.normalize("NFKC").split("/")[0]) !== "";
}

/** One representative of all the ways to write an owner's name. */
export function folded(owner: string): string {
  return owner.normalize("NFKC").trim().replace(/\s+/gu, " ").toLowerCase()
    .normalize("NFKC");
}
