/**
 * The stage: the folders that a step gets to see, made from blobs and nothing else.
 *
 * Edge: files.
 *
 * @module
 */
import { lutimesSync } from "node:fs";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { BLOB_TIME } from "./blob_files.ts";
import type { BlobStore } from "./blobs.ts";
import { breaks } from "./breaks.ts";
import {
  STAGED,
  STEP_FOLDERS,
  type StepFolder,
  type UsedStages,
} from "./used_stages.ts";
import { type LayoutPart, layoutStage, type StageSource } from "./layout.ts";

/**
 * Products that start as a copy look a day older than what is only read: a build that
 * compares times then makes anew what it could otherwise take for fresh.
 */
export const UPDATE_TIME: number = BLOB_TIME - 86_400;

/** What {@linkcode buildStage} needs. */
export interface StageInput extends Omit<StageSource, "cwd"> {
  /** A folder that does not exist yet. */
  root: string;
  blobs: BlobStore;
  /** Unset, the root of the workspace. */
  cwd?: string;
  /** Unset, all that a step may write in. */
  folders?: readonly StepFolder[];
  /** Stages that may serve again. */
  used?: UsedStages;
}

/** A folder to be bound read-only at `path` of the stage; `source` is absolute. */
export interface StageBind {
  path: string;
  source: string;
}

/**
 * Builds `work/` (the step's workspace), `home/` and `tmp/` in a new folder, as far as they are
 * asked for, and `reads/` where it is needed.
 *
 * With `link`, a folder that is only read becomes hard links of blobs in `reads/`, to be bound
 * read-only onto an empty folder of `work/`; everything else is a copy. All folders are real
 * and made here, and links are made last, so that nothing is ever written through one.
 *
 * @throws {WritError} `workspace.unsafe`, `evidence.corrupt`, `store.unwritable`
 */
export async function buildStage(
  input: StageInput,
): Promise<{ binds: StageBind[] }> {
  const { root, blobs, folders = STEP_FOLDERS } = input;
  const layout = layoutStage({ ...input, cwd: input.cwd ?? "." });
  if (!input.used?.take(root, folders)) {
    makeFolder(root, 0o700);
    for (const name of folders) makeFolder(`${root}/${name}`, 0o755);
    Deno.writeTextFileSync(`${root}/${STAGED}`, "", { createNew: true });
  }
  await fill(`${root}/work`, layout.root, (file, target) => {
    blobs.copyTo(
      file.digest,
      target,
      file.program ? 0o755 : 0o644,
      file.updated ? UPDATE_TIME : BLOB_TIME,
    );
  }, blobs);
  const linked = new Set<string>();
  const binds: StageBind[] = [];
  if (layout.binds.length > 0) makeFolder(`${root}/reads`, 0o755);
  for (const [index, bind] of layout.binds.entries()) {
    const source = `${root}/reads/${index}`;
    makeFolder(source, 0o755);
    await fill(source, bind, ({ digest, program }, target) => {
      // Two names of one inode would make an archiver store the second as a link.
      const inode = `${digest} ${program}`;
      if (linked.has(inode)) {
        blobs.copyTo(digest, target, program ? 0o755 : 0o644);
      } else {
        blobs.linkTo(digest, target, program);
        linked.add(inode);
      }
    }, blobs);
    binds.push({ path: bind.path, source });
  }
  // A step may have set their times, and the next one would read them.
  for (const name of folders) {
    if (name === "work") continue;
    Deno.utimeSync(`${root}/${name}`, BLOB_TIME, BLOB_TIME);
  }
  Deno.utimeSync(root, BLOB_TIME, BLOB_TIME);
  // Newer than all that was laid out, and older than all that the step will do.
  const now = new Date();
  Deno.utimeSync(`${root}/${STAGED}`, now, now);
  return { binds };
}

async function fill(
  root: string,
  part: LayoutPart,
  place: (file: LayoutPart["files"][number], target: string) => void,
  blobs: BlobStore,
): Promise<void> {
  const rest = breaks();
  for (const path of part.folders) makeFolder(`${root}/${path}`, 0o755);
  for (const file of part.files) {
    place(file, `${root}/${file.path}`);
    await rest();
  }
  for (const { path, digest } of part.links) {
    Deno.symlinkSync(await linkText(blobs, path, digest), `${root}/${path}`);
    lutimesSync(`${root}/${path}`, BLOB_TIME, BLOB_TIME);
  }
  for (const path of part.folders) {
    Deno.utimeSync(`${root}/${path}`, BLOB_TIME, BLOB_TIME);
  }
  for (const path of part.closed) Deno.chmodSync(`${root}/${path}`, 0o555);
  Deno.utimeSync(root, BLOB_TIME, BLOB_TIME);
}

/**
 * The target that a link entry stands for.
 *
 * @throws {WritError} `evidence.corrupt`, `workspace.unsafe`
 */
export async function linkText(
  blobs: BlobStore,
  path: string,
  digest: LayoutPart["links"][number]["digest"],
): Promise<string> {
  const bytes = await blobs.read(digest);
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
    if (text !== "" && !text.includes("\0")) return text;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw new WritError(
    "workspace.unsafe",
    `Cannot make the link ${quoted(path)}: what it stands for is no path`,
  );
}

function makeFolder(path: string, mode: number): void {
  Deno.mkdirSync(path);
  Deno.chmodSync(path, mode);
}
