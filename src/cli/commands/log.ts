/**
 * `writ log`: what the ledger says.
 *
 * @module
 */
import { decodeBase64 } from "@std/encoding/base64";
import { EXIT, WritError } from "../../core/errors.ts";
import type { Entry } from "../../ledger/entry.ts";
import { readKey } from "../../ticket/keyring.ts";
import { type Command, command } from "../command.ts";
import { openLedger } from "../open_ledger.ts";
import { flag, wholeOption } from "../parameters.ts";

/** Shows the newest entries first, or walks the whole ledger. */
export const log: Command = command({
  parameters: {
    limit: wholeOption("N", "how many entries; 20, if not given"),
    all: flag("every entry"),
    check: flag("walk the whole ledger and every run, and recompute all of it"),
  },
  async run(args, context) {
    const { terminal } = context;
    await using open = await openLedger(context);
    const { ledger } = open;
    if (args.check) {
      const { publicKey } = await readKey(open.config, "ledger");
      const report = await ledger.verify(decodeBase64(publicKey));
      if (report.faults.length > 0) {
        throw new WritError("ledger.corrupt", "Cannot trust the ledger", {
          faults: report.faults,
        });
      }
      terminal.answer(
        { report },
        `whole: ${report.head.size} entries, ${report.tickets} tickets, ${report.runs} runs, ${report.receipts} receipts`,
      );
      return EXIT.done;
    }
    const head = await ledger.head();
    const limit = args.all ? head.size : args.limit ?? 20;
    const entries = [];
    for await (
      const { entry } of ledger.entries(Math.max(0, head.size - limit))
    ) {
      entries.unshift(entry);
    }
    terminal.answer(
      { ledger: ledger.id, head, entries },
      terminal.table({
        head: ["seq", "at", "what", "which"],
        rows: entries.map((entry) => [
          String(entry.seq),
          entry.at,
          entry.type,
          which(entry),
        ]),
      }),
    );
    if (entries.length === 0) {
      terminal.next("deno task run PIPELINE", "The ledger is empty");
    }
    return EXIT.done;
  },
});

function which(entry: Entry): string {
  switch (entry.type) {
    case "ticket.issued":
      return entry.body.ticket;
    case "ticket.revoked":
      return `${entry.body.ticket} by ${entry.body.by}: ${entry.body.reason}`;
    case "run.admitted":
      return `${entry.body.run} under ${entry.body.ticket}, use ${entry.body.use}`;
    case "run.resumed":
      return entry.body.run;
    case "run.closed":
      return `${entry.body.run} ${entry.body.outcome}`;
  }
}
