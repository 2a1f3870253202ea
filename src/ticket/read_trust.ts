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

/**
 * Reads a trust file.
 *
 * @throws {WritError} `trust.missing`; `trust.invalid` with every fault
 */
export async function loadTrust(path: string): Promise<Trust> {
  const bytes = await readPlainFile(path, {
    code: "trust.invalid",
    limit: TRUST_LIMIT,
  });
  if (bytes === null) {
    throw new WritError(
      "trust.missing",
      `Cannot read the trust file ${quoted(path, 200)}: it is not there`,
      { hint: "deno task setup writes one", place: { file: path } },
    );
  }
  return parseTrust(bytes, path);
}
