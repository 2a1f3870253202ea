/**
 * Writing a file that the user named.
 *
 * Edge: files.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { lookAt } from "../plan/open_regular.ts";
import { writePlainFile } from "../policy/plain_file.ts";

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
  let isWritten: boolean;
  try {
    isWritten = await writePlainFile(path, bytes, {
      mode: 0o600,
      replace: false,
    });
  } catch (cause) {
    throw cannotWrite(shown, cause);
  }
  if (!isWritten) throw cannotWrite(shown, new Deno.errors.AlreadyExists());
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
