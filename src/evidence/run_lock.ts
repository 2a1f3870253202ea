/**
 * Whether a run is alive: its runner holds an flock(2), which ends with the process, however
 * that ends.
 *
 * Edge: files.
 *
 * @module
 */

/**
 * Takes the lock of a run that nobody else holds, so that none can begin to; `null` when it is
 * alive. A run whose lock file is not there was never begun, or is long gone.
 */
export function holdDead(path: string): Disposable | null {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return { [Symbol.dispose]() {} };
    }
    throw error;
  }
  // The file stays: whoever waits for it has it open.
  if (file.tryLockSync(true)) return file;
  file.close();
  return null;
}
