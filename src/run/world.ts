/**
 * The runner's world: its sight, and the state folder with ledger and blobs.
 *
 * Edge: files, the KV store, timers.
 *
 * @module
 */
import { join } from "@std/path/join";
import type { Digest } from "../core/digest.ts";
import type { Signer } from "../core/keys.ts";
import { BlobStore } from "../evidence/blobs.ts";
import { openState, type StatePaths } from "../evidence/state_folder.ts";
import { useState } from "../evidence/state_use.ts";
import { kvStore } from "../ledger/kv_store.ts";
import { Ledger } from "../ledger/ledger.ts";
import type { Store } from "../ledger/store.ts";
import type { Pins } from "../policy/pins.ts";
import type { Trust } from "../ticket/trust.ts";
import { Publishing } from "./publishing.ts";
import { requireInForce, type Sight } from "./sight.ts";
import { unattendedSigner } from "./unattended_signer.ts";
import { readWitness, writeWitness } from "./witness.ts";

/** How long a receipt that nobody waits for waits for others, milliseconds. */
const SOON = 5;

/** A {@linkcode Sight} whose policy and trust are in force, with the state folder open. */
export interface World {
  sight: Sight & { pins: Pins; trust: { file: Trust; digest: Digest } };
  state: StatePaths;
  ledger: Ledger;
  blobs: BlobStore;
  publishing: Publishing;
  /** The runner's key. */
  runner(): Promise<Signer>;
  /** Remembers the ledger's head in the config folder: from now on no older state is believed. */
  remember(): Promise<void>;
  /** Remembers once more and closes the store. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens the state folder of the ledger that is pinned for the workspace.
 *
 * @throws {WritError} when policy or trust are not in force, or the ledger is shorter than the
 * last one seen (`ledger.rolled_back`) or another one (`ledger.rewritten`).
 */
export async function openWorld(
  sight: Sight,
  stateFolder: string,
  openStore?: () => Promise<Store>,
): Promise<World> {
  requireInForce(sight);
  const state = await openState(stateFolder, sight.pins.ledger);
  const use = await useState(state.locks);
  let store: Store | undefined;
  try {
    store = openStore === undefined
      ? await kvStore(join(state.ledger, "ledger.kv"))
      : await openStore();
    const opened = store;
    const ledger = await Ledger.open(store, {
      id: sight.pins.ledger,
      now: sight.now,
      later: (work) => void setTimeout(work, SOON),
      signer: () => unattendedSigner(sight.config, "ledger"),
      seen: await readWitness(sight.config, sight.pins.ledger),
    });
    const publishing = new Publishing(state.publish, sight.workspace);
    const remember = async () =>
      await writeWitness(sight.config, sight.pins.ledger, await ledger.tree());
    return {
      sight,
      state,
      ledger,
      blobs: new BlobStore(state),
      publishing,
      runner: () => unattendedSigner(sight.config, "runner"),
      remember,
      [Symbol.asyncDispose]: async () => {
        try {
          await remember();
          await sight.toolDigests.save();
        } finally {
          publishing[Symbol.dispose]();
          await opened.close();
          use[Symbol.dispose]();
        }
      },
    };
  } catch (error) {
    await store?.close();
    use[Symbol.dispose]();
    throw error;
  }
}
