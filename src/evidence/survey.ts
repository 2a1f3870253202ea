/**
 * A survey of a step's workspace after the step: every name in it, and whose it is.
 *
 * Edge: files.
 *
 * @module
 */
import { isWithin, joinPath, withoutSlash } from "../core/paths.ts";
import { isErrno, lookAt } from "../plan/open_regular.ts";

/** Something that was found: not a folder, or a folder with nothing in it, or one that cannot be read. */
export interface Found {
  /** Relative to the workspace. */
  path: string;
  /** `null` for a folder. */
  info: Deno.FileInfo | null;
  /** Why a folder could not be listed, as the end of a sentence. */
  unreadable: string | null;
}

/** Why something whose name is no text cannot be taken. */
export const NOT_UTF8 = "its name is not UTF-8";

/** Whose a path is. */
export class Ownership {
  readonly #products: string[];
  readonly #scratch: string[];

  constructor(products: readonly string[], scratch: readonly string[]) {
    this.#products = products.map(withoutSlash);
    this.#scratch = scratch.map(withoutSlash).filter((path) =>
      !this.#products.includes(path)
    );
  }

  /** The products that a path is part of. Scratch beneath a product is no part of it. */
  productsOf(path: string): string[] {
    return this.#products.filter((product) =>
      isWithin(path, product) &&
      !this.#scratch.some((scratch) =>
        isWithin(scratch, product) && isWithin(path, scratch)
      )
    );
  }

  /** Whether a path may hold anything. */
  isScratch(path: string): boolean {
    return this.#scratch.some((scratch) => isWithin(path, scratch)) &&
      this.productsOf(path).length === 0;
  }

  /** Whether what lies beneath a folder matters. */
  isWorthEntering(folder: string): boolean {
    return !this.isScratch(folder) ||
      this.#products.some((product) => isWithin(product, folder));
  }
}

/**
 * Everything in a workspace that is not scratch, in no order. Links are not followed, `skip` is
 * not entered. Deep folders cost no stack.
 */
export function* survey(
  root: string,
  ownership: Ownership,
  skip: ReadonlySet<string>,
): Generator<Found> {
  const folders = ["."];
  for (let folder; (folder = folders.pop()) !== undefined;) {
    const here = joinPath(root, folder);
    let empty = true;
    try {
      for (const { name } of Deno.readDirSync(here)) {
        empty = false;
        const path = joinPath(folder, name);
        if (skip.has(path) || !ownership.isWorthEntering(path)) continue;
        const info = lookAt(`${root}/${path}`);
        // Deno shows the bytes of a name that are not UTF-8 as U+FFFD, and finds no such name.
        if (info === null) yield { path, info, unreadable: NOT_UTF8 };
        else if (info.isDirectory) folders.push(path);
        else yield { path, info, unreadable: null };
      }
    } catch (error) {
      yield { path: folder, info: null, unreadable: reasonOf(error) };
      continue;
    }
    if (empty && folder !== ".") {
      yield { path: folder, info: null, unreadable: null };
    }
  }
}

function reasonOf(error: unknown): string {
  if (isErrno(error, "ENAMETOOLONG")) return "its path is too long";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  throw error;
}
