/**
 * Looks at paths that a step chose. One that has no usable name, or is out of reach, is passed over
 * here: where it is part of a product, collecting refuses it.
 *
 * Edge: files.
 *
 * @module
 */
import { isErrno, lookAt } from "../plan/open_regular.ts";

/** The names in a folder; none where it cannot be listed. */
export function namesIn(folder: string): string[] {
  return reach(() =>
    Array.from(Deno.readDirSync(folder), ({ name }) => name)
  ) ??
    [];
}

/** Looks at a path without following a link at its end; `null` where nothing can be found by it. */
export function lookIfNamed(path: string): Deno.FileInfo | null {
  return reach(() => lookAt(path));
}

/** Whether each folder on the way from `root` to `path`, relative to it, is a folder and no link. */
export function isBeneathFolders(root: string, path: string): boolean {
  const parts = path.split("/").slice(0, -1);
  return parts.every((_, index) =>
    lookIfNamed(`${root}/${parts.slice(0, index + 1).join("/")}`)
      ?.isDirectory === true
  );
}

/** Does something with a path that a step chose; `null` where the path is in the way of it. */
export function reach<T>(act: () => T): T | null {
  try {
    return act();
  } catch (error) {
    // Deno shows the bytes of a name that are not UTF-8 as U+FFFD, and finds no such name.
    const isOutOfReach = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied ||
      isErrno(error, "ENAMETOOLONG");
    if (isOutOfReach) return null;
    throw error;
  }
}
