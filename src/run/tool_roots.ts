/**
 * The declared tool roots: `<config>/tools.json`.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path/join";
import { parseToolRoots, type ToolRoots } from "../plan/executables.ts";
import { readPlainFile } from "../policy/plain_file.ts";

/** The most bytes that the file may have: 1 MiB. */
const LIMIT = 1024 * 1024;

/**
 * Reads the declared tool roots; none where the file is absent.
 *
 * @throws {WritError} `input.invalid`; `config.unsafe` where it is no plain file
 */
export async function loadToolRoots(config: string): Promise<ToolRoots> {
  const file = join(config, "tools.json");
  const bytes = await readPlainFile(file, {
    code: "config.unsafe",
    limit: LIMIT,
  });
  return parseToolRoots(bytes, file);
}
