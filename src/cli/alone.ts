/**
 * One change at a time to what the workspace proposes.
 *
 * Edge: files.
 * @module
 */
import { join } from "@std/path/join";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { unwritable } from "../evidence/blob_files.ts";
import { FileLock } from "../ledger/file_lock.ts";
import { ensurePrivateFolder } from "../policy/plain_file.ts";

/** How long another process may be at it, milliseconds: each reads a file and writes it. */
const PATIENCE = 10_000;

/**
 * Does `work` while no other process of this user does its own: who reads a file and writes it
 * changed loses nothing that another wrote in between.
 *
 * The lock lies in the config folder. What lies in the workspace can be held by whoever may read
 * it, and for as long as they like.
 *
 * @throws {WritError} `trust.busy`; `config.unsafe`, `store.unwritable`
 */
export async function alone<T>(
  config: string,
  work: () => Promise<T>,
  patience: number = PATIENCE,
): Promise<T> {
  const folder = join(config, "locks");
  await ensurePrivateFolder(config);
  await ensurePrivateFolder(folder);
  const lock = new FileLock(join(folder, "trust"), {
    patience,
    late: (path) =>
      new WritError(
        "trust.busy",
        `Cannot change the trust file: another process holds ${
          quoted(path, 200)
        }`,
        { hint: "see what other Writ process of yours hangs" },
      ),
    unwritable: (cause, path) => unwritable(path, cause),
  });
  try {
    return await lock.hold(work);
  } finally {
    lock.close();
  }
}
