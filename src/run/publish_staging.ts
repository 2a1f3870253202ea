/**
 * Where a publishing builds what is new and keeps what was there before: in the state folder,
 * out of reach of whoever may write the workspace, or, where nothing can be moved from there
 * into the workspace, in the workspace itself.
 *
 * Edge: files.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { removeTree } from "../evidence/remove_tree.ts";
import { isErrno } from "../plan/open_regular.ts";
import { ignoreOwn } from "./ignore_own.ts";
import type { Journal } from "./publish_journal.ts";
import { type Pause, Place } from "./publish_place.ts";

/** Of the workspace. */
const STAGING = ".writ/publish";

/** The folders of one publishing. */
export class Staging {
  readonly #journal: Journal;
  readonly #workspace: Place;
  readonly #state: Place;

  /** `stateFolder` is the journal's, and there. */
  constructor(
    journal: Journal,
    workspace: Place,
    stateFolder: string,
    pause?: Pause,
  ) {
    this.#journal = journal;
    this.#workspace = workspace;
    this.#state = new Place(stateFolder, pause, true);
  }

  /** What its paths are relative to. */
  get place(): Place {
    return this.isExposed ? this.#workspace : this.#state;
  }

  /** Whether it lies in the workspace. */
  get isExposed(): boolean {
    return this.#journal.staging === "workspace";
  }

  get folder(): string {
    return this.isExposed ? this.#exposed : this.#journal.id;
  }

  get isThere(): boolean {
    return this.place.has(this.folder);
  }

  /** Whether it is gone: `git clean` takes all of `.writ`. */
  get isLost(): boolean {
    return !this.place.has(`${this.folder}/new`) ||
      !this.place.has(`${this.folder}/old`);
  }

  newPath(index: number): string {
    return `${this.folder}/new/${index}`;
  }

  oldPath(index: number): string {
    return `${this.folder}/old/${index}`;
  }

  /** Makes it, and writes into the journal which of the two it is. */
  async make(): Promise<void> {
    const { root } = this.#workspace;
    for (const folder of this.#workspace.missingFolders(STAGING)) {
      await this.#workspace.ensureFolder(folder);
    }
    await ignoreOwn(root);
    this.#journal.staging = "state";
    await this.place.makeFolder(this.folder);
    if (!await this.#reachesWorkspace()) {
      this.#journal.staging = "workspace";
      await this.place.makeFolder(this.folder);
    }
    for (const part of ["new", "old"]) {
      await this.place.makeFolder(`${this.folder}/${part}`);
    }
    if (!this.isExposed) {
      inheritGroup(root, this.place.at(`${this.folder}/new`));
    }
  }

  /** Removes it, wherever it lies. */
  async remove(): Promise<void> {
    await removeTree(this.#state.at(this.#journal.id));
    if (!this.#workspace.has(this.#exposed)) return;
    this.#workspace.requireFolder(STAGING);
    await removeTree(this.#workspace.at(this.#exposed));
  }

  get #exposed(): string {
    return `${STAGING}/${this.#journal.id}`;
  }

  /** Tries it: equal device numbers do not tell, since a file system may be mounted twice. */
  async #reachesWorkspace(): Promise<boolean> {
    const probe = `${this.#journal.id}/probe`;
    await this.#state.makeFolder(probe);
    try {
      await this.#state.move(probe, this.#exposed, this.#workspace);
    } catch (error) {
      if (error instanceof WritError && isErrno(error.cause, "EXDEV")) {
        return false;
      }
      throw error;
    }
    this.#workspace.unmake(this.#exposed);
    return true;
  }
}

/** Where a workspace hands its group down to all that is made in it, so does a folder for it. */
function inheritGroup(workspace: string, folder: string): void {
  const { gid, mode } = Deno.lstatSync(workspace);
  if (gid === null || mode === null || (mode & SETGID) === 0) return;
  Deno.chownSync(folder, null, gid);
  Deno.chmodSync(folder, 0o700 | SETGID);
}

const SETGID = 0o2000;
