/**
 * Collecting garbage: what has been kept long enough goes, and the ledger says so before it does;
 * then what nobody needs any more.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path/join";
import { isWritError, WritError } from "../core/errors.ts";
import { RUNS } from "../bundle/names.ts";
import type { BlobStore } from "../evidence/blobs.ts";
import { unwritable } from "../evidence/blob_files.ts";
import { holdDead, isRunHeld } from "../evidence/run_lock.ts";
import type { StatePaths } from "../evidence/state_folder.ts";
import { stateAlone } from "../evidence/state_use.ts";
import { FileLock } from "../ledger/file_lock.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { RunRecord } from "../ledger/records.ts";
import type { Retention } from "../ticket/trust.ts";
import {
  type DueEvidence,
  dueEvidence,
  RetentionRules,
} from "./due_evidence.ts";
import { Place } from "./publish_place.ts";
import { stripBundle, unstripped } from "./strip_bundles.ts";
import { findUnneeded, removeUnneeded, type Unneeded } from "./unneeded.ts";

/** What garbage is collected from. */
export interface GarbageWorld {
  ledger: Ledger;
  state: StatePaths;
  blobs: BlobStore;
  /** Root of the workspace whose bundles are looked at, absolute. */
  workspace: string;
  /** The longest of all that is in force for workspaces of this ledger. */
  retention: Retention;
  /** Milliseconds since 1970. */
  now: number;
}

/** What was collected, or would be. */
export interface Collected {
  /** What has expired now. */
  expired: DueEvidence[];
  /** The runs out of whose bundles it was taken. */
  bundles: string[];
  /** What nobody needs; `null`: others use the state folder, and it was left. */
  unneeded: Unneeded | null;
  /** Bundles that could not be changed, with the reason. */
  left: { run: string; why: string }[];
}

/** So many runs expire in one commit. */
const AT_ONCE = 100;

/** How long another collection may take before waiting for it is given up, milliseconds. */
const PATIENCE = 600_000;

/**
 * Collects. Killed at any moment, the next one goes on where it stopped.
 *
 * @throws {WritError} `run.busy` when another collection does not end, `workspace.unsafe`
 */
export async function collectGarbage(world: GarbageWorld): Promise<Collected> {
  const place = new Place(world.workspace);
  const lock = new FileLock(join(world.state.locks, "gc"), {
    patience: PATIENCE,
    late: () =>
      new WritError("run.busy", "Cannot collect: another gc does not end"),
    unwritable: (cause, path) => unwritable(path, cause),
  });
  try {
    return await lock.hold(async () => {
      const rules = new RetentionRules(world.ledger, world.retention);
      const expired = await expireAll(rules, world);
      const { bundles, left } = await stripAll(place, world);
      const unneeded = await sweep(place, rules, world);
      return { expired, bundles, unneeded, left };
    });
  } finally {
    lock.close();
  }
}

/** What {@linkcode collectGarbage} would do now. Nothing is changed. */
export async function findGarbage(world: GarbageWorld): Promise<Collected> {
  const { ledger, state } = world;
  const place = new Place(world.workspace);
  const rules = new RetentionRules(ledger, world.retention);
  const due = new Map<string, DueEvidence>();
  for await (const record of ledger.runs()) {
    const isAlive = record.status === "running" &&
      await isRunHeld(state.locks, record.run);
    const each = isAlive
      ? null
      : await dueEvidence(record, rules, world.now, ledger);
    if (each !== null) due.set(record.run, each);
  }
  const bundles = new Set<string>();
  for await (const { run } of unstripped(place, ledger)) bundles.add(run);
  for (const run of due.keys()) {
    if (place.has(`${RUNS}/${run}`)) bundles.add(run);
  }
  return {
    expired: [...due.values()],
    bundles: [...bundles].sort(),
    unneeded: await findUnneeded(place, rules, world, due),
    left: [],
  };
}

/** Enters what is due; nothing is removed yet. */
async function expireAll(
  rules: RetentionRules,
  world: GarbageWorld,
): Promise<DueEvidence[]> {
  const { ledger } = world;
  const all: DueEvidence[] = [];
  let batch: DueEvidence[] = [];
  using held = new DisposableStack();
  const enter = async () => {
    if (batch.length > 0) {
      await ledger.expire(
        batch.map(({ run, expired, kept }) => ({ run, expired, kept })),
      );
    }
    all.push(...batch);
    batch = [];
  };
  for await (const record of ledger.runs()) {
    const due = record.status === "running"
      ? await dueOfDead(record, rules, held, world)
      : await dueEvidence(record, rules, world.now, ledger);
    if (due !== null) batch.push(due);
    if (batch.length === AT_ONCE) await enter();
  }
  await enter();
  return all;
}

/** A run that is not closed is held, so that nobody goes on with it, until its expiry is entered. */
async function dueOfDead(
  { run }: RunRecord,
  rules: RetentionRules,
  held: DisposableStack,
  { ledger, state, now }: GarbageWorld,
): Promise<DueEvidence | null> {
  const lock = holdDead(state.locks, run);
  if (lock === null) return null;
  // It may have gone on, or have ended, since it was listed.
  const record = await ledger.run(run);
  const due = record === null
    ? null
    : await dueEvidence(record, rules, now, ledger);
  if (due === null) lock[Symbol.dispose]();
  else held.use(lock);
  return due;
}

/** Takes what has expired, now or before, out of the workspace's bundles. */
async function stripAll(
  place: Place,
  { ledger }: GarbageWorld,
): Promise<Pick<Collected, "bundles" | "left">> {
  const bundles: string[] = [];
  const left: Collected["left"] = [];
  let checkpoint: Uint8Array | null = null;
  for (const { run } of await Array.fromAsync(unstripped(place, ledger))) {
    checkpoint ??= await ledger.checkpoint();
    const record = (await ledger.run(run))!;
    try {
      await stripBundle(record, checkpoint, place, ledger);
      bundles.push(run);
    } catch (error) {
      left.push({ run, why: whyLeft(error) });
    }
  }
  return { bundles, left };
}

/** What lies in the workspace is whoever's who may write there: one bad bundle must not keep the others. */
function whyLeft(error: unknown): string {
  if (isWritError(error, "publish.unsafe")) return error.message;
  const isOfTheSystem = error instanceof Error && "code" in error &&
    !isWritError(error);
  if (isOfTheSystem) return error.message;
  throw error;
}

/** Removes what nobody needs, unless somebody plans or runs. */
async function sweep(
  place: Place,
  rules: RetentionRules,
  world: GarbageWorld,
): Promise<Unneeded | null> {
  using alone = stateAlone(world.state.locks);
  if (alone === null) return null;
  const unneeded = await findUnneeded(place, rules, world);
  await removeUnneeded(unneeded, place, world);
  return unneeded;
}
