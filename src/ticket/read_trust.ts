/**
 * A trust file on disk.
 *
 * Edge: files.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { readPlainFile } from "../policy/plain_file.ts";
import { parseTrust } from "./parse_trust.ts";
import type { Trust } from "./trust.ts";

/** The most bytes that a trust file may have: 1 MiB. */
export const TRUST_LIMIT = 1024 * 1024;

/** A stranger who wrote a trust file of their own would believe themselves. */
const FROM_WHOM =
  "take the file from whom you believe; a path counts from the folder you stand in";

/**
 * Reads a trust file.
 *
 * @param hint what helps where it is not there
 * @throws {WritError} `trust.missing`; `trust.invalid` with every fault
 */
export async function loadTrust(
  path: string,
  hint: string = FROM_WHOM,
): Promise<Trust> {
  const bytes = await readPlainFile(path, {
    code: "trust.invalid",
    limit: TRUST_LIMIT,
  });
  if (bytes === null) {
    throw new WritError(
      "trust.missing",
      `Cannot read the trust file ${quoted(path, 200)}: it is not there`,
      { hint, place: { file: path } },
    );
  }
  return parseTrust(bytes, path);
}
