/**
 * What the entries of a tree may be, before anything is made of them on disk. They may come
 * from anyone: from a listing, a bundle, a step.
 *
 * @module
 */
import { parentOf } from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import type { TreeEntry } from "../core/tree.ts";

/** What is wrong with entries, as the end of a sentence; `null` when nothing is. */
export function entriesFault(entries: readonly TreeEntry[]): string | null {
  const paths = new Set<string>();
  for (const { path } of entries) {
    const fault = pathFault(path);
    if (fault !== null) return fault;
    if (paths.has(path)) return `${quoted(path)} comes twice`;
    paths.add(path);
  }
  if (paths.has(".") && paths.size > 1) {
    return `it is one file and holds others`;
  }
  const folders = new Set<string>();
  for (const path of paths) {
    for (let at = path; (at = parentOf(at)) !== "." && !folders.has(at);) {
      if (paths.has(at)) {
        return `${quoted(path)} lies beneath ${quoted(at)}, no folder`;
      }
      folders.add(at);
    }
  }
  return null;
}

function pathFault(path: string): string | null {
  if (path === ".") return null;
  if (path.includes("\0") || !path.isWellFormed()) {
    return `${quoted(path)} is no path`;
  }
  const bad = path.split("/").some((segment) =>
    segment === "" || segment === "." || segment === ".."
  );
  return bad ? `${quoted(path)} is no path that stays inside` : null;
}

/** Links are followed this often at most (Linux: 40). */
const MOST_HOPS = 40;

/**
 * Whether following a link never leaves the root that its path is relative to, whatever links
 * it meets. `links` has the target of every link by path.
 */
export function staysInside(
  path: string,
  links: ReadonlyMap<string, string>,
): boolean {
  const at = path.split("/");
  const todo: string[] = [];
  let next = links.get(path);
  for (let hops = 0;;) {
    if (next !== undefined) {
      if (next.startsWith("/") || ++hops > MOST_HOPS) return false;
      at.pop();
      todo.push(...next.split("/").reverse());
    }
    const segment = todo.pop();
    if (segment === undefined) return true;
    next = undefined;
    if (segment === "" || segment === ".") continue;
    if (segment === "..") {
      if (at.pop() === undefined) return false;
      continue;
    }
    at.push(segment);
    next = links.get(at.join("/"));
  }
}
