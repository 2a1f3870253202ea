/**
 * Writing a file that the user named.
 *
 * Edge: files.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";

/**
 * Writes a new file, whole or not at all.
 *
 * @param shown how the user named it
 * @throws {WritError} `usage.invalid` when something is there already or it cannot be written
 */
export async function writeNewFile(
  path: string,
  bytes: Uint8Array,
  shown: string,
): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}`;
  try {
    await Deno.writeFile(temporary, bytes, { createNew: true, mode: 0o600 });
    // A hard link fails where something is there; a rename would replace it.
    await Deno.link(temporary, path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    const there = cause instanceof Deno.errors.AlreadyExists;
    throw new WritError(
      "usage.invalid",
      `Cannot write "${shown}": ${
        there ? "something is there already" : (cause as Error).message
      }`,
      { cause },
    );
  } finally {
    await Deno.remove(temporary).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}
