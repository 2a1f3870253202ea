/**
 * Publishing: a step's products, from blobs into the workspace, all of them or none.
 *
 * New trees are built out of the way and made durable, then a journal is; the old are moved aside,
 * the new moved in. No link is ever followed, at a product or above it. A kill at any moment can be
 * undone, and after a power cut all is old or all is new.
 *
 * Edge: random ids.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { joinPath, parentOf } from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import type { BlobStore } from "../evidence/blobs.ts";
import { syncAll, syncFiles } from "../evidence/sync_files.ts";
import { buildProduct, type Built, requireBuilt } from "./publish_build.ts";
import {
  type Journal,
  journalFolder,
  journalTime,
  makeJournalFolder,
  readJournal,
  removeJournal,
  writeJournal,
} from "./publish_journal.ts";
import {
  type PublishedProduct,
  refuseRepositories,
  requirePublishable,
} from "./publish_paths.ts";
import { type Pause, Place } from "./publish_place.ts";
import { type Left, Staging } from "./publish_staging.ts";
import { refuseChanged, refuseUnseen } from "./publish_unseen.ts";

/** What {@linkcode publish} needs. */
export interface PublishInput {
  /** The workspace's folder. */
  workspace: string;
  products: PublishedProduct[];
  blobs: BlobStore;
  /** What of the workspace the step was kept from: no product may take it away. */
  unseen?: readonly string[];
  /** What of the workspace the step was given, by path: what has changed since is not taken away either. */
  given?: readonly PublishedProduct[];
  /** A file of the state folder, absolute, that no other publishing uses. */
  journalPath: string;
  /** Told what was there before and could not be removed. */
  leave?: (left: Left) => void;
  pause?: Pause;
}

/** What came of an interrupted publishing. `lost`: what it had set aside is gone, publish again. */
export type Recovery = "none" | "undone" | "finished" | "lost";

/**
 * Publishes products: on return all are in place; on an error none is.
 *
 * @throws {WritError} `publish.unsafe`, `workspace.unsafe`, `evidence.corrupt`, `store.unwritable`
 */
export async function publish(input: PublishInput): Promise<void> {
  const products = requirePublishable(input.products);
  if (products.length === 0) return;
  const { journalPath, pause } = input;
  const place = new Place(input.workspace, pause);
  refuseRepositories(products, (path) => place.has(path));
  const paths = products.map(({ path }) => path);
  const journal: Journal = {
    v: 1,
    id: crypto.randomUUID(),
    phase: "building",
    staging: "state",
    workspace: place.root,
    folder: folderOf(place),
    paths,
    made: missingParents(place, paths),
  };
  makeJournalFolder(journalPath);
  const folder = journalFolder(journalPath);
  const staging = new Staging(journal, place, folder, pause);
  const enter = async (phase: Journal["phase"], durable: boolean) => {
    await pause?.(`journal: ${phase}`);
    writeJournal(journalPath, { ...journal, phase }, durable);
    journal.phase = phase;
  };
  try {
    await enter("building", false);
    await staging.make();
    const built = await build(staging, products, input.blobs);
    await syncBuilt(staging, built);
    refuseUnseen(place, paths, input.unseen ?? []);
    refuseChanged(place, products, input.given ?? []);
    await enter("moving", true);
    await moveIn(place, staging, journal, built);
    await syncMoves(place, staging, journal);
    await enter("moved", true);
  } catch (error) {
    tell(await undo(place, staging, journal, { because: error }), input.leave);
    removeJournal(journalPath);
    throw error;
  }
  // All is in place: what cannot be removed of the old is no fault of the publishing.
  tell(await cleanUp(staging, pause), input.leave);
  removeJournal(journalPath);
}

function tell(left: readonly Left[], leave?: (left: Left) => void): void {
  for (const one of left) leave?.(one);
}

/** Unlike its device's number, these outlive a restart. */
function folderOf({ root }: Place): string {
  const { ino, birthtime } = Deno.lstatSync(root);
  return `${ino} ${birthtime?.toISOString() ?? ""}`;
}

/** What was built must be on disk before what it replaces goes. */
async function syncBuilt(
  { place, folder }: Staging,
  built: readonly Built[],
): Promise<void> {
  const files = built.flatMap((product, index) =>
    [...product].filter(([, identity]) => identity.startsWith("a file "))
      .map(([path]) => place.at(joinPath(`${folder}/new/${index}`, path)))
  );
  await syncFiles(place.at(`${folder}/new`), files);
}

async function syncMoves(
  place: Place,
  staging: Staging,
  { paths }: Journal,
): Promise<void> {
  await syncAll([
    ...new Set(paths.map((path) => place.at(parentOf(path)))),
    ...["new", "old"].map((part) =>
      staging.place.at(`${staging.folder}/${part}`)
    ),
  ]);
}

/**
 * Brings a workspace whose publishing was killed to where it was before, or, when all products
 * were in place already, tidies up. Safe to be killed and called again.
 *
 * @throws {WritError} `publish.unsafe` when the way back is blocked; the journal is then kept.
 */
export async function recoverPublish(
  journalPath: string,
  workspace: string,
  { pause, leave }: Pick<PublishInput, "pause" | "leave"> = {},
): Promise<Recovery> {
  const journal = readJournal(journalPath);
  if (journal === null) return "none";
  const place = new Place(workspace, pause);
  if (journal.workspace !== place.root) {
    throw new WritError(
      "publish.unsafe",
      `Cannot recover a publishing in ${quoted(place.root, 200)}: it was in ${
        quoted(journal.workspace, 200)
      }`,
    );
  }
  const folder = journalFolder(journalPath);
  const staging = new Staging(journal, place, folder, pause);
  if (journal.folder !== folderOf(place)) {
    throw new WritError(
      "publish.unsafe",
      `Cannot recover a publishing in ${
        quoted(place.root, 200)
      }: another folder is there since`,
      {
        hint:
          `put the folder of then back; or take what you need of it out of ${
            quoted(staging.place.at(staging.folder), 300)
          }, and remove ${quoted(journalPath, 300)}`,
      },
    );
  }
  let recovery: Recovery = "finished";
  if (journal.phase === "moved") tell(await cleanUp(staging, pause), leave);
  else {
    const lost = journal.phase === "moving" && staging.isLost;
    recovery = lost ? "lost" : "undone";
    const since = journalTime(journalPath);
    tell(await undo(place, staging, journal, { since }), leave);
  }
  removeJournal(journalPath);
  return recovery;
}

function missingParents(place: Place, paths: readonly string[]): string[] {
  return [
    ...new Set(paths.flatMap((path) => place.missingFolders(parentOf(path)))),
  ];
}

async function build(
  staging: Staging,
  products: readonly PublishedProduct[],
  blobs: BlobStore,
): Promise<Built[]> {
  const built: Built[] = [];
  for (const [index, product] of products.entries()) {
    const path = staging.newPath(index);
    built.push(await buildProduct(staging.place, path, product, blobs));
  }
  return built;
}

async function moveIn(
  place: Place,
  staging: Staging,
  journal: Journal,
  built: readonly Built[],
): Promise<void> {
  for (const folder of journal.made) await place.ensureFolder(folder);
  for (const [index, path] of journal.paths.entries()) {
    place.requireFolder(parentOf(path));
    if (place.has(path)) {
      await place.move(path, staging.oldPath(index), staging.place);
    }
    const fresh = staging.newPath(index);
    if (staging.isExposed) requireBuilt(staging.place, fresh, built[index]);
    await staging.place.move(fresh, path, place, built[index].get("."));
  }
}

/**
 * Undoes what was moved, as far as it can; says so when it cannot. What was moved in and changed in the
 * workspace after `since`, milliseconds since 1970, is taken back and kept.
 */
async function undo(
  place: Place,
  staging: Staging,
  journal: Journal,
  { because, since = Infinity }: { because?: unknown; since?: number },
): Promise<Left[]> {
  const faults: unknown[] = [];
  if (journal.phase === "moving" && staging.isThere) {
    for (const [index, path] of [...journal.paths.entries()].reverse()) {
      try {
        await moveBack(place, staging, index, path);
      } catch (error) {
        faults.push(error);
      }
    }
  }
  if (faults.length > 0) {
    throw new WritError(
      "publish.unsafe",
      `Cannot undo a publishing: ${
        faults.map((fault) => fault instanceof Error ? fault.message : fault)
          .join("; ")
      }. What was there before is kept in ${
        quoted(staging.place.at(staging.folder), 300)
      }`,
      {
        hint: "take away what is in the way, then run again",
        cause: because ?? faults[0],
      },
    );
  }
  const isWanted = journal.phase === "moving" && !staging.isLost &&
    staging.isChangedSince(since);
  const left = isWanted ? [staging.keep()] : await staging.remove();
  for (const folder of [...journal.made].reverse()) place.unmake(folder);
  return left;
}

async function moveBack(
  place: Place,
  staging: Staging,
  index: number,
  path: string,
): Promise<void> {
  const fresh = staging.newPath(index);
  const old = staging.oldPath(index);
  if (!staging.place.has(fresh) && place.has(path)) {
    await place.move(path, fresh, staging.place);
  }
  if (staging.place.has(old)) await staging.place.move(old, path, place);
}

async function cleanUp(staging: Staging, pause?: Pause): Promise<Left[]> {
  await pause?.("clean up");
  return await staging.remove();
}
