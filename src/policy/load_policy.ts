/**
 * The policy of a workspace, as its folder holds it.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path/join";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { POLICY_FOLDER } from "../core/workspace_names.ts";
import { DEFAULT_POLICY } from "./default_policy.ts";
import { kindOf } from "../plan/open_regular.ts";
import { readPlainFile, textOf } from "./plain_file.ts";
import type { PolicySet } from "./policy_set.ts";

/** The most bytes that one file of a policy may have: 1 MiB. */
export const POLICY_FILE_LIMIT = 1024 * 1024;

/**
 * Reads `<workspace>/policies/*.cedar` and `*.cedarschema`. Where there is no such folder, or no
 * `.cedar` file in it, Writ's own policy holds. Other files of the folder are passed over.
 *
 * @throws {WritError} `policy.invalid` for links, special files, files above
 * {@linkcode POLICY_FILE_LIMIT}, text that is not UTF-8, and names that only case keeps apart
 * from a policy's
 */
export async function loadPolicy(
  workspace: string,
): Promise<{ policy: PolicySet; from: "workspace" | "embedded" }> {
  const folder = join(workspace, POLICY_FOLDER);
  const names = await policyNames(folder);
  if (!names.some((name) => name.endsWith(".cedar"))) {
    return { policy: DEFAULT_POLICY, from: "embedded" };
  }
  const files: Record<string, string> = {};
  for (const name of names) {
    const path = join(folder, name);
    const bytes = await readPlainFile(path, {
      code: "policy.invalid",
      limit: POLICY_FILE_LIMIT,
    });
    if (bytes === null) {
      throw new WritError(
        "policy.invalid",
        `Cannot read ${quoted(path, 200)}: it went away while it was read`,
      );
    }
    files[name] = textOf(bytes, path, "policy.invalid");
  }
  return { policy: { files }, from: "workspace" };
}

async function policyNames(folder: string): Promise<string[]> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.lstat(folder);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  if (!info.isDirectory) {
    throw new WritError(
      "policy.invalid",
      `Cannot read the policy folder ${quoted(folder, 200)}: it is ${
        kindOf(info)
      }, a real folder was expected`,
      { place: { file: folder } },
    );
  }
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (!/\.cedar(schema)?$/i.test(name)) continue;
    if (!/\.cedar(schema)?$/.test(name)) {
      // Passing it over would leave out a rule that its author believes to hold.
      throw new WritError(
        "policy.invalid",
        `Cannot read the policy folder: the name ${
          quoted(name)
        } ends in capitals, ".cedar" or ".cedarschema" was expected`,
        { place: { file: join(folder, name) } },
      );
    }
    names.push(name);
  }
  return names.sort();
}
