/**
 * The file that was probably meant by a path where none is.
 *
 * Edge: reads a folder.
 *
 * @module
 */
import { basename } from "@std/path/basename";
import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import { nearest } from "../core/nearest.ts";
import { quoted } from "../core/printable.ts";

/**
 * `Did you mean "x"?` by the names beside it; `undefined` where none is near.
 *
 * @param path absolute
 * @param shown how the user named it
 */
export async function nearFile(
  path: string,
  shown: string,
): Promise<string | undefined> {
  const folder = dirname(path);
  // For a hint nobody is asked for a permission.
  const leave = await Deno.permissions.query({ name: "read", path: folder });
  if (leave.state !== "granted") return undefined;
  const near = nearest(basename(path), await fileNames(folder));
  return near === undefined
    ? undefined
    : `Did you mean ${quoted(join(dirname(shown), near), 200)}?`;
}

/** Names of a folder but for its folders, sorted; none of a folder that cannot be read. */
async function fileNames(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder)))
      .filter(({ isDirectory }) => !isDirectory)
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory ||
      error instanceof Deno.errors.PermissionDenied
    ) return [];
    throw error;
  }
}
