/**
 * Whether the ledger is one that `execute` would go on with, as `doctor` shows it.
 *
 * Edge: files and the KV store.
 *
 * @module
 */
import { join } from "@std/path/join";
import { counted } from "../../core/counted.ts";
import { WritError } from "../../core/errors.ts";
import { quoted } from "../../core/printable.ts";
import { statePaths } from "../../evidence/state_folder.ts";
import { kvStore } from "../../ledger/kv_store.ts";
import { Ledger } from "../../ledger/ledger.ts";
import { CORRUPT_HINT } from "../../ledger/records.ts";
import { MemoryStore } from "../../ledger/memory_store.ts";
import type { Store } from "../../ledger/store.ts";
import { kindOf } from "../../plan/open_regular.ts";
import { readPins } from "../../policy/pins.ts";
import { unattendedSigner } from "../../run/unattended_signer.ts";
import { readWitness } from "../../run/witness.ts";
import type { Context } from "../command.ts";
import type { Check } from "../upkeep_answers.ts";
import { findWorkspace } from "../workspace.ts";

/**
 * Opens the ledger as a run does. Nothing is entered, nothing is remembered, and what is not there
 * is not made.
 *
 * @throws {WritError} what a run would be refused with: `ledger.corrupt`, `ledger.rolled_back` and others
 */
export async function lookAtLedger(
  context: Context,
): Promise<Omit<Check, "what">> {
  const { root } = await findWorkspace(context.cwd);
  const { configFolder: config, stateFolder } = await context.home();
  const pins = await readPins(config, root);
  // That nothing is in force has a line of its own.
  if (pins === null) return { good: null, found: "none yet", hint: null };
  const { ledger: id } = pins;
  // Before the ledger, which may grow while it is looked at.
  const seen = await readWitness(config, id);
  const store = await storeAt(
    join(statePaths(stateFolder, id).ledger, "ledger.kv"),
  );
  try {
    const ledger = await Ledger.open(store, {
      id,
      now: context.now,
      seen,
      signer: () => unattendedSigner(config, "ledger"),
    });
    const { size } = await ledger.head();
    return {
      good: true,
      found: size === 0 ? "none yet" : counted(size, "entry", "entries"),
      hint: null,
    };
  } finally {
    await store.close();
  }
}

/** The store in a file; of one that is missing or empty, an empty one, since to open it would make it. */
async function storeAt(file: string): Promise<Store> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new MemoryStore();
    throw error;
  }
  // To open a pipe would wait for its other end; what is wrong with a folder, the store says.
  if (!info.isFile && !info.isDirectory) {
    throw new WritError(
      "ledger.corrupt",
      `Cannot read the ledger ${quoted(file, 200)}: it is ${
        kindOf(info)
      }, a file was expected`,
      { hint: CORRUPT_HINT },
    );
  }
  return info.isFile && info.size === 0
    ? new MemoryStore()
    : await kvStore(file);
}
