/**
 * Makes sure that a folder exists, with its parents.
 *
 * @throws {Error} when the path exists and is no folder.
 */
export async function ensureDir(dir: string | URL): Promise<void> {
  try {
    await Deno.mkdir(dir, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    const info = await Deno.stat(dir);
    if (!info.isDirectory) {
      throw new Error(
        `Failed to ensure directory exists: expected 'dir', got 'file'`,
      );
    }
  }
}
