/**
 * The ledger that is in force for the workspace that the user stands in. Policy and trust need
 * not be in force to look at it.
 *
 * Edge: files and the KV store.
 * @module
 */
import { join } from "@std/path/join";
import { WritError } from "../core/errors.ts";
import { openState, type StatePaths } from "../evidence/state_folder.ts";
import { kvStore } from "../ledger/kv_store.ts";
import { Ledger } from "../ledger/ledger.ts";
import { readPins } from "../policy/pins.ts";
import { unattendedSigner } from "../run/unattended_signer.ts";
import { readWitness, writeWitness } from "../run/witness.ts";
import type { Context } from "./command.ts";
import { findWorkspace } from "./workspace.ts";

/** An open ledger. Disposing of it remembers its head in the config folder and closes the store. */
export interface OpenLedger extends AsyncDisposable {
  ledger: Ledger;
  state: StatePaths;
  /** Root of the workspace, absolute. */
  workspace: string;
  /** The config folder, absolute. */
  config: string;
}

/**
 * Opens the ledger.
 *
 * @throws {WritError} `setup.missing` before anything was put in force here;
 * `ledger.rolled_back` when the ledger is shorter than the last one seen, `ledger.rewritten` when it is another.
 */
export async function openLedger(context: Context): Promise<OpenLedger> {
  const { root } = await findWorkspace(context.cwd);
  const { configFolder, stateFolder } = await context.home();
  const pins = await readPins(configFolder, root);
  if (pins === null) {
    throw new WritError(
      "setup.missing",
      `Cannot find the ledger: nothing is in force for "${root}"`,
      { hint: "deno task setup makes keys, a trust file and pins" },
    );
  }
  const { ledger: id } = pins;
  const state = await openState(stateFolder, id);
  const store = await kvStore(join(state.ledger, "ledger.kv"));
  try {
    const seen = await readWitness(configFolder, id);
    const ledger = await Ledger.open(store, {
      id,
      now: context.now,
      seen,
      signer: () => unattendedSigner(configFolder, "ledger"),
    });
    return {
      ledger,
      state,
      workspace: root,
      config: configFolder,
      [Symbol.asyncDispose]: async () => {
        try {
          await writeWitness(configFolder, id, await ledger.tree());
        } finally {
          await store.close();
        }
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
