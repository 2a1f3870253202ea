/**
 * Which paths of a workspace may be published to.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import {
  isWithin,
  joinPath,
  normalizePath,
  withoutSlash,
} from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import { OWN_FOLDER, POLICY_FOLDER } from "../core/workspace_names.ts";
import type { TreeEntry } from "../core/tree.ts";
import { entriesFault } from "../evidence/entries.ts";

/** What is never published to: `.git` wherever it lies, the others at the root. */
export const NEVER_PUBLISHABLE: readonly string[] = [
  ".git",
  OWN_FOLDER,
  POLICY_FOLDER,
];

/** A product and what it holds. */
export interface PublishedProduct {
  path: string;
  entries: TreeEntry[];
}

/**
 * The products that are moved: paths without a trailing slash; what lies within another
 * product is published with that one.
 *
 * @throws {WritError} `publish.unsafe`
 */
export function requirePublishable(
  products: readonly PublishedProduct[],
): PublishedProduct[] {
  const all = products.map((product) => ({
    ...product,
    path: withoutSlash(product.path),
  }));
  for (const { path, entries } of all) {
    const fault = pathFault(path) ?? entriesFault(entries) ??
      (entries.some((entry) => entry.path === "." && entry.mode === "120000")
        ? "it is a link"
        : null) ??
      entries.map((entry) => guarded(joinPath(path, entry.path))).find((
        fault,
      ) => fault !== null) ?? null;
    if (fault === null) continue;
    throw new WritError(
      "publish.unsafe",
      `Cannot publish ${quoted(path, 200)}: ${fault}`,
    );
  }
  refuseRepositories(all);
  return all.filter(({ path }, index) =>
    !all.some((other, at) =>
      at !== index && isWithin(path, other.path) &&
      (path !== other.path || at < index)
    )
  );
}

/** What makes git take a folder for a repository, whatever its name: the first, and the second or the others. */
const SIGNS = ["HEAD", "commondir", "objects", "refs"];

/**
 * Refuses products that would make a folder a bare repository, together with what `isThere`:
 * whoever then asks git anything in that folder starts the programs that its settings name.
 *
 * @throws {WritError} `publish.unsafe`
 */
export function refuseRepositories(
  products: readonly PublishedProduct[],
  isThere: (path: string) => boolean = () => false,
): void {
  const folders = new Map<string, Set<string>>();
  for (const { path, entries } of products) {
    for (const entry of entries) {
      const names = joinPath(path, entry.path).split("/");
      names.forEach((name, at) => {
        const sign = SIGNS.find((sign) =>
          sign.toLowerCase() === plainName(name)
        );
        if (sign === undefined) return;
        const folder = names.slice(0, at).join("/") || ".";
        folders.set(folder, (folders.get(folder) ?? new Set()).add(sign));
      });
    }
  }
  for (const [folder, signs] of folders) {
    const [head, common, objects, refs] = SIGNS.map((sign) =>
      signs.has(sign) || isThere(joinPath(folder, sign))
    );
    if (!head || !(common || (objects && refs))) continue;
    throw new WritError(
      "publish.unsafe",
      `Cannot publish into ${
        quoted(folder, 200)
      }: it would be a bare git repository, whose settings git executes`,
      { hint: "pack it, with git bundle or tar" },
    );
  }
}

function pathFault(path: string): string | null {
  const normal = normalizePath(path);
  if ("fault" in normal) return `the path ${normal.fault}`;
  if (normal.path !== path) return "the path is not in its plain form";
  if (path === ".") return "it is the whole workspace";
  return guarded(path);
}

function guarded(path: string): string | null {
  const [first, ...rest] = path.split("/").map(plainName);
  const name = NEVER_PUBLISHABLE.includes(first)
    ? first
    : [first, ...rest].includes(".git")
    ? ".git"
    : null;
  return name === null ? null : `${quoted(name)} is never written to`;
}

/** A name as the most forgiving file systems take it: case, trailing dots and invisible characters do not count. */
function plainName(name: string): string {
  const plain = name.replace(/\p{Default_Ignorable_Code_Point}/gu, "")
    .normalize("NFKC").toLowerCase().replace(/:.*$/s, "").replace(/[. ]+$/, "");
  return plain === "git~1" ? ".git" : plain;
}
