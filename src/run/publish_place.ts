/**
 * The workspace as a place to publish to: every folder on the way is looked at before and after
 * something is moved, and none may be a link.
 *
 * Edge: files.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { joinPath, parentOf } from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import { isErrno, kindOf, lookAt } from "../plan/open_regular.ts";

/** Called before each look and before each change; what it does happens there. For tests. */
export type Pause = (point: string) => void | Promise<void>;

/** The folders of a workspace that Writ itself writes into. */
const OWN = [".writ", ".writ/publish", ".writ/requests", ".writ/runs"];

/**
 * Requires that none of them is a link or a file.
 *
 * @throws {WritError} `workspace.unsafe`
 */
export function requireOwnFolders(workspace: string): void {
  for (const own of OWN) {
    const info = lookAt(`${workspace}/${own}`);
    if (info === null || info.isDirectory) continue;
    throw new WritError(
      "workspace.unsafe",
      `Cannot use the workspace ${quoted(workspace, 200)}: "${own}" is ${
        kindOf(info)
      }, a folder was expected`,
      { hint: "remove it; it is made again when it is needed" },
    );
  }
}

/** A workspace that things are moved in. Paths are relative to it. */
export class Place {
  /** Absolute, without links. */
  readonly root: string;
  readonly #pause: Pause | undefined;

  /** @throws {WritError} `workspace.unsafe` when what Writ writes into is no real folder */
  constructor(workspace: string, pause?: Pause) {
    this.root = Deno.realPathSync(workspace);
    this.#pause = pause;
    requireOwnFolders(this.root);
  }

  at(path: string): string {
    return joinPath(this.root, path);
  }

  has(path: string): boolean {
    return lookAt(this.at(path)) !== null;
  }

  /**
   * Requires that a path is a folder, and that none on the way to it is a link.
   *
   * @throws {WritError} `publish.unsafe`
   */
  requireFolder(path: string): void {
    for (const folder of [...foldersAbove(path), path]) {
      const info = lookAt(this.at(folder));
      if (info !== null && info.isDirectory) continue;
      throw new WritError(
        "publish.unsafe",
        `Cannot publish into ${quoted(folder, 200)}: it is ${
          info === null ? "not there" : kindOf(info)
        }, a folder was expected`,
      );
    }
    if (Deno.realPathSync(this.at(path)) !== this.at(path)) {
      throw new WritError(
        "publish.unsafe",
        `Cannot publish into ${quoted(path, 200)}: it lies behind a link`,
      );
    }
  }

  /** Folders above a path, and it, that are not there yet, parents first. */
  missingFolders(path: string): string[] {
    return path === "."
      ? []
      : [...foldersAbove(path), path].filter((folder) => !this.has(folder));
  }

  async makeFolder(path: string): Promise<void> {
    await this.#act(parentOf(path), `make ${path}`, () => {
      try {
        Deno.mkdirSync(this.at(path));
      } catch (error) {
        if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      }
    });
    this.requireFolder(path);
  }

  /**
   * Renames. What is at `from` is moved as it is, also a link; nothing may be at `to`.
   *
   * @throws {WritError} `publish.unsafe`; then it lies where it lay.
   */
  async move(from: string, to: string): Promise<void> {
    this.requireFolder(parentOf(from));
    await this.#act(parentOf(to), `move ${to}`, () => {
      if (this.has(to)) {
        throw new WritError(
          "publish.unsafe",
          `Cannot publish ${quoted(to, 200)}: something else was put there`,
        );
      }
      rename(this.at(from), this.at(to), to);
    }, () => rename(this.at(to), this.at(from), from));
  }

  /** Removes a folder that was made, if nothing lies in it. */
  unmake(path: string): void {
    if (lookAt(this.at(path))?.isDirectory !== true) return;
    this.requireFolder(parentOf(path));
    try {
      Deno.removeSync(this.at(path));
    } catch (error) {
      if (!isErrno(error, "ENOTEMPTY")) throw error;
    }
  }

  /** Looks, acts, looks again, and takes the act back when the folder was swapped in between. */
  async #act(
    folder: string,
    name: string,
    act: () => void,
    back?: () => void,
  ): Promise<void> {
    if (this.#pause !== undefined) await this.#pause(`look: ${name}`);
    this.requireFolder(folder);
    if (this.#pause !== undefined) await this.#pause(`act: ${name}`);
    act();
    try {
      this.requireFolder(folder);
    } catch (error) {
      back?.();
      throw error;
    }
  }
}

function foldersAbove(path: string): string[] {
  const folders: string[] = [];
  for (let at = parentOf(path); at !== "."; at = parentOf(at)) {
    folders.unshift(at);
  }
  return path === "." ? [] : [".", ...folders];
}

function rename(from: string, to: string, name: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (cause) {
    const why = isErrno(cause, "EXDEV")
      ? 'it lies on another file system than ".writ"'
      : isErrno(cause, "EBUSY")
      ? "something is mounted there"
      : cause instanceof Error
      ? cause.message
      : "unknown fault";
    throw new WritError(
      "publish.unsafe",
      `Cannot publish ${quoted(name, 200)}: ${why}`,
      { cause },
    );
  }
}
