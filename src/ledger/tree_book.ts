/**
 * The tree of a ledger and its checkpoints: kept with the entries, in the same commits.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import type { Signer } from "../core/keys.ts";
import {
  type Checkpoint,
  parseCheckpoint,
  signCheckpoint,
} from "./checkpoint.ts";
import { cosign } from "./cosignature.ts";
import type { EntryBatch, EntryLog } from "./entry_log.ts";
import type { TreeHead } from "./merkle.ts";
import { CORRUPT_HINT } from "./records.ts";
import type { Put, Store } from "./store.ts";
import { type TileId, tileName } from "./tile.ts";
import { TreeReader } from "./tree_reader.ts";

/** The id of the newest checkpoint; the others have that of the run whose closing they cover. */
const LATEST = "latest";

/** The tree as a store keeps it. */
export function treeOf(store: Store): TreeReader {
  return new TreeReader((tile: TileId) => store.get("tile", tileName(tile)));
}

/** The head of the tree over all entries. */
export async function treeHead(store: Store): Promise<TreeHead> {
  const { size } = await store.head();
  return await treeOf(store).headAt(size);
}

/**
 * Refuses a ledger that does not begin with what was seen of it.
 *
 * @param size how many entries the ledger has
 * @param by who has seen it, for the message
 * @throws {WritError} `ledger.rolled_back` when it is shorter, `ledger.rewritten` when its
 * entries are others
 */
export async function requireSeen(
  store: Store,
  size: number,
  seen: TreeHead,
  by: string,
): Promise<void> {
  switch (await treeOf(store).standing(seen, size)) {
    case "holds":
      return;
    case "shorter":
      throw new WritError(
        "ledger.rolled_back",
        `Cannot use the ledger: it has ${size} entries, ${by} has seen ${seen.size}`,
        {
          hint:
            "The state folder was restored from an older copy, or is another one; bring back the newest state",
        },
      );
    case "differs":
      throw new WritError(
        "ledger.rewritten",
        `Cannot use the ledger: its first ${seen.size} entries are not those that ${by} has seen`,
        {
          hint:
            "Somebody has written its history anew; keep it as it is, and look into who could",
        },
      );
  }
}

/** The newest checkpoint, as it was signed; `null` before the first. */
export function latestCheckpoint(store: Store): Promise<Uint8Array | null> {
  return store.get("checkpoint", LATEST);
}

/** How many entries the newest checkpoint covers; 0 before the first. */
export async function checkpointedSize(store: Store): Promise<number> {
  const bytes = await latestCheckpoint(store);
  return bytes === null ? 0 : parse(bytes).size;
}

/** The checkpoint that was signed with the closing of a run; `null` when it is not closed. */
export function checkpointOfRun(
  store: Store,
  run: string,
): Promise<Uint8Array | null> {
  return store.get("checkpoint", run);
}

/** The checkpoint that goes into the commit which closes a run. */
export async function checkpointPuts(
  log: EntryLog,
  batch: EntryBatch,
  run: string,
): Promise<Put[]> {
  const before = await latestCheckpoint(log.store);
  const bytes = await signTree(log, batch.tree(), before);
  return [LATEST, run].map((id) => ({ kind: "checkpoint", id, bytes }));
}

/** A checkpoint of all entries: the newest one where it covers them, else one that is signed now. */
export function currentCheckpoint(log: EntryLog): Promise<Uint8Array> {
  return log.change(async (batch) => {
    const before = await latestCheckpoint(log.store);
    const tree = batch.tree();
    if (before !== null && parse(before).size === tree.size) {
      return { result: before };
    }
    const bytes = await signTree(log, tree, before);
    return { put: [putLatest(bytes, before)], result: bytes };
  });
}

/**
 * Adds a witness's cosignature to a checkpoint of all entries, and keeps it.
 *
 * @param seen what the witness has seen before; `null`: nothing
 * @throws {WritError} `ledger.rolled_back`, `ledger.rewritten` when the ledger does not continue that
 */
export async function cosignCheckpoint(
  log: EntryLog,
  witness: Signer,
  seen: TreeHead | null,
): Promise<Uint8Array> {
  await currentCheckpoint(log);
  return await log.change(async () => {
    const before = await latestCheckpoint(log.store);
    if (before === null) throw damaged("it is gone");
    const { size, root, note } = parse(before);
    for (const head of [seen, { size, root }]) {
      if (head !== null) {
        await requireSeen(log.store, size, head, "the witness");
      }
    }
    const bytes = await cosign(note, witness, log.now());
    return { put: [putLatest(bytes, before)], result: bytes };
  });
}

/**
 * The ledger's own key.
 *
 * @throws {WritError} `keys.unsafe` when it is another's, and why it cannot be had
 */
export async function ledgerKey(log: EntryLog): Promise<Signer> {
  const signer = await log.signer();
  if (signer.id === log.id) return signer;
  throw new WritError(
    "keys.unsafe",
    `Cannot sign the ledger's tree: the key is ${signer.id}, that of the ledger is ${log.id}`,
  );
}

/** A log must not sign what contradicts what it has signed (C2SP tlog-checkpoint). */
async function signTree(
  log: EntryLog,
  tree: TreeHead,
  before: Uint8Array | null,
): Promise<Uint8Array> {
  if (before !== null) {
    const { size } = await log.store.head();
    await requireSeen(log.store, size, parse(before), "its own checkpoint");
  }
  return await signCheckpoint(tree, await ledgerKey(log));
}

function putLatest(bytes: Uint8Array, expect: Uint8Array | null): Put {
  return { kind: "checkpoint", id: LATEST, bytes, expect };
}

function parse(bytes: Uint8Array): Checkpoint {
  try {
    return parseCheckpoint(bytes, "the newest checkpoint");
  } catch (cause) {
    throw damaged("it is no checkpoint", cause);
  }
}

function damaged(why: string, cause?: unknown): WritError {
  return new WritError(
    "ledger.corrupt",
    `Cannot read the newest checkpoint from the ledger: ${why}`,
    { hint: CORRUPT_HINT, cause },
  );
}
