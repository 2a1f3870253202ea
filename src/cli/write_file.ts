/**
 * Writing a file that the user named.
 *
 * Edge: files.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { lookAt } from "../evidence/open_regular.ts";

/**
 * Requires that a new file can be written, so that nothing is signed that cannot be handed over.
 *
 * @throws {WritError} `usage.invalid`
 */
export async function requireNewFile(
  path: string,
  shown: string,
): Promise<void> {
  const probe = `${path}.${crypto.randomUUID()}`;
  try {
    await Deno.writeFile(probe, new Uint8Array(), { createNew: true });
    await Deno.remove(probe);
  } catch (cause) {
    throw cannotWrite(shown, cause);
  }
  if (lookAt(path) === null) return;
  throw cannotWrite(shown, new Deno.errors.AlreadyExists());
}

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
    try {
      await giveName(temporary, path);
    } finally {
      await removeIfThere(temporary);
    }
  } catch (cause) {
    throw cannotWrite(shown, cause);
  }
}

/** Names a file where nothing is; a rename alone would replace what is there. */
async function giveName(temporary: string, path: string): Promise<void> {
  try {
    await Deno.link(temporary, path);
  } catch (error) {
    if (
      error instanceof Deno.errors.AlreadyExists ||
      error instanceof Deno.errors.NotCapable
    ) throw error;
    // A stick with FAT has no hard links: there the name is taken first, by an empty file.
    await Deno.writeFile(path, new Uint8Array(), { createNew: true });
    await Deno.rename(temporary, path);
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function cannotWrite(shown: string, cause: unknown): WritError {
  const why = cause instanceof Deno.errors.NotCapable
    ? "this command may only write below the folder that you stand in"
    : cause instanceof Deno.errors.AlreadyExists
    ? "something is there already"
    : cause instanceof Deno.errors.NotFound
    ? "its folder is not there"
    : cause instanceof Error
    ? cause.message
    : "unknown fault";
  return new WritError(
    "usage.invalid",
    `Cannot write ${quoted(shown, 200)}: ${why}`,
    { cause },
  );
}
