/**
 * Files that judge: read only when they are what they seem, and written so that a kill at any
 * moment leaves the old one or the new one.
 *
 * Edge: files.
 *
 * @module
 */
import { closeSync } from "node:fs";
import { basename } from "@std/path/basename";
import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import { type ErrorCode, WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { kindOf, openRegular, readUpTo } from "../plan/open_regular.ts";

/** How a file is read. */
export interface ReadOptions {
  /** The code of what is refused. */
  code: ErrorCode;
  /** The most bytes that it may have. */
  limit: number;
  /** Nobody but its owner, who is also the owner of its folder, may read or write it. */
  secret?: boolean;
}

/**
 * The bytes of a plain file; `null` where there is nothing of that name.
 *
 * @throws {WritError} `options.code` for a link, a folder, a special file, one that is too large,
 * readable by others where it is secret, or that changes while it is read
 */
export async function readPlainFile(
  path: string,
  options: ReadOptions,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const refuse = (what: string, hint?: string) =>
    new WritError(options.code, `Cannot read ${quoted(path, 200)}: ${what}`, {
      place: { file: path },
      hint,
    });
  try {
    const { fd, size, seen } = openRegular(path, options);
    try {
      if (options.secret) await requireSecret(path, seen, refuse);
      if (size > options.limit) {
        throw refuse(
          `it has ${size} bytes, at most ${options.limit} were expected`,
        );
      }
      const bytes = readUpTo(fd, options.limit);
      if (bytes === null) throw refuse("it grew while it was read");
      return bytes;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    if (error instanceof Deno.errors.NotADirectory) {
      throw refuse("a folder above it is a file");
    }
    if (error instanceof Deno.errors.FilesystemLoop) {
      throw refuse("the links above it lead in a circle");
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw refuse("the system does not let you");
    }
    throw error;
  }
}

/**
 * The text of bytes.
 *
 * @throws {WritError} `code` where they are not UTF-8
 */
export function textOf(
  bytes: Uint8Array,
  path: string,
  code: ErrorCode,
): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      bytes,
    );
  } catch (cause) {
    throw new WritError(
      code,
      `Cannot read ${quoted(path, 200)}: its bytes are not UTF-8`,
      { place: { file: path }, cause },
    );
  }
}

/**
 * Writes a file durably. After the return it is on disk under its name, whole. Where it throws,
 * and after a kill, the name is as it was; on a disk without hard links a kill may leave a new file
 * empty.
 *
 * @returns `false` where the name is taken and `replace` is not set; nothing was written then
 */
export async function writePlainFile(
  path: string,
  bytes: Uint8Array,
  options: { mode: number; replace: boolean },
): Promise<boolean> {
  const folder = dirname(path);
  const temporary = join(
    folder,
    `.${basename(path)}.${crypto.randomUUID()}.tmp`,
  );
  try {
    using file = await Deno.open(temporary, {
      write: true,
      createNew: true,
      mode: options.mode,
    });
    await writeAll(file, bytes);
    await file.sync();
    if (options.replace) await Deno.rename(temporary, path);
    else if (!await linkNew(temporary, path)) return false;
  } finally {
    await removeIfThere(temporary);
  }
  await syncFolder(folder);
  return true;
}

/**
 * Makes a folder of the config folder, with those above it that are missing, for its owner only.
 *
 * @throws {WritError} `config.unsafe`
 */
export async function ensurePrivateFolder(path: string): Promise<void> {
  if (await requireOwnFolder(path)) return;
  await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  await requireOwnFolder(path);
}

/**
 * Requires that a path is a real folder that only its owner may write; `false` where nothing is there.
 *
 * @throws {WritError} `config.unsafe`
 */
export async function requireOwnFolder(path: string): Promise<boolean> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  if (!info.isDirectory) {
    throw new WritError(
      "config.unsafe",
      `Cannot use ${quoted(path, 200)}: it is ${
        kindOf(info)
      }, a real folder was expected`,
    );
  }
  if (info.mode !== null && (info.mode & 0o022) !== 0) {
    throw new WritError(
      "config.unsafe",
      `Cannot use ${quoted(path, 200)}: others may write in it`,
      { hint: `chmod go-w ${quoted(path, 200)}` },
    );
  }
  return true;
}

async function requireSecret(
  path: string,
  info: Deno.FileInfo,
  refuse: (what: string, hint?: string) => WritError,
): Promise<void> {
  if (info.mode !== null && (info.mode & 0o077) !== 0) {
    throw refuse(
      "others than its owner may read or write it",
      `chmod 600 ${quoted(path, 200)}, and think of the key as read by others`,
    );
  }
  const folder = await Deno.stat(dirname(path));
  if (info.uid !== folder.uid) {
    throw refuse("it belongs to somebody else than its folder");
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  let at = 0;
  while (at < bytes.length) at += await file.write(bytes.subarray(at));
}

/** Gives a file its name, unless that is taken: nothing is ever overwritten. */
async function linkNew(from: string, to: string): Promise<boolean> {
  try {
    await Deno.link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    const { code = "" } = error as { code?: string };
    if (!NO_LINKS.has(code)) throw error;
    return await renameNew(from, to);
  }
}

/** What a file system answers that has no hard links, such as FAT. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

/**
 * Without hard links the name is taken first, by an empty file. It is left there by a kill in
 * between; a private key is not, since no such file system can say who may read it.
 */
async function renameNew(from: string, to: string): Promise<boolean> {
  try {
    await Deno.writeFile(to, new Uint8Array(), { createNew: true });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
  try {
    await Deno.rename(from, to);
    return true;
  } catch (error) {
    await removeIfThere(to);
    throw error;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using folder = await Deno.open(path);
  await folder.sync();
}
