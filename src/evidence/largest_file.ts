/**
 * The size of the largest file below a folder.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path/join";

/** Bytes; 0 where there is no file. Links are not followed. */
export function largestFile(folder: string): number {
  let largest = 0;
  const waiting = [folder];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const { name, isDirectory, isFile } of entries(at)) {
      const path = join(at, name);
      if (isDirectory) waiting.push(path);
      else if (isFile) largest = Math.max(largest, Deno.lstatSync(path).size);
    }
  }
  return largest;
}

function entries(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch (error) {
    // What its owner may not list is no product either: collecting refuses it by name.
    if (error instanceof Deno.errors.PermissionDenied) return [];
    throw error;
  }
}
