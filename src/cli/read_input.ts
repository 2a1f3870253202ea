/**
 * Reading a file that the user named.
 *
 * Edge: files.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";

const LIMIT = 256 * 1024 * 1024;

/**
 * The bytes of a file.
 *
 * @param shown how the user named it
 * @throws {WritError} `input.unreadable`
 */
export async function readInput(
  path: string,
  shown: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const refuse = (why: string, cause?: unknown) =>
    new WritError("input.unreadable", `Cannot read "${shown}": ${why}`, {
      cause,
    });
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw refuse("it is not there", cause);
    }
    if (cause instanceof Deno.errors.PermissionDenied) {
      throw refuse("it may not be read", cause);
    }
    throw refuse((cause as Error).message, cause);
  }
  if (!info.isFile) {
    throw refuse(
      info.isDirectory
        ? "it is a folder, a file was expected"
        : "it is no plain file",
    );
  }
  if (info.size > LIMIT) throw refuse("it is larger than 256 MiB");
  return await Deno.readFile(path);
}
