/**
 * Builds a product from blobs in a new place, and tells whether it is still what was built.
 *
 * Edge: files.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { joinPath, parentOf } from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import type { BlobStore } from "../evidence/blobs.ts";
import { breaks } from "../evidence/breaks.ts";
import { staysInside } from "../evidence/entries.ts";
import { linkText } from "../evidence/stage.ts";
import { lookAt } from "../plan/open_regular.ts";
import type { PublishedProduct } from "./publish_paths.ts";
import { type Identity, identityOf, type Place } from "./publish_place.ts";

/** All that was made of a product, by its path there, links with their text; `.` is itself. */
export type Built = Map<string, Identity>;

/**
 * Builds a product at `root`, where nothing is yet. Entries have been checked; links are made
 * last, so nothing is written through one.
 *
 * @throws {WritError} `publish.unsafe`, `evidence.corrupt`
 */
export async function buildProduct(
  place: Place,
  root: string,
  product: PublishedProduct,
  blobs: BlobStore,
): Promise<Built> {
  const rest = breaks();
  const built: Built = new Map();
  const links = await linksOf(product, blobs);
  const makeFile = async ({ path, mode, digest }: Entry) => {
    const made = await place.makeFile(
      joinPath(root, path),
      (fd) => blobs.copyInto(digest, fd, modeOf(mode), null),
    );
    built.set(path, made);
  };
  const ensure = async (folder: string) => {
    if (built.has(folder)) return;
    if (folder !== ".") await ensure(parentOf(folder));
    built.set(folder, await place.makeFolder(joinPath(root, folder)));
  };
  const [first] = product.entries;
  if (first?.path === "." && first.mode !== "040000") {
    await makeFile(first);
    return built;
  }
  await ensure(".");
  for (const entry of product.entries) {
    await ensure(entry.mode === "040000" ? entry.path : parentOf(entry.path));
    if (FILES.includes(entry.mode)) await makeFile(entry);
    await rest();
  }
  for (const [path, text] of links) {
    const made = await place.makeLink(joinPath(root, path), text);
    built.set(path, `${made} ${text}`);
  }
  return built;
}

type Entry = PublishedProduct["entries"][number];

const FILES: readonly string[] = ["100644", "100755"];

/**
 * Requires that at `root` lies what was built there, and nothing else with it.
 *
 * @throws {WritError} `publish.unsafe`
 */
export function requireBuilt(place: Place, root: string, built: Built): void {
  let found = 1;
  for (const [path, identity] of built) {
    const at = joinPath(root, path);
    const info = lookAt(place.at(at));
    const text = info?.isSymlink ? ` ${Deno.readLinkSync(place.at(at))}` : "";
    if (info === null || `${identityOf(info)}${text}` !== identity) {
      throw changed(at, "something else was put in its place");
    }
    if (info.isDirectory) found += [...Deno.readDirSync(place.at(at))].length;
  }
  if (found !== built.size) throw changed(root, "something was put into it");
}

function changed(path: string, why: string): WritError {
  return new WritError(
    "publish.unsafe",
    `Cannot publish by way of ${quoted(path, 200)}: ${why}`,
  );
}

function modeOf(mode: string): number {
  return mode === "100755" ? 0o755 : 0o644;
}

async function linksOf(
  product: PublishedProduct,
  blobs: BlobStore,
): Promise<Map<string, string>> {
  const links = new Map<string, string>();
  for (const { path, mode, digest } of product.entries) {
    if (mode === "120000") {
      links.set(path, await linkText(blobs, path, digest));
    }
  }
  for (const [path, text] of links) {
    if (staysInside(path, links)) continue;
    throw new WritError(
      "publish.unsafe",
      `Cannot publish ${quoted(product.path, 200)}: its link ${
        quoted(path, 200)
      } leads to ${quoted(text, 200)}, which is not inside it`,
    );
  }
  return links;
}
