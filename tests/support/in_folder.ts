/**
 * A folder of its own for a test.
 *
 * @module
 */
import { BlobStore } from "../../src/evidence/blobs.ts";
import { removeTree } from "../../src/evidence/remove_tree.ts";

/** A temporary folder that is gone at the end of the test. */
export async function inFolder(test: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "writ-evidence-" });
  try {
    await test(folder);
  } finally {
    await removeTree(folder);
  }
}

/** A store that has just been opened, so it has seen nothing yet. */
export function storeIn(folder: string): BlobStore {
  return new BlobStore({ blobs: `${folder}/blobs`, trees: `${folder}/trees` });
}
