/**
 * The declared tool roots: `<config>/tools.json`.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path/join";
import { parseToolRoots, type ToolRoots } from "../plan/executables.ts";

/** Reads the declared tool roots; none where the file is absent. */
export async function loadToolRoots(config: string): Promise<ToolRoots> {
  const file = join(config, "tools.json");
  try {
    return parseToolRoots(await Deno.readFile(file), file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return parseToolRoots(null, file);
    }
    throw error;
  }
}
