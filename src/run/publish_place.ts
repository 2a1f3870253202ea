/**
 * The workspace as a place to publish to: every folder on the way is looked at before and after
 * something is made or moved, and none may be a link.
 *
 * Edge: files.
 *
 * @module
 */
import * as fs from "node:fs";
import { WritError } from "../core/errors.ts";
import { joinPath, parentOf } from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import { isErrno, kindOf, lookAt } from "../plan/open_regular.ts";

/** Called before each look and before each change; what it does happens there. For tests. */
export type Pause = (point: string) => void | Promise<void>;

/** What tells a file, folder or link from all others, wherever it is moved. */
export type Identity = string;

/** The identity of what was looked at: its kind counts too, since numbers are given anew. */
export function identityOf(info: Deno.FileInfo): Identity {
  return `${kindOf(info)} ${info.dev}:${info.ino}`;
}

/** A new file, of which a link that was put in its place is no part. */
const NEW_FILE = fs.constants.O_WRONLY | fs.constants.O_CREAT |
  fs.constants.O_EXCL | fs.constants.O_NOFOLLOW;

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

/** A workspace that things are made and moved in. Paths are relative to it. */
export class Place {
  /** Absolute, without links. */
  readonly root: string;
  readonly #pause: Pause | undefined;
  readonly #isApart: boolean;

  /**
   * `isApart`: it is no workspace but a folder of the user's own, out of reach of whoever may
   * write the workspace, so that nothing can be exchanged in it.
   *
   * @throws {WritError} `workspace.unsafe` when what Writ writes into is no real folder
   */
  constructor(folder: string, pause?: Pause, isApart = false) {
    this.root = Deno.realPathSync(folder);
    this.#pause = pause;
    this.#isApart = isApart;
    if (!isApart) requireOwnFolders(this.root);
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
    if (this.#isRealFolder(path)) return;
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
    if (this.#isRealFolder(path)) return;
    throw new WritError(
      "publish.unsafe",
      `Cannot publish into ${quoted(path, 200)}: it lies behind a link`,
    );
  }

  #isRealFolder(path: string): boolean {
    const info = lookAt(this.at(path));
    return info !== null && info.isDirectory &&
      Deno.realPathSync(this.at(path)) === this.at(path);
  }

  /** Folders above a path, and it, that are not there yet, parents first. */
  missingFolders(path: string): string[] {
    return path === "."
      ? []
      : [...foldersAbove(path), path].filter((folder) => !this.has(folder));
  }

  /** Makes a folder, which may be there already. */
  async ensureFolder(path: string): Promise<void> {
    await this.#act(parentOf(path), `make ${path}`, () => {
      try {
        Deno.mkdirSync(this.at(path));
      } catch (error) {
        if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      }
    });
    this.requireFolder(path);
  }

  /** Makes a folder where nothing is yet. */
  async makeFolder(path: string): Promise<Identity> {
    await this.#act(
      parentOf(path),
      `make ${path}`,
      () => Deno.mkdirSync(this.at(path)),
    );
    return this.#identity(path);
  }

  /** Makes a link where nothing is yet. */
  async makeLink(path: string, text: string): Promise<Identity> {
    await this.#act(
      parentOf(path),
      `make ${path}`,
      () => Deno.symlinkSync(text, this.at(path)),
    );
    return this.#identity(path);
  }

  /**
   * Makes a file where nothing is yet, and has it filled by descriptor. It is empty and its
   * owner's alone until it was seen to lie where it was to be.
   *
   * @throws {WritError} `publish.unsafe`; an empty file may be left, wherever it came to lie.
   */
  async makeFile(path: string, fill: (fd: number) => void): Promise<Identity> {
    let fd: number | undefined;
    let identity = "";
    try {
      await this.#act(parentOf(path), `make ${path}`, () => {
        fd = fs.openSync(this.at(path), NEW_FILE, 0o600);
        const opened = fs.fstatSync(fd);
        // Looks at paths can each be shown what they want to see; a descriptor cannot.
        const isHere = opened.dev === Deno.lstatSync(this.root).dev;
        identity = this.#identity(path);
        if (isHere && identity === `a file ${opened.dev}:${opened.ino}`) return;
        throw exchanged(path);
      });
      if (fd !== undefined) fill(fd);
      return identity;
    } finally {
      if (fd !== undefined) fs.closeSync(fd);
    }
  }

  /**
   * Renames, within this place or into another one. What is moved must be what it `was` before,
   * and nothing may be at `to`.
   *
   * @throws {WritError} `publish.unsafe`; then it lies where it lay.
   */
  async move(
    from: string,
    to: string,
    into: Place = this,
    was?: Identity,
  ): Promise<void> {
    const expected = was ?? this.#identity(from);
    await into.#act(parentOf(to), `move ${to}`, () => {
      this.requireFolder(parentOf(from));
      if (into.has(to)) {
        throw new WritError(
          "publish.unsafe",
          `Cannot publish ${quoted(to, 200)}: something else was put there`,
        );
      }
      if (this.#identity(from) !== expected) throw exchanged(from);
      rename(this.at(from), into.at(to), to);
    }, () => {
      if (into.#identity(to) !== expected) throw exchanged(from);
    }, () => {
      // What was put there meanwhile is not written over: then it stays where it is.
      if (!this.has(from)) rename(into.at(to), this.at(from), from);
    });
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

  #identity(path: string): Identity {
    const info = lookAt(this.at(path));
    if (info === null) throw exchanged(path);
    return identityOf(info);
  }

  /** Looks, acts, looks again, and takes the act back when something was swapped in between. */
  async #act(
    folder: string,
    name: string,
    act: () => void,
    check?: () => void,
    back?: () => void,
  ): Promise<void> {
    if (this.#pause !== undefined) await this.#pause(`look: ${name}`);
    if (!this.#isApart) this.requireFolder(folder);
    if (this.#pause !== undefined) await this.#pause(`act: ${name}`);
    act();
    try {
      if (!this.#isApart) this.requireFolder(folder);
      check?.();
    } catch (error) {
      back?.();
      throw error;
    }
  }
}

function exchanged(path: string): WritError {
  return new WritError(
    "publish.unsafe",
    `Cannot publish by way of ${
      quoted(path, 200)
    }: something else was put in its place`,
  );
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
