/**
 * Reading a file that the user named.
 *
 * Edge: files.
 *
 * @module
 */
import { isWritError, WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { MAX_BYTES, readDocument } from "../pipeline/document.ts";
import { FaultList } from "../pipeline/faults.ts";
import { nearFile } from "./near_file.ts";

/** The most bytes that are read: 256 MiB. */
const LIMIT = 256 * 1024 * 1024;

/**
 * The bytes of a file. Links are followed: whoever names one means what it leads to.
 *
 * @param shown how the user named it
 * @param limit the most bytes that it may have
 * @throws {WritError} `input.unreadable`
 */
export async function readInput(
  path: string,
  shown: string,
  limit: number = LIMIT,
): Promise<Uint8Array<ArrayBuffer>> {
  const refuse = (why: string, cause?: unknown, hint?: string) =>
    new WritError(
      "input.unreadable",
      `Cannot read ${quoted(shown, 200)}: ${why}`,
      { place: { file: shown }, cause, hint },
    );
  try {
    const info = await Deno.stat(path);
    if (!info.isFile) {
      throw refuse(
        info.isDirectory
          ? "it is a folder, a file was expected"
          : "it is a special file, a plain file was expected",
      );
    }
    if (info.size > limit) {
      throw refuse(
        `it has ${info.size} bytes, at most ${limit} were expected`,
      );
    }
    return await Deno.readFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable || isWritError(cause)) {
      throw cause;
    }
    const hint = cause instanceof Deno.errors.NotFound
      ? await nearFile(path, shown)
      : undefined;
    throw refuse(whyUnreadable(cause), cause, hint);
  }
}

/**
 * Does `work` on the bytes of a file that the user named: an error that tells no place gets the
 * file as its place, and what is no JSON line and column, with what was found and wanted there.
 */
export async function inFile<T>(
  shown: string,
  bytes: Uint8Array,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isWritError(error) || error.place !== undefined) throw error;
    const syntax = error.cause instanceof SyntaxError
      ? syntaxError(shown, bytes, error)
      : null;
    if (syntax !== null) throw syntax;
    throw new WritError(error.code, error.message, {
      place: { file: shown },
      hint: error.hint,
      faults: [...error.faults],
      cause: error,
    });
  }
}

/** The same as a fault with its place; `null` where the reader of pipelines finds none. */
function syntaxError(
  shown: string,
  bytes: Uint8Array,
  { code, message, cause }: WritError,
): WritError | null {
  if (bytes.length > MAX_BYTES) return null;
  const found = new FaultList();
  readDocument(bytes, shown, found);
  const [first] = found.list();
  return first === undefined ? null : new WritError(code, message, {
    place: first.place,
    faults: [first],
    cause,
  });
}

/** Why the system did not let a file be read, as a part of a sentence. */
export function whyUnreadable(cause: unknown): string {
  if (cause instanceof Deno.errors.NotFound) return "nothing is there";
  if (cause instanceof Deno.errors.PermissionDenied) {
    return "the system does not let you";
  }
  if (cause instanceof Deno.errors.FilesystemLoop) {
    return "its links lead in a circle";
  }
  if (cause instanceof Deno.errors.NotADirectory) {
    return "a part of the path is no folder";
  }
  return cause instanceof Error ? cause.message : String(cause);
}
