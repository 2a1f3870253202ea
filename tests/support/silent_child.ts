/** Writes to a store once, says so, and once more when it is told to; then says what came of it. */
import { isWritError } from "../../src/core/errors.ts";
import { kvStore } from "../../src/ledger/kv_store.ts";
import { EMPTY_HEAD } from "../../src/ledger/store.ts";
import { appendTexts, headAfter } from "./ledger.ts";

const store = await kvStore(Deno.args[0], { patience: 500 });
const first = appendTexts(EMPTY_HEAD, "a");
await store.commit({ entries: first });
say("written");
await Deno.stdin.read(new Uint8Array(1));
try {
  await store.commit({ entries: appendTexts(headAfter(first), "b") });
  say("written again");
} catch (error) {
  if (!isWritError(error)) throw error;
  say(`${error.code}: ${error.message}`);
}
// What still asks the server would keep the process.
Deno.exit(0);

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
