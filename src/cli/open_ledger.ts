/**
 * The ledger that is in force for a workspace, opened to be looked at. Policy and trust need
 * not be in force for that.
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
import { readWitness } from "../run/witness.ts";
import type { Context } from "./command.ts";
import { findWorkspace } from "./workspace.ts";

/** An open ledger; to be disposed of. */
export interface OpenLedger extends AsyncDisposable {
  ledger: Ledger;
  state: StatePaths;
  /** Real path of the workspace. */
  workspace: string;
}

/**
 * Opens the ledger of the workspace that the user stands in.
 *
 * @throws {WritError} `setup.missing` before anything was put in force here.
 */
export async function openLedger(context: Context): Promise<OpenLedger> {
  const { root: workspace } = await findWorkspace(context.cwd);
  const { configFolder, stateFolder } = await context.home();
  const pins = await readPins(configFolder, workspace);
  if (pins === null) {
    throw new WritError(
      "setup.missing",
      `Cannot find the ledger: nothing is in force for "${workspace}"`,
      { hint: "writ setup makes keys, a trust file and pins" },
    );
  }
  const state = await openState(stateFolder, pins.ledger);
  const store = await kvStore(join(state.ledger, "kv"));
  try {
    const ledger = await Ledger.open(store, {
      id: pins.ledger,
      now: context.now,
      seen: await readWitness(configFolder, pins.ledger),
    });
    return {
      ledger,
      state,
      workspace,
      [Symbol.asyncDispose]: () => store.close(),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
