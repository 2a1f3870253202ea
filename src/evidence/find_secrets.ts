/**
 * Looks for secrets in what a step made, before any of it is stored.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path/join";
import { BETWEEN, type Secrets } from "./redact_known.ts";
import { targetOf } from "./link_target.ts";
import { Search } from "./search.ts";
import { secretForms } from "./secret_forms.ts";
import { isBeneathFolders, lookIfNamed, namesIn, reach } from "./step_names.ts";

const PIECE = 256 * 1024;

/**
 * The files below `folder/path` that hold a secret in any form, or are named by one; paths relative to
 * `folder`. No link is followed, at a path or above it. What cannot be listed or opened is left to
 * collecting, which refuses it.
 */
export function findSecrets(
  folder: string,
  paths: readonly string[],
  secrets: Secrets,
): string[] {
  if (secrets.size === 0) return [];
  const searches = [...secrets.values()].map(secretForms).flatMap((
    { plain, encoded },
  ) => [new Search(plain), new Search(encoded, BETWEEN)]);
  const found: string[] = [];
  const waiting = paths.filter((path) =>
    isBeneathFolders(folder, path) && lookIfNamed(join(folder, path)) !== null
  );
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const at = join(folder, path);
    const info = lookIfNamed(at);
    if (info?.isDirectory) {
      for (const name of namesIn(at)) waiting.push(`${path}/${name}`);
    }
    if (
      holds(searches, [bytesOf(path)]) ||
      (info?.isSymlink && holds(searches, [bytesOf(targetOf(at))])) ||
      (info?.isFile && holds(searches, pieces(at)))
    ) found.push(path);
  }
  return found.sort();
}

function holds(
  searches: readonly Search[],
  stream: Iterable<Uint8Array>,
): boolean {
  for (const search of searches) search.reset();
  for (const piece of stream) {
    if (searches.some((search) => search.take(piece).length > 0)) return true;
  }
  return false;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function* pieces(path: string): Iterable<Uint8Array> {
  using file = reach(() => Deno.openSync(path));
  if (file === null) return;
  const buffer = new Uint8Array(PIECE);
  for (
    let count = file.readSync(buffer);
    count !== null;
    count = file.readSync(buffer)
  ) yield buffer.subarray(0, count);
}
