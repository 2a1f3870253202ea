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
import { isErrno } from "../plan/open_regular.ts";
import { ignoreOwn } from "./ignore_own.ts";
import type { Journal } from "./publish_journal.ts";
import { type Pause, Place } from "./publish_place.ts";

/** Of the workspace. */
export const STAGING = ".writ/publish";

/** Ends the name of what has been set aside for good. */
export const GONE = ".gone";

/** Ends the name of what somebody may still want. */
export const KEPT = ".kept";

/** What was set aside for good and is there still, absolute, and why. */
export interface Left {
  path: string;
  why: string;
}

/**
 * Removes what was set aside, links not followed; what is not there is fine. Folders are not opened for
 * it first: that goes by their paths, and whoever may exchange one would choose what is removed.
 */
export async function removeOrTell(path: string): Promise<Left | null> {
  try {
    await Deno.remove(path, { recursive: true });
    return null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    if (error instanceof Deno.errors.NotCapable) throw error;
    const { message } = error as Error;
    return {
      path,
      why: `it lay there before and cannot be removed: ${message}`,
    };
  }
}

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

  /** Removes it, wherever it lies; gives what could not be removed. */
  async remove(): Promise<Left[]> {
    const left = [await setAside(this.#state, this.#journal.id)];
    const exposed = this.#exposed;
    if ([exposed, exposed + GONE].some((path) => this.#workspace.has(path))) {
      this.#workspace.requireFolder(STAGING);
      left.push(await setAside(this.#workspace, exposed));
    }
    return left.filter((one) => one !== null);
  }

  /** Whether anything of what is new was changed after a time, milliseconds since 1970. */
  isChangedSince(time: number): boolean {
    const folders = [`${this.folder}/new`];
    for (let folder; (folder = folders.pop()) !== undefined;) {
      for (const { name } of Deno.readDirSync(this.place.at(folder))) {
        const info = Deno.lstatSync(this.place.at(`${folder}/${name}`));
        if ((info.mtime?.getTime() ?? 0) > time) return true;
        if (info.isDirectory) folders.push(`${folder}/${name}`);
      }
    }
    return false;
  }

  /** Leaves it to whoever has changed what is new in it. */
  keep(): Left {
    if (this.isExposed) this.#workspace.requireFolder(STAGING);
    const path = this.place.at(this.folder + KEPT);
    Deno.renameSync(this.place.at(this.folder), path);
    return {
      path,
      why:
        "a runner that was killed had put this into the workspace, and somebody has changed it since: take what you need of it, and remove it",
    };
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

/** At once, whatever ends it: half of a publishing's folder says that more was moved than was. */
async function setAside(place: Place, folder: string): Promise<Left | null> {
  const gone = place.at(folder + GONE);
  if (place.has(folder)) Deno.renameSync(place.at(folder), gone);
  return await removeOrTell(gone);
}

/** Where a workspace hands its group down to all that is made in it, so does a folder for it. */
function inheritGroup(workspace: string, folder: string): void {
  const { gid, mode } = Deno.lstatSync(workspace);
  if (gid === null || mode === null || (mode & SETGID) === 0) return;
  Deno.chownSync(folder, null, gid);
  Deno.chmodSync(folder, 0o700 | SETGID);
}

const SETGID = 0o2000;
