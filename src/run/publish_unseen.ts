/**
 * What a product would take away though its step knew nothing of it: what it was kept from, and what
 * somebody has changed since it began. Neither is in any blob; it would be lost.
 *
 * Edge: files, read only.
 *
 * @module
 */
import { type Digest, sha256 } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { isWithin, joinPath, withoutSlash } from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import { targetOf } from "../evidence/link_target.ts";
import { readOne } from "../evidence/read_one.ts";
import { lookAt } from "../plan/open_regular.ts";
import type { PublishedProduct } from "./publish_paths.ts";
import type { Place } from "./publish_place.ts";

/** Kept from every step, wherever it lies. */
const REPOSITORY = ".git";

/**
 * Refuses products that would take away what the step was not shown: `unseen` are what its pipeline
 * denies it, and its scratch.
 *
 * @throws {WritError} `publish.unsafe`
 */
export function refuseUnseen(
  place: Place,
  products: readonly string[],
  unseen: readonly string[],
): void {
  for (const product of products) {
    const lost = unseen.map(withoutSlash).find((path) =>
      path !== product && isWithin(path, product) && place.has(path)
    ) ?? repositoryIn(place, product);
    if (lost === undefined) {
      continue;
    }
    throw new WritError(
      "publish.unsafe",
      `Cannot publish ${quoted(product, 200)}: ${
        quoted(lost, 200)
      } lies in it, which the step was not shown, and would be lost`,
      {
        hint:
          "move that elsewhere and put it back afterwards; or let the step write only what it makes, and not the folder above",
      },
    );
  }
}

function repositoryIn(place: Place, product: string): string | undefined {
  for (const { path, name } of allIn(place, product)) {
    if (name === REPOSITORY) return path;
  }
}

/** What lies in a folder, at any depth, by path of the workspace; links are not followed. */
function* allIn(
  place: Place,
  root: string,
): Generator<Deno.DirEntry & { path: string }> {
  const folders = lookAt(place.at(root))?.isDirectory ? [root] : [];
  for (let folder; (folder = folders.pop()) !== undefined;) {
    for (const entry of Deno.readDirSync(place.at(folder))) {
      const path = joinPath(folder, entry.name);
      yield { ...entry, path };
      if (entry.isDirectory) folders.push(path);
    }
  }
}

/**
 * Refuses products that would take away what has changed since their step began: what lies there now
 * must be what the step was given (`given`, by path of the workspace), or what it wrote.
 *
 * @throws {WritError} `publish.unsafe`
 */
export function refuseChanged(
  place: Place,
  products: readonly PublishedProduct[],
  given: readonly PublishedProduct[],
): void {
  for (const product of products) {
    const began = given.filter(({ path }) => isWithin(path, product.path));
    if (began.length === 0) continue;
    const known = [...began, product].map(digestsOf);
    for (const path of filesIn(place, product.path)) {
      if (!began.some((each) => isWithin(path, each.path))) continue;
      const digest = digestAt(place.at(path));
      if (known.some((digests) => digests.get(path) === digest)) continue;
      throw new WritError(
        "publish.unsafe",
        `Cannot publish ${quoted(product.path, 200)}: ${
          quoted(path, 200)
        } was changed while the step ran, and that would be lost`,
        {
          hint:
            "put your change elsewhere and what was there back; after the run bring it in again",
        },
      );
    }
  }
}

function digestsOf({ path, entries }: PublishedProduct): Map<string, Digest> {
  return new Map(
    entries.map((entry) => [joinPath(path, entry.path), entry.digest]),
  );
}

/** Files and links, by path of the workspace. */
function* filesIn(place: Place, root: string): Generator<string> {
  const info = lookAt(place.at(root));
  if (info !== null && !info.isDirectory) yield root;
  for (const { path, isDirectory } of allIn(place, root)) {
    if (!isDirectory) yield path;
  }
}

/** `null` for what is neither a file nor a link. */
function digestAt(path: string): Digest | null {
  const info = lookAt(path);
  if (info?.isSymlink) return sha256(new TextEncoder().encode(targetOf(path)));
  return info?.isFile
    ? readOne(path, null, { code: "publish.unsafe" }).digest
    : null;
}
