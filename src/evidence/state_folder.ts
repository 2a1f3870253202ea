/**
 * The runner's state folder: made and checked.
 *
 * Edge: files.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { unwritable } from "./blob_files.ts";
import { kindOf, lookAt } from "../plan/open_regular.ts";

/** The folders of one ledger's state, absolute. */
export interface StatePaths {
  root: string;
  ledger: string;
  blobs: string;
  trees: string;
  /** Module caches of deno steps, one folder a set of packages. */
  denoDirs: string;
  /** One folder a run, with what its steps see. */
  views: string;
  /** One file a run, locked while the run is alive. */
  locks: string;
  /** Journals of publishings that are under way. */
  publish: string;
  tickets: string;
}

const PARTS = [
  "ledger",
  "blobs",
  "trees",
  "deno-dirs",
  "views",
  "locks",
  "publish",
  "tickets",
] as const;

/** Where the state of a ledger lies; nothing is looked at. */
export function statePaths(stateRoot: string, ledgerId: Digest): StatePaths {
  const root = `${stateRoot}/${ledgerId.slice(7)}`;
  const at = (part: typeof PARTS[number]) => `${root}/${part}`;
  return {
    root,
    ledger: at("ledger"),
    blobs: at("blobs"),
    trees: at("trees"),
    denoDirs: at("deno-dirs"),
    views: at("views"),
    locks: at("locks"),
    publish: at("publish"),
    tickets: at("tickets"),
  };
}

/**
 * Opens the state folder of a ledger, and makes what is missing of it. Nobody but its owner may
 * get at it: what belongs to someone else, is a link, or is open to others is refused.
 *
 * @throws {WritError} `workspace.unsafe`, `store.unwritable`
 */
export function openState(
  stateRoot: string,
  ledgerId: Digest,
): Promise<StatePaths> {
  return Promise.try(() => {
    const paths = statePaths(stateRoot, ledgerId);
    const { root, locks } = paths;
    makeParents(stateRoot);
    const owner = ownFolder(stateRoot, null);
    ownFolder(root, owner);
    for (const part of PARTS) ownFolder(`${root}/${part}`, owner);
    requireOwner(locks, owner);
    return paths;
  });
}

/** Asks for the folder itself, not for those above it: a process may have leave for it alone. */
function makeParents(path: string): void {
  try {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    // What lies there instead is looked at next.
    if (cause instanceof Deno.errors.AlreadyExists) return;
    throw unwritable(path, cause);
  }
}

/** Makes or checks a folder, and gives the id of the user that it belongs to. */
function ownFolder(path: string, owner: number | null): number | null {
  try {
    Deno.mkdirSync(path, { mode: 0o700 });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AlreadyExists)) {
      throw unwritable(path, cause);
    }
  }
  const info = lookAt(path);
  if (info === null || !info.isDirectory) {
    throw unsafe(
      path,
      `it is ${
        info === null ? "not there" : kindOf(info)
      }, a folder was expected`,
    );
  }
  if (owner !== null && info.uid !== owner) {
    throw unsafe(path, "it belongs to another user");
  }
  const open = (info.mode ?? 0) & 0o077;
  if ((open & 0o022) !== 0) {
    throw unsafe(path, "other users may write there", `chmod 700 ${path}`);
  }
  if (open !== 0) Deno.chmodSync(path, 0o700);
  return info.uid;
}

/** The owner must be this process's user: whom a new file belongs to tells, without asking Deno for more. */
function requireOwner(folder: string, owner: number | null): void {
  const probe = `${folder}/.owner-${crypto.randomUUID()}`;
  try {
    Deno.writeFileSync(probe, new Uint8Array(), { createNew: true });
  } catch (cause) {
    throw unwritable(folder, cause);
  }
  const uid = lookAt(probe)?.uid ?? null;
  Deno.removeSync(probe);
  if (uid !== owner) throw unsafe(folder, "it belongs to another user");
}

function unsafe(path: string, why: string, hint?: string): WritError {
  return new WritError(
    "workspace.unsafe",
    `Cannot use the state folder ${quoted(path, 200)}: ${why}`,
    { hint },
  );
}
