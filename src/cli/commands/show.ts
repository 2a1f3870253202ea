/**
 * `writ show`: one run as the ledger has it.
 *
 * @module
 */
import { EXIT } from "../../core/errors.ts";
import { readReceipts } from "../../ledger/chain.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { Receipt } from "../../ledger/receipt.ts";
import type { RunRecord } from "../../ledger/records.ts";
import { isRunHeld } from "../../evidence/run_lock.ts";
import { type Command, command } from "../command.ts";
import { openLedger } from "../open_ledger.ts";
import { flag, optionalOperand } from "../parameters.ts";
import { resolveReference } from "../reference.ts";

/** Shows a run, the latest where none is named. */
export const show: Command = command({
  parameters: {
    run: optionalOperand("RUN", "id, its beginning, latest or #N"),
    receipts: flag("every receipt, as it was hashed"),
  },
  async run(args, context) {
    const { terminal } = context;
    await using open = await openLedger(context);
    const { ledger, state } = open;
    const record = await find(ledger, args.run ?? "latest");
    const lines = await Array.fromAsync(ledger.receipts(record.run));
    const receipts = readReceipts(lines);
    const stands = await ledger.runState(
      record,
      await isRunHeld(state.locks, record.run),
    );
    if (args.receipts && !context.json) {
      for (const line of lines) {
        terminal.answerLine(new TextDecoder().decode(line));
      }
      return EXIT.done;
    }
    terminal.answer({ run: record, state: stands, receipts }, [
      terminal.paint("name", record.run),
      `state     ${terminal.paint(stands === "ok" ? "good" : "bad", stands)}`,
      `ticket    ${record.ticket}, use ${record.use}`,
      `plan      ${record.plan}`,
      `decision  ${record.decision}`,
      `opened    ${record.openedAt}`,
      ...(record.closedAt === null ? [] : [`closed    ${record.closedAt}`]),
      ...(record.seal === null ? [] : [`seal      ${record.seal}`]),
      `receipts  ${receipts.length}`,
      "",
      ...terminal.table(stepTable(receipts)),
    ]);
    return EXIT.done;
  },
});

async function find(ledger: Ledger, reference: string): Promise<RunRecord> {
  const known = await ledger.run(reference);
  if (known !== null) return known;
  const runs = await Array.fromAsync(ledger.runs({ reverse: true }));
  const id = resolveReference(reference, runs.map(({ run }) => run), "run");
  return runs.find(({ run }) => run === id)!;
}

function stepTable(
  receipts: readonly Receipt[],
): { head: string[]; rows: string[][] } {
  const rows = receipts.flatMap((receipt) => {
    if (receipt.type !== "step.finished") return [];
    const { step, attempt, status, exit, usage, products, reason } =
      receipt.body;
    return [[
      step,
      String(attempt),
      status,
      exit === null ? "" : String(exit),
      usage === null ? "" : `${Math.round(usage.wallMs)} ms`,
      products.map(({ path }) => path).join(", "),
      reason ?? "",
    ]];
  });
  return {
    head: ["step", "attempt", "status", "exit", "time", "products", "reason"],
    rows,
  };
}
