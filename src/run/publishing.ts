/**
 * Publishing into a workspace, one runner at a time. Whoever comes next first settles what a
 * runner that was killed left half-published there.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path/join";
import { sha256 } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { unwritable } from "../evidence/blob_files.ts";
import type { BlobStore } from "../evidence/blobs.ts";
import { FileLock } from "../ledger/file_lock.ts";
import { lookAt } from "../plan/open_regular.ts";
import { publish, type PublishInput, recoverPublish } from "./publish.ts";
import type { PublishedProduct } from "./publish_paths.ts";
import { GONE, KEPT, type Left, removeOrTell } from "./publish_staging.ts";

/** How long another runner may publish before waiting for it is given up, milliseconds. */
const PATIENCE = 600_000;

/** The publishings into one workspace, of all runners that share a state folder. */
export class Publishing implements Disposable {
  readonly #workspace: string;
  readonly #folder: string;
  readonly #lock: FileLock;
  readonly #lost = new Set<string>();
  readonly #left = new Map<string, string>();

  /** `folder` is the state folder's `publish`. */
  constructor(folder: string, workspace: string) {
    const id = sha256(new TextEncoder().encode(workspace)).slice(7, 39);
    this.#workspace = workspace;
    this.#folder = join(folder, id);
    this.#lock = new FileLock(join(this.#folder, "lock"), {
      patience: PATIENCE,
      late: () =>
        new WritError(
          "run.busy",
          `Cannot publish into ${quoted(workspace, 200)}: another runner was ${
            PATIENCE / 60_000
          } minutes at it`,
          { hint: "See what other Writ process hangs" },
        ),
      unwritable: (cause, path) => unwritable(path, cause),
    });
  }

  /**
   * Undoes or finishes what was interrupted.
   *
   * @throws {WritError} `publish.unsafe` when the way back is blocked
   */
  settle(): Promise<void> {
    return this.#alone(() => this.#settle());
  }

  /**
   * Publishes a step's products: all of them or none. `kept`: what they must not take away.
   *
   * @throws {WritError} of {@linkcode publish}
   */
  publish(
    run: string,
    step: string,
    products: PublishedProduct[],
    blobs: BlobStore,
    kept: Pick<PublishInput, "unseen" | "given"> = {},
  ): Promise<void> {
    return this.#alone(async () => {
      await this.#settle();
      await publish({
        workspace: this.#workspace,
        products,
        ...kept,
        blobs,
        journalPath: this.journalOf(run, step),
        leave: this.#leave,
      });
      this.#lost.delete(journalName(run, step));
    });
  }

  /** What was there before products and could not be removed: why, by path, absolute. */
  get left(): ReadonlyMap<string, string> {
    return this.#left;
  }

  readonly #leave = ({ path, why }: Left): void => {
    this.#left.set(path, why);
  };

  /** Whether a step's products were found half-published with no way back, so that they are published anew. */
  wasLost(run: string, step: string): boolean {
    return this.#lost.has(journalName(run, step));
  }

  /** Where the publishing of a step's products keeps its journal. */
  journalOf(run: string, step: string): string {
    return join(this.#folder, journalName(run, step));
  }

  /** Closes the lock's files. */
  [Symbol.dispose](): void {
    this.#lock.close();
  }

  #alone(work: () => Promise<void>): Promise<void> {
    try {
      Deno.mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw unwritable(this.#folder, cause);
    }
    return this.#lock.hold(work);
  }

  async #settle(): Promise<void> {
    const found = Array.from(Deno.readDirSync(this.#folder));
    for (const { name } of found) {
      if (!name.endsWith(".json")) continue;
      // Its writer would hold the lock, so it is gone.
      const journal = join(this.#folder, name);
      const recovery = await recoverPublish(journal, this.#workspace, {
        leave: this.#leave,
      });
      if (recovery === "lost") this.#lost.add(name);
    }
    // What no journal speaks of any more is what a power cut left of one that was not durable.
    for (const { name, isDirectory } of found) {
      if (!isDirectory) continue;
      const folder = join(this.#folder, name);
      if (name.endsWith(KEPT)) continue;
      if (!name.endsWith(GONE) && isKept(folder)) continue;
      const left = await removeOrTell(folder);
      if (left !== null) this.#leave(left);
    }
  }
}

/** Whether the folder of a publishing keeps what was there before. */
function isKept(folder: string): boolean {
  const old = `${folder}/old`;
  return lookAt(old) !== null && !Deno.readDirSync(old).next().done;
}

function journalName(run: string, step: string): string {
  return `${run}-${step}.json`;
}
