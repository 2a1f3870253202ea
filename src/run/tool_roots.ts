/**
 * The declared tool roots: `<config>/tools.json`.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path/join";
import { WritError } from "../core/errors.ts";
import { isBeneath } from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import { disk } from "../plan/disk.ts";
import { parseToolRoots, type ToolRoots } from "../plan/executables.ts";
import { readPlainFile } from "../policy/plain_file.ts";

/** The most bytes that the file may have: 1 MiB. */
const LIMIT = 1024 * 1024;

/** Folders that no tool root may lie in or hold, absolute. */
export interface NoToolsIn {
  /** Whoever asks may write there, and tools run from where they lie. */
  workspace: string;
  /** Steps see all of a tool's folder. */
  config: string;
  state: string;
}

/**
 * Reads the declared tool roots; none where the file is absent.
 *
 * @throws {WritError} `input.invalid`; `config.unsafe` where it is no plain file, or names a root
 * that lies in the workspace, config or state folder, or holds one of them
 */
export async function loadToolRoots(
  { workspace, config, state }: NoToolsIn,
): Promise<ToolRoots> {
  const file = join(config, "tools.json");
  const bytes = await readPlainFile(file, {
    code: "config.unsafe",
    limit: LIMIT,
  });
  const tools = parseToolRoots(bytes, file);
  const places = [
    ["workspace", workspace],
    ["config folder", config],
    ["state folder", state],
  ].map(([name, path]) => [name, disk.realPath(path) ?? path]);
  for (const root of tools.roots) {
    const real = disk.realPath(root);
    if (real === null) continue;
    for (const [name, path] of places) {
      const inside = isBeneath(real, path);
      if (!inside && !isBeneath(path, real)) continue;
      throw new WritError(
        "config.unsafe",
        `Cannot use the tool root ${quoted(root, 200)}: it ${
          inside ? "lies in" : "holds"
        } the ${name} ${quoted(path, 200)}`,
        {
          place: { file },
          hint: inside && name === "workspace"
            ? 'Start what the workspace brings by its path in it: "run": ["tools/x"]'
            : "Name the folder of the tool alone, such as /opt/node",
        },
      );
    }
  }
  return tools;
}
