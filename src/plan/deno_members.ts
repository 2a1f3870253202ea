/**
 * What a workspace's `deno.json` itself names: without it Deno does not start.
 *
 * @module
 */
import { parse } from "jsonc-parser";
import { normalizePath, withoutSlash } from "../core/paths.ts";
import type { Disk } from "./disk.ts";

const LIMIT = 1024 * 1024;

/**
 * The paths that the configuration in the workspace's root needs beside it: the folders of
 * `links`, which stand in the place of packages, and the configuration files of the members of a
 * `workspace`. A member given as a pattern is not looked for. Sorted; none without configuration.
 */
export function denoMembers(disk: Disk, workspace: string): string[] {
  const config = readConfig(disk, workspace);
  if (config === null) return [];
  const members = pathsIn(config.workspace).concat(
    typeof config.workspace === "object" && config.workspace !== null &&
      "members" in config.workspace
      ? pathsIn(config.workspace.members)
      : [],
  );
  return [
    ...pathsIn(config.links),
    ...members.flatMap((folder) =>
      ["deno.json", "deno.jsonc", "package.json"]
        .map((name) => `${folder}/${name}`)
    ),
  ].sort();
}

function readConfig(
  disk: Disk,
  workspace: string,
): Record<string, unknown> | null {
  const bytes = disk.head(`${workspace}/deno.json`, LIMIT) ??
    disk.head(`${workspace}/deno.jsonc`, LIMIT);
  if (bytes === null) return null;
  // Deno will say what is wrong with a configuration that cannot be read.
  const value: unknown = parse(new TextDecoder().decode(bytes));
  return typeof value === "object" && value !== null
    ? value as Record<string, unknown>
    : null;
}

function pathsIn(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((path) => {
    if (typeof path !== "string") return [];
    const normal = normalizePath(path);
    return "path" in normal && normal.path !== "."
      ? [withoutSlash(normal.path)]
      : [];
  });
}
