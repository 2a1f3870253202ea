/**
 * Paths of the workspace: relative, with `/`, without `.` and `..` segments; `.` is the root.
 *
 * @module
 */

/** Whether `path` is `folder` or lies beneath it, trailing slashes aside. Every path lies beneath `.`. */
export function isWithin(path: string, folder: string): boolean {
  const top = withoutSlash(folder);
  return top === "." || path === top || path.startsWith(`${top}/`);
}

/** Whether one of two paths lies within the other. */
export function overlaps(a: string, b: string): boolean {
  return isWithin(a, b) || isWithin(b, a);
}

/** Whether an absolute path is `folder` or lies beneath it. */
export function isBeneath(path: string, folder: string): boolean {
  return path === folder || folder === "/" || path.startsWith(`${folder}/`);
}

/** A path in a folder; `.` is the folder itself, or the root. */
export function joinPath(folder: string, path: string): string {
  if (path === ".") return folder;
  return folder === "." ? path : `${folder}/${path}`;
}

/** The folder that a path lies in; of a name alone, and of the root, the root. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash === -1 ? "." : path.slice(0, slash);
}

/** The folders above a path, the nearest first, without the root. */
export function foldersAbove(path: string): string[] {
  const above: string[] = [];
  for (
    let slash = path.lastIndexOf("/");
    slash > 0;
    slash = path.lastIndexOf("/", slash - 1)
  ) above.push(path.slice(0, slash));
  return above;
}

/** A path, the folders above it, the nearest first, and the root. */
export function holders(path: string): string[] {
  return path === "." ? ["."] : [path, ...foldersAbove(path), "."];
}

/** A path without a trailing `/`. */
export function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

/** What is wrong with a path that an author wrote. */
export type PathFault =
  | "empty"
  | "absolute"
  | "outside the workspace"
  | "holds a comma"
  | "holds a pattern character"
  | "holds a control character"
  | "holds a character that is not valid Unicode"
  | "holds a backslash";

/**
 * Brings an author's path to the one form that Writ uses, or says what is wrong with it.
 * `./a/../b/` becomes `b/`: a trailing slash is kept.
 */
export function normalizePath(
  path: string,
): { path: string } | { fault: PathFault } {
  if (path === "") return { fault: "empty" };
  if (path.startsWith("/")) return { fault: "absolute" };
  // Deno's permission flags split at commas, and take some characters as patterns.
  if (path.includes(",")) return { fault: "holds a comma" };
  if (path.includes("*")) return { fault: "holds a pattern character" };
  if (path.includes("\\")) return { fault: "holds a backslash" };
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(path)) {
    return { fault: "holds a control character" };
  }
  if (path.includes("\ufffd") || !path.isWellFormed()) {
    return { fault: "holds a character that is not valid Unicode" };
  }
  const out: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") {
      if (out.length === 0) return { fault: "outside the workspace" };
      out.pop();
    } else out.push(segment);
  }
  if (out.length === 0) return { path: "." };
  return { path: out.join("/") + (path.endsWith("/") ? "/" : "") };
}
