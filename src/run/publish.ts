/**
 * Publishing: a step's products, from blobs into the workspace, all of them or none.
 *
 * New trees are built beside the old ones, a journal is made durable, the old are moved aside,
 * the new moved in. No link is ever followed, at a product or above it. A kill at any moment can
 * be undone; the products' bytes are made durable in the blob store, not a second time here.
 *
 * Edge: files, random ids.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { parentOf } from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import type { BlobStore } from "../evidence/blobs.ts";
import { lookAt } from "../plan/open_regular.ts";
import { ignoreOwn } from "./ignore_own.ts";
import { removeTree } from "../evidence/remove_tree.ts";
import { buildProduct } from "./publish_build.ts";
import {
  type Journal,
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

/** What {@linkcode publish} needs. */
export interface PublishInput {
  /** The workspace's folder. */
  workspace: string;
  products: PublishedProduct[];
  blobs: BlobStore;
  /** A file of the state folder, absolute, that no other publishing uses. */
  journalPath: string;
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
    workspace: place.root,
    paths,
    made: missingParents(place, paths),
  };
  const enter = async (phase: Journal["phase"], durable: boolean) => {
    await pause?.(`journal: ${phase}`);
    writeJournal(journalPath, { ...journal, phase }, durable);
    journal.phase = phase;
  };
  try {
    await enter("building", false);
    await build(place, journal, products, input.blobs);
    await enter("moving", true);
    await moveIn(place, journal);
    await enter("moved", false);
  } catch (error) {
    await undo(place, journal, error);
    removeJournal(journalPath);
    throw error;
  }
  await cleanUp(place, journal, pause);
  removeJournal(journalPath);
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
  pause?: Pause,
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
  let recovery: Recovery = "finished";
  if (journal.phase === "moved") await cleanUp(place, journal, pause);
  else {
    const lost = journal.phase === "moving" && isLost(place, journal);
    recovery = lost ? "lost" : "undone";
    await undo(place, journal);
  }
  removeJournal(journalPath);
  return recovery;
}

const STAGING = ".writ/publish";

function folderOf({ id }: Journal): string {
  return `${STAGING}/${id}`;
}

function newPath(journal: Journal, index: number): string {
  return `${folderOf(journal)}/new/${index}`;
}

function oldPath(journal: Journal, index: number): string {
  return `${folderOf(journal)}/old/${index}`;
}

function missingParents(place: Place, paths: readonly string[]): string[] {
  return [
    ...new Set(paths.flatMap((path) => place.missingFolders(parentOf(path)))),
  ];
}

async function build(
  place: Place,
  journal: Journal,
  products: readonly PublishedProduct[],
  blobs: BlobStore,
): Promise<void> {
  const staging = folderOf(journal);
  for (const folder of place.missingFolders(`${staging}/new`)) {
    await place.makeFolder(folder);
  }
  await place.makeFolder(`${staging}/old`);
  await ignoreOwn(place.root);
  for (const [index, product] of products.entries()) {
    const path = newPath(journal, index);
    place.requireFolder(parentOf(path));
    await buildProduct(place.at(path), product, blobs);
  }
}

async function moveIn(place: Place, journal: Journal): Promise<void> {
  for (const folder of journal.made) await place.makeFolder(folder);
  for (const [index, path] of journal.paths.entries()) {
    place.requireFolder(parentOf(path));
    if (place.has(path)) await place.move(path, oldPath(journal, index));
    await place.move(newPath(journal, index), path);
  }
}

/** Undoes what was moved, as far as it can; says so when it cannot. */
async function undo(
  place: Place,
  journal: Journal,
  because?: unknown,
): Promise<void> {
  const faults: unknown[] = [];
  if (journal.phase === "moving" && place.has(folderOf(journal))) {
    for (const [index, path] of [...journal.paths.entries()].reverse()) {
      try {
        await moveBack(place, journal, index, path);
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
      }. What was there before is kept in ${quoted(folderOf(journal))}`,
      {
        hint: "take away what is in the way, then run again",
        cause: because ?? faults[0],
      },
    );
  }
  if (place.has(folderOf(journal))) {
    place.requireFolder(STAGING);
    await removeTree(place.at(folderOf(journal)));
  }
  for (const folder of [...journal.made].reverse()) place.unmake(folder);
}

async function moveBack(
  place: Place,
  journal: Journal,
  index: number,
  path: string,
): Promise<void> {
  const fresh = newPath(journal, index);
  const old = oldPath(journal, index);
  if (!place.has(fresh) && place.has(path)) await place.move(path, fresh);
  if (place.has(old)) await place.move(old, path);
}

/** Whether what the journal speaks of is gone (`git clean` takes all of `.writ`). */
function isLost(place: Place, journal: Journal): boolean {
  return !place.has(`${folderOf(journal)}/new`) ||
    !place.has(`${folderOf(journal)}/old`);
}

async function cleanUp(
  place: Place,
  journal: Journal,
  pause?: Pause,
): Promise<void> {
  await pause?.("clean up");
  if (lookAt(place.at(folderOf(journal))) === null) return;
  place.requireFolder(STAGING);
  await removeTree(place.at(folderOf(journal)));
}
