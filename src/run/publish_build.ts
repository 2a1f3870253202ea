/**
 * Builds a product from blobs in a new place.
 *
 * Edge: files.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { parentOf } from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import type { BlobStore } from "../evidence/blobs.ts";
import { breaks } from "../evidence/breaks.ts";
import { staysInside } from "../evidence/entries.ts";
import { linkText } from "../evidence/stage.ts";
import type { PublishedProduct } from "./publish_paths.ts";

/**
 * Builds a product at `target`, where nothing is yet. Entries have been checked; links are made
 * last, so nothing is written through one.
 *
 * @throws {WritError} `publish.unsafe`, `evidence.corrupt`
 */
export async function buildProduct(
  target: string,
  product: PublishedProduct,
  blobs: BlobStore,
): Promise<void> {
  const rest = breaks();
  const links = await linksOf(product, blobs);
  const single = product.entries.find(({ path, mode }) =>
    path === "." && mode !== "040000"
  );
  if (single !== undefined) {
    blobs.copyTo(single.digest, target, modeOf(single.mode), null);
    return;
  }
  const folders = new Set<string>(["."]);
  Deno.mkdirSync(target);
  const ensure = (folder: string) => {
    if (folders.has(folder)) return;
    ensure(parentOf(folder));
    Deno.mkdirSync(`${target}/${folder}`);
    folders.add(folder);
  };
  for (const { path, mode, digest } of product.entries) {
    if (mode === "040000") ensure(path);
    else {
      ensure(parentOf(path));
      if (mode === "120000") continue;
      blobs.copyTo(digest, `${target}/${path}`, modeOf(mode), null);
    }
    await rest();
  }
  for (const [path, text] of links) {
    Deno.symlinkSync(text, `${target}/${path}`);
  }
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
