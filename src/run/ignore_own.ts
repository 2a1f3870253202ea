/**
 * Keeping what Writ makes in a workspace out of commits.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path/join";
import { isErrno, lookAt } from "../plan/open_regular.ts";
import { writePlainFile } from "../policy/plain_file.ts";

/** Only folders of Writ's own are named: whatever else lies in `.writ` is somebody's to commit. */
const IGNORED =
  `# Made by Writ. Bundles prove themselves wherever they are kept.
/.gitignore
/publish/
/requests/
/runs/
`;

/**
 * Writes `.writ/.gitignore`, unless one is there. The folder must be a real one.
 *
 * @param workspace absolute path
 */
export async function ignoreOwn(workspace: string): Promise<void> {
  const path = join(workspace, ".writ/.gitignore");
  if (lookAt(path) !== null) return;
  try {
    await writePlainFile(path, new TextEncoder().encode(IGNORED), {
      mode: 0o644,
      replace: false,
    });
  } catch (error) {
    // Who made the folder without leave to write has decided what is committed of it.
    if (!["EACCES", "EPERM", "EROFS"].some((code) => isErrno(error, code))) {
      throw error;
    }
  }
}
