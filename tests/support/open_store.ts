/** Opens a store, writes to it until it cannot, and says what the refusal was. */
import { isWritError } from "../../src/core/errors.ts";
import { kvStore } from "../../src/ledger/kv_store.ts";
import { EMPTY_HEAD, type Head } from "../../src/ledger/store.ts";

let count = 0;
try {
  const store = await kvStore(Deno.args[0]);
  try {
    let head: Head = EMPTY_HEAD;
    for (; count < 20; count++) {
      const records = [new Uint8Array(count === 0 ? 10 : 300_000)];
      const hash = `sha256:${String(count).padStart(64, "0")}` as const;
      await store.commit({ entries: { after: head, records, hash } });
      head = { size: head.size + 1, hash };
    }
    console.log("no refusal");
  } catch (error) {
    const { length } = await Array.fromAsync(store.entries());
    say(error, ` after ${count}, ${length} entry is there`);
  }
} catch (error) {
  say(error, "");
}
Deno.exit(0);

function say(error: unknown, more: string): void {
  if (!isWritError(error)) throw error;
  console.error(error.message);
  console.log(`${error.code}${more}: ${error.hint}`);
}
