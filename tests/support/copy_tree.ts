/**
 * Copies of folders, as someone makes a backup and puts it back.
 *
 * @module
 */
import { removeTree } from "../../src/evidence/remove_tree.ts";

/** Copies a folder with modes, times and links. */
export async function copyTree(from: string, to: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("cp", {
    args: ["-a", "--", from, to],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Puts a copy in the place of a folder, which is gone then. */
export async function putBack(copy: string, folder: string): Promise<void> {
  await removeTree(folder);
  await copyTree(copy, folder);
}
