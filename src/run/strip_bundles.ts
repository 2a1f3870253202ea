/**
 * Taking what has expired out of the bundles of a workspace. At every moment a bundle is whole, or
 * says what has gone: what tells it is there before anything goes.
 *
 * Edge: files.
 *
 * @module
 */
import { EXPIRED_FILE, ExpiryExcerptSchema } from "../bundle/bundle.ts";
import {
  EVIDENCE_FOLDER,
  evidenceName,
  OPEN_MARK,
  RUNS,
} from "../bundle/names.ts";
import { canonicalBytes, parseCanonical } from "../core/canonical_json.ts";
import { WritError } from "../core/errors.ts";
import { isRunId } from "../core/id.ts";
import { sameBytes } from "../core/same_bytes.ts";
import { lookAt } from "../plan/open_regular.ts";
import { removeTree } from "../evidence/remove_tree.ts";
import { classOf } from "../ledger/captured.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { RunRecord } from "../ledger/records.ts";
import { readReceipts } from "./documents.ts";
import { expiryExcerptOf } from "./expiry_excerpt.ts";
import type { Place } from "./publish_place.ts";

/** What is made aside in the folder of bundles; what is left of one has no owner. */
const ASIDE = /^\.(bundle|expired|gone)-/;

/** The runs whose bundles lie in the workspace, and still hold what has expired or do not say so. */
export async function* unstripped(
  place: Place,
  ledger: Ledger,
): AsyncGenerator<RunRecord> {
  for (const name of namesIn(place, RUNS)) {
    if (!isRunId(name)) continue;
    const record = await ledger.run(name);
    if (record === null || record.closedAt === null) continue;
    if (record.evidence === undefined) continue;
    if (await isStripped(record, place, ledger)) continue;
    yield record;
  }
}

/**
 * Puts what proves the expiry beside the bundle's files, and removes those that have expired.
 *
 * @param checkpoint of the whole ledger
 * @throws {WritError} `publish.unsafe` where a folder of the bundle is none
 */
export async function stripBundle(
  record: RunRecord,
  checkpoint: Uint8Array,
  place: Place,
  ledger: Ledger,
): Promise<void> {
  const { run } = record;
  const folder = `${RUNS}/${run}`;
  const excerpt = await expiryExcerptOf(run, checkpoint, ledger);
  await writeInto(place, folder, canonicalBytes(excerpt));
  const gone = await expiredFiles(record, ledger);
  const there = namesIn(place, `${folder}/${EVIDENCE_FOLDER.slice(0, -1)}`);
  const names = there.filter((name) => gone.has(EVIDENCE_FOLDER + name));
  if (names.length === 0) return;
  if (names.length === there.length) {
    // One by one, the last would leave a folder that holds nothing.
    const aside = `${RUNS}/.gone-${crypto.randomUUID()}`;
    await place.move(`${folder}/evidence`, aside);
    await removeTree(place.at(aside));
    return;
  }
  for (const name of names) {
    place.requireFolder(`${folder}/${EVIDENCE_FOLDER.slice(0, -1)}`);
    Deno.removeSync(place.at(`${folder}/${EVIDENCE_FOLDER}${name}`));
  }
}

/**
 * What killed processes have left in the folder of bundles: drafts, and marks of runs that have
 * their bundle. Nobody may be writing one.
 */
export function abandonedDrafts(place: Place): string[] {
  const names = new Set(namesIn(place, RUNS));
  const isIdle = (name: string) =>
    name.startsWith(OPEN_MARK) && names.has(name.slice(OPEN_MARK.length));
  return [...names].filter((name) => ASIDE.test(name) || isIdle(name))
    .map((name) => `${RUNS}/${name}`);
}

async function isStripped(
  record: RunRecord,
  place: Place,
  ledger: Ledger,
): Promise<boolean> {
  const folder = `${RUNS}/${record.run}`;
  if (
    !await isTold(record.run, place.at(`${folder}/${EXPIRED_FILE}`), ledger)
  ) {
    return false;
  }
  if (!place.has(`${folder}/evidence`)) return true;
  for (const name of await expiredFiles(record, ledger)) {
    if (place.has(`${folder}/${name}`)) return false;
  }
  return true;
}

/** Whether a file tells of all expiries that the ledger has. */
async function isTold(
  run: string,
  path: string,
  ledger: Ledger,
): Promise<boolean> {
  if (lookAt(path)?.isFile !== true) return false;
  try {
    const { entries } = ExpiryExcerptSchema.parse(
      parseCanonical(Deno.readFileSync(path), path),
    );
    const wanted = (await ledger.entriesOf(run)).filter(({ entry }) =>
      entry.type === "evidence.expired"
    ).map(({ entry }) => entry);
    return sameBytes(canonicalBytes(entries), canonicalBytes(wanted));
  } catch (error) {
    // Whatever it is, it is made anew.
    if (error instanceof WritError && error.code !== "input.invalid") {
      throw error;
    }
    return false;
  }
}

/** The names of the files that hold what has expired. */
async function expiredFiles(
  { run, evidence }: RunRecord,
  ledger: Ledger,
): Promise<Set<string>> {
  const names = new Set<string>();
  for (const { type, body } of await readReceipts(ledger, run)) {
    if (type !== "step.finished") continue;
    for (const ref of body.evidence) {
      if (evidence?.expired.includes(classOf(ref))) {
        names.add(evidenceName(ref.digest));
      }
    }
  }
  return names;
}

async function writeInto(
  place: Place,
  folder: string,
  bytes: Uint8Array,
): Promise<void> {
  place.requireFolder(folder);
  const aside = `${RUNS}/.expired-${crypto.randomUUID()}`;
  const file = await Deno.open(place.at(aside), {
    write: true,
    createNew: true,
    mode: 0o644,
  });
  try {
    for (let done = 0; done < bytes.length;) {
      done += await file.write(bytes.subarray(done));
    }
    await file.sync();
  } finally {
    file.close();
  }
  place.requireFolder(folder);
  await Deno.rename(place.at(aside), place.at(`${folder}/${EXPIRED_FILE}`));
  // Whoever swapped it meanwhile is found out, before anything goes.
  place.requireFolder(folder);
  using handle = await Deno.open(place.at(folder));
  await handle.sync();
}

/** The names in a folder, sorted; of one that is not there, none. Links are not followed. */
function namesIn(place: Place, folder: string): string[] {
  if (!place.has(folder)) return [];
  place.requireFolder(folder);
  return [...Deno.readDirSync(place.at(folder))].map(({ name }) => name).sort();
}
