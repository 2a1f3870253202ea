/**
 * Reads a bundle's folder. It judges nothing: what no bundle may hold is handed on as strange.
 *
 * Edge: the file system, read only.
 *
 * @module
 */
import { whyRefused } from "../core/as_writ_error.ts";
import { closeSync } from "node:fs";
import { isWritError, WritError } from "../core/errors.ts";
import { kindOf, openRegular, readUpTo } from "../plan/open_regular.ts";
import type { Bundle } from "./bundle.ts";

/** Bounds on what is read; more is not a bundle but an attack on the reader's memory. */
export const BUNDLE_LIMITS = {
  /** Files, folders and whatever else lies in the folder. */
  entries: 100_000,
  /** Bytes of one file: 256 MiB. */
  fileBytes: 256 * 1024 * 1024,
  /** Bytes of all files: 1 GiB. */
  bytes: 1024 * 1024 * 1024,
} as const;

/**
 * The files of a folder as bytes, by name relative to it. Links are never followed (the
 * folder itself may be named by one), special files never opened: both are in `strange`,
 * as are folders that hold nothing. A name that is not UTF-8 is invisible to Deno.
 *
 * @throws {WritError} `input.unreadable` when nothing has that name; `bundle.unreadable` when it
 * is not a folder, something in it cannot be read or it is beyond the bounds;
 * `writ.permission` when Deno was started without leave to read it.
 */
export async function readBundle(
  folder: string,
  limits: { entries: number; fileBytes: number; bytes: number } = BUNDLE_LIMITS,
): Promise<Bundle> {
  await mustBeFolder(folder);
  const files = new Map<string, Uint8Array>();
  const strange: Bundle["strange"] = [];
  const open = [""];
  let entries = 0;
  let bytes = 0;
  try {
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      let found = 0;
      for await (const entry of Deno.readDir(join(folder, at))) {
        found++;
        if (++entries > limits.entries) {
          throw tooMuch(folder, `more than ${limits.entries} files`);
        }
        const name = at === "" ? entry.name : `${at}/${entry.name}`;
        const info = await Deno.lstat(join(folder, name));
        if (info.isDirectory) open.push(name);
        else if (!info.isFile) strange.push({ name, what: kindOf(info) });
        else {
          bytes += info.size;
          if (info.size > limits.fileBytes || bytes > limits.bytes) {
            throw tooMuch(
              folder,
              info.size > limits.fileBytes
                ? `"${name}" is larger than ${limits.fileBytes} bytes`
                : `its files are larger than ${limits.bytes} bytes together`,
            );
          }
          files.set(name, readSeen(join(folder, name), info));
        }
      }
      if (found === 0 && at !== "") {
        strange.push({ name: at, what: "a folder without files" });
      }
    }
  } catch (cause) {
    throw unreadable(folder, cause);
  }
  strange.sort((a, b) => a.name < b.name ? -1 : 1);
  return { where: folder, files, strange };
}

async function mustBeFolder(folder: string): Promise<void> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(folder);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw new WritError(
        "input.unreadable",
        `Cannot read the bundle "${folder}": there is no such folder`,
        { cause, hint: "Name the folder of a run, as in .writ/runs/<run id>" },
      );
    }
    throw unreadable(folder, cause);
  }
  if (!info.isDirectory) {
    throw new WritError(
      "bundle.unreadable",
      `Cannot read the bundle "${folder}": it is ${
        info.isFile ? "a file" : kindOf(info)
      }, a folder was expected`,
    );
  }
}

/** Reads a file that was seen to be a plain one, and is still that one once it is open. */
function readSeen(
  path: string,
  { dev, ino, size }: Deno.FileInfo,
): Uint8Array {
  const opened = openRegular(path, { code: "bundle.unreadable" });
  try {
    const bytes = opened.seen.dev === dev && opened.seen.ino === ino
      ? readUpTo(opened.fd, size)
      : null;
    if (bytes !== null && bytes.length === size) return bytes;
  } finally {
    closeSync(opened.fd);
  }
  throw new WritError(
    "bundle.unreadable",
    `Cannot read "${path}": it changed while the bundle was read`,
  );
}

function join(folder: string, name: string): string {
  return name === "" ? folder : `${folder}/${name}`;
}

function tooMuch(folder: string, what: string): WritError {
  return new WritError(
    "bundle.unreadable",
    `Cannot read the bundle "${folder}": ${what}, which no bundle has`,
  );
}

function unreadable(folder: string, cause: unknown): WritError {
  if (isWritError(cause)) return cause;
  if (cause instanceof Deno.errors.NotCapable) {
    return new WritError(
      "writ.permission",
      `Cannot read the bundle "${folder}": Deno was not given leave to read it`,
      { cause, hint: "Start it with --allow-read" },
    );
  }
  const why = whyRefused(cause) ?? String(cause);
  return new WritError(
    "bundle.unreadable",
    `Cannot read the bundle "${folder}": ${why}`,
    { cause },
  );
}
