/**
 * Whether a run has a living runner: it holds an flock(2) on a file, which ends with the
 * process, however that ends. The files stay: whoever waits for one has it open.
 *
 * Edge: files and timers.
 *
 * @module
 */
import { join } from "@std/path/join";
import { WritError } from "../core/errors.ts";
import { isRunId } from "../core/id.ts";
import { openLockFile } from "./lock_file.ts";

/** A run that this process holds. */
export interface RunLock extends Disposable {
  readonly run: string;
  release(): void;
}

/**
 * Takes a run for this process, until `release` or the end of the process.
 *
 * @param folder The state folder's `locks`; made if it is not there.
 * @throws {WritError} `run.busy` when another runner holds it
 */
export async function acquireRunLock(
  folder: string,
  run: string,
): Promise<RunLock> {
  const file = openLockFile(folder, nameOf(run));
  // Someone who only looks holds the lock for an instant.
  for (let attempt = 0; !file.tryLockSync(true); attempt++) {
    if (attempt === 20) {
      file.close();
      throw new WritError(
        "run.busy",
        `Cannot take run "${run}": another runner holds it`,
        { hint: "Wait until it ends" },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  let held = true;
  const release = () => {
    if (held) file.close();
    held = false;
  };
  return { run, release, [Symbol.dispose]: release };
}

/** `true` when a living process holds the run. */
export async function isRunHeld(folder: string, run: string): Promise<boolean> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(join(folder, nameOf(run)), { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  try {
    return !file.tryLockSync(false);
  } finally {
    file.close();
  }
}

/**
 * Takes the lock of a run that nobody else holds, so that none can begin to; `null` when it is
 * alive. A run whose lock file is not there was never begun, or is long gone.
 */
export function holdDead(folder: string, run: string): Disposable | null {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(join(folder, run));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return { [Symbol.dispose]() {} };
    }
    throw error;
  }
  if (file.tryLockSync(true)) return file;
  file.close();
  return null;
}

function nameOf(run: string): string {
  if (!isRunId(run)) {
    throw new WritError(
      "reference.unknown",
      `Cannot lock "${run}": it is not the id of a run`,
    );
  }
  return run;
}
