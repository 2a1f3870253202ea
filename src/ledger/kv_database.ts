/**
 * One Deno KV database, used by any number of processes at once.
 *
 * Edge: Deno KV, files, timers and randomness.
 *
 * @module
 */
import { dirname } from "@std/path/dirname";
import { resolve } from "@std/path/resolve";
import { WritError } from "../core/errors.ts";
import { FileLock } from "./file_lock.ts";
import { isLocked, kvError, unwritable } from "./kv_error.ts";
import { isAddress } from "./kv_place.ts";

/** How a {@linkcode KvDatabase} waits. */
export interface KvDatabaseOptions {
  /** The lock's file; beside the database where none is given. Not used for an address. */
  lockPath?: string;
  /** How long to wait for other processes, or for the server, in milliseconds; 30,000 where none is given. */
  patience?: number;
  /** Opens the database; `Deno.openKv` where none is given. */
  open?: (place: string) => Promise<Deno.Kv>;
}

/**
 * A database that stays open, and is used under a file lock: a local one answers "database is
 * locked" to whoever opens, writes or closes it while another process does. One at an
 * `http(s)` address needs no lock; Deno asks its server again and again, so that patience ends it.
 */
export class KvDatabase {
  /** The absolute path, or the address. */
  readonly where: string;
  /** Whether it is at an address. */
  readonly isRemote: boolean;
  readonly #lock: FileLock | null;
  readonly #patience: number;
  readonly #opener: (place: string) => Promise<Deno.Kv>;
  #kv: Deno.Kv | null = null;
  #closed = false;

  constructor(place: string, options: KvDatabaseOptions) {
    this.isRemote = isAddress(place);
    this.where = this.isRemote ? place : resolve(place);
    this.#patience = options.patience ?? 30_000;
    this.#opener = options.open ?? openKv;
    this.#lock = this.isRemote
      ? null
      : new FileLock(options.lockPath ?? `${this.where}.lock`, {
        patience: this.#patience,
        late: (path) => busy(path, this.#patience),
        unwritable,
      });
  }

  /**
   * Does `work`, which must be whole or without effect, alone of all processes that use the
   * file. It is done again when the database says that it is locked.
   *
   * @throws {WritError} `store.unavailable` when the server does not answer in time: what was
   * asked of it may still come to be
   */
  async use<T>(work: (kv: Deno.Kv) => Promise<T>): Promise<T> {
    if (this.#closed) {
      throw new WritError("writ.fault", "Cannot use the ledger: it is closed");
    }
    try {
      if (this.#kv === null && !this.isRemote) await this.#makeFolder();
      return await this.#held(() =>
        this.#patiently(async () =>
          this.isRemote
            ? await this.#inTime(this.#open().then(work))
            : await work(await this.#open())
        )
      );
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /** Closes the database. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      // The last to close folds the write-ahead log in: nobody may open meanwhile.
      if (this.#kv !== null) {
        await this.#held(() => Promise.resolve(this.#kv?.close()));
      }
    } catch (error) {
      // What was committed is durable, folded in or not.
      if (!isLocked(error)) throw this.#explain(error);
    } finally {
      this.#kv = null;
      this.#lock?.close();
    }
  }

  /** Waits for a moment that differs from process to process, so that two that collided do not again. */
  async pause(attempt: number): Promise<void> {
    const most = Math.min(100, 2 ** attempt);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * most));
  }

  async #open(): Promise<Deno.Kv> {
    return this.#kv ??= await this.#opener(this.where);
  }

  async #inTime<T>(work: Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`no answer within ${this.#patience} ms`)),
        this.#patience,
      );
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #held<T>(work: () => Promise<T>): Promise<T> {
    return this.#lock === null ? work() : this.#lock.hold(work);
  }

  async #patiently<T>(work: () => Promise<T>): Promise<T> {
    const end = performance.now() + this.#patience;
    for (let attempt = 0;; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!isLocked(error)) throw error;
        if (performance.now() > end) {
          throw new WritError(
            "ledger.busy",
            `Cannot use the ledger "${this.where}": it was locked for ${this.#patience} ms`,
            {
              hint: "See what other process uses it, then try again",
              cause: error,
            },
          );
        }
        await this.pause(attempt);
      }
    }
  }

  /** The folder and the file, so that what is wrong with them shows as what it is. */
  async #makeFolder(): Promise<void> {
    try {
      await Deno.mkdir(dirname(this.where), { recursive: true, mode: 0o700 });
      const options = { create: true, write: true, mode: 0o600 };
      (await Deno.open(this.where, options)).close();
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      throw unwritable(error, this.where);
    }
  }

  #explain(error: unknown): unknown {
    if (error instanceof Deno.errors.NotCapable) return error;
    return kvError(error, this.where, this.isRemote);
  }
}

function busy(lock: string, patience: number): WritError {
  return new WritError(
    "ledger.busy",
    `Cannot use the ledger: "${lock}" was held by another process for ${patience} ms`,
    { hint: "See what other Writ process hangs, then try again" },
  );
}

function openKv(place: string): Promise<Deno.Kv> {
  if (typeof Deno.openKv === "function") return Deno.openKv(place);
  throw new WritError(
    "store.unavailable",
    `Cannot open the ledger "${place}": Deno KV is switched off`,
    {
      hint:
        'Start Deno with --unstable-kv, or write "unstable": ["kv"] in deno.json',
    },
  );
}
