/**
 * The figures. `deno task bench` prints all of them, `deno task bench NAME…` some.
 *
 * @module
 */
import { benchBlobs } from "./blobs.ts";
import { benchLedger } from "./ledger.ts";
import { benchMemory } from "./memory.ts";
import { benchPlanning } from "./planning.ts";
import { benchProcesses } from "./processes.ts";
import { benchReceipts } from "./receipts.ts";
import { benchSteps } from "./steps.ts";

/** Each prints its figures. */
const SECTIONS: Record<string, () => Promise<void>> = {
  processes: benchProcesses,
  planning: benchPlanning,
  receipts: benchReceipts,
  ledger: benchLedger,
  steps: benchSteps,
  blobs: benchBlobs,
  memory: benchMemory,
};

const asked = Deno.args.length > 0 ? Deno.args : Object.keys(SECTIONS);
for (const name of asked) {
  const section = SECTIONS[name];
  if (section === undefined) {
    console.error(
      `Nothing is measured as "${name}": ${Object.keys(SECTIONS).join(", ")}`,
    );
    Deno.exit(2);
  }
  await section();
}
