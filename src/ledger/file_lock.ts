/**
 * A lock between processes that is fair enough: who asks while it is held comes before who
 * asks again after releasing it.
 *
 * Edge: files and timers.
 *
 * @module
 */
import type { WritError } from "../core/errors.ts";

/** How a {@linkcode FileLock} waits, and what it says. */
export interface FileLockOptions {
  /** Milliseconds to wait at most. */
  patience: number;
  /** The refusal when it was not had in time. */
  late(path: string): WritError;
  /** The refusal when its files cannot be made. */
  unwritable(cause: unknown, path: string): WritError;
}

/**
 * An exclusive lock on a file (`flock(2)`); it ends with the process, however that ends.
 *
 * Two files, since `flock` is not fair: one must be first at the `.queue` to wait for the lock
 * itself, so a process that commits in a loop cannot keep others out.
 */
export class FileLock {
  readonly #path: string;
  readonly #options: FileLockOptions;
  #files: { queue: Deno.FsFile; held: Deno.FsFile } | null = null;
  #last: Promise<void> = Promise.resolve();

  /** Touches nothing yet. */
  constructor(path: string, options: FileLockOptions) {
    this.#path = path;
    this.#options = options;
  }

  /**
   * Does `work` while holding the lock. Calls of one process go one after the other.
   *
   * @throws {WritError} of `late` when the lock was not had in time
   */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    try {
      const files = this.#files ??= await this.#open();
      await this.#acquire(files);
      try {
        return await work();
      } finally {
        files.held.unlockSync();
      }
    } finally {
      resolve();
    }
  }

  /** Closes the lock's files. */
  close(): void {
    this.#files?.queue.close();
    this.#files?.held.close();
    this.#files = null;
  }

  async #open(): Promise<{ queue: Deno.FsFile; held: Deno.FsFile }> {
    const options = { create: true, read: true, write: true, mode: 0o600 };
    let held: Deno.FsFile | undefined;
    try {
      held = await Deno.open(this.#path, options);
      return { held, queue: await Deno.open(`${this.#path}.queue`, options) };
    } catch (error) {
      held?.close();
      if (error instanceof Deno.errors.NotCapable) throw error;
      throw this.#options.unwritable(error, this.#path);
    }
  }

  async #acquire(files: { queue: Deno.FsFile; held: Deno.FsFile }) {
    const { queue, held } = files;
    // The calls that do not wait cost a fortieth of those that may.
    if (queue.tryLockSync(true)) {
      if (held.tryLockSync(true)) return queue.unlockSync();
      queue.unlockSync();
    }
    const wait = (async () => {
      await queue.lock(true);
      try {
        await held.lock(true);
      } finally {
        queue.unlockSync();
      }
    })();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), this.#options.patience);
    });
    try {
      if (await Promise.race([wait, late]) !== "late") return;
    } finally {
      clearTimeout(timer);
    }
    // The wait cannot be called off: these files are given up once it ends.
    this.#files = null;
    wait.finally(() => {
      queue.close();
      held.close();
    }).catch(() => {});
    throw this.#options.late(this.#path);
  }
}
