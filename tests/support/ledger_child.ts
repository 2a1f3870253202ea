/**
 * A process that writes a ledger beside others.
 *
 * `admit LEDGER`: admits a run for each ticket that comes as a line of JSON, and says whether.
 * `append LEDGER COUNT`: admits a run and appends that many receipts, with tickets between.
 * `write LEDGER`: writes whole runs until it is killed, and says what is durable.
 *
 * @module
 */
import { TextLineStream } from "./text_lines.ts";
import { isWritError } from "../../src/core/errors.ts";
import { kvStore } from "../../src/ledger/kv_store.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import {
  ACTOR,
  admission,
  close,
  finished,
  makeTicket,
  openLedger,
  sealed,
  started,
} from "./ledger.ts";

const [mode, path, count] = Deno.args;
const store = await kvStore(path);
const ledger = await openLedger(store);
if (mode === "admit") await admitEach(ledger);
if (mode === "append") await append(ledger, Number(count));
if (mode === "write") await writeForEver(ledger);
await store.close();

async function admitEach(ledger: Ledger): Promise<void> {
  say("ready");
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  for await (const line of lines) {
    try {
      const { record } = await ledger.admit(admission(JSON.parse(line)));
      say(record.run);
    } catch (error) {
      if (!isWritError(error)) throw error;
      say(error.code);
    }
  }
}

async function append(ledger: Ledger, count: number): Promise<void> {
  const { record: { run } } = await ledger.admit(admission(await makeTicket()));
  for (let i = 0; i < count; i += 2) {
    await ledger.append(run, "step.started", started(`s${i}`), ACTOR);
    await ledger.append(run, "step.finished", finished(`s${i}`), ACTOR);
    if (i % 20 === 0) {
      const { envelope, ticket, payloadDigest } = await makeTicket();
      await ledger.issueTicket(envelope, ticket, payloadDigest);
    }
  }
  say(run);
}

async function writeForEver(ledger: Ledger): Promise<void> {
  for (;;) {
    const signed = await makeTicket();
    const { record: { run } } = await ledger.admit(admission(signed));
    say(`${run} 1`);
    for (let step = 0; step < 5; step++) {
      await ledger.append(run, "step.started", started(`s${step}`), ACTOR);
      // Two at once go into one commit.
      await Promise.all([
        ledger.append(run, "step.finished", finished(`s${step}`), ACTOR),
        ledger.append(
          run,
          "step.published",
          { step: `s${step}`, products: [] },
          ACTOR,
        ),
      ]);
      say(`${run} ${4 + step * 3}`);
    }
    const { receipt, hash } = await ledger.append(
      run,
      "run.sealed",
      sealed(),
      ACTOR,
    );
    const head = { size: receipt.seq + 1, hash };
    await close(ledger, run, signed.ticket.id, head);
    say(`${run} ${head.size} closed`);
  }
}

/** Whole and at once: a line that the parent has read was said before the kill. */
function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
