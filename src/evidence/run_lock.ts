/**
 * Locks that say that a run is alive: an flock(2), which ends with its process, however it ends.
 *
 * Edge: files.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { lookAt } from "./open_regular.ts";

/** A lock that is held. */
export interface RunLock extends Disposable {
  release(): void;
  /** Releases it and removes its file. */
  forget(): void;
}

/** Takes a lock on a file, which is made; `null` when someone else has it. */
export function tryHold(path: string): RunLock | null {
  for (;;) {
    const file = Deno.openSync(path, {
      read: true,
      write: true,
      create: true,
      mode: 0o600,
    });
    if (!file.tryLockSync(true)) {
      file.close();
      return null;
    }
    // Whoever held it before may have removed the file: then this lock is one on nothing.
    if (lookAt(path)?.ino === file.statSync().ino) return lockOf(path, file);
    file.close();
  }
}

/**
 * Takes the lock of a run in `folder` for as long as the run lives.
 *
 * @throws {WritError} `run.busy` when another process has it.
 */
export function holdRun(folder: string, run: string): RunLock {
  const lock = tryHold(`${folder}/${run}`);
  if (lock !== null) return lock;
  throw new WritError(
    "run.busy",
    `Cannot go on with run ${quoted(run)}: another process is at it`,
    { hint: "wait for it, or end it" },
  );
}

function lockOf(path: string, file: Deno.FsFile): RunLock {
  let held = true;
  const release = () => {
    if (held) file.close();
    held = false;
  };
  return {
    release,
    forget() {
      if (held) Deno.removeSync(path);
      release();
    },
    [Symbol.dispose]: release,
  };
}
