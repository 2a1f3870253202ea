/**
 * The steps of a run as a table: those that ended, and of a run that is open those that did not.
 *
 * @module
 */
import type { Receipt } from "../ledger/receipt.ts";
import type { Painter } from "./paint.ts";
import { STEP_EMPHASIS } from "./step_emphasis.ts";
import type { Table } from "./table.ts";
import { USED_HEAD, usedCells } from "./used.ts";

/** A step whose end is not recorded; `attempt` is `null` where it was never started. */
export interface OpenStep {
  step: string;
  attempt: number | null;
}

/** The steps of `chosen` that have not ended, as far as receipts say. */
export function openSteps(
  chosen: readonly string[],
  receipts: readonly Receipt[],
): OpenStep[] {
  const open = new Map<string, number | null>(
    chosen.map((step) => [step, null]),
  );
  for (const { type, body } of receipts) {
    if (type === "step.started") open.set(body.step, body.attempt);
    // Whatever was not seen to end is run again.
    if (type === "step.finished") {
      if (body.status === "indeterminate") open.set(body.step, null);
      else open.delete(body.step);
    }
  }
  return [...open].map(([step, attempt]) => ({ step, attempt }));
}

/** The table. */
export function stepTable(
  receipts: readonly Receipt[],
  open: readonly OpenStep[],
  paint: Painter["paint"],
): Table {
  const ended = receipts.flatMap((receipt) => {
    if (receipt.type !== "step.finished") return [];
    const { step, attempt, status, exit, usage, products, reason } =
      receipt.body;
    return [[
      step,
      String(attempt),
      paint(STEP_EMPHASIS[status], status),
      exit === null ? "" : String(exit),
      ...usedCells(usage),
      products.map(({ path }) => path).join(", "),
      reason ?? "",
    ]];
  });
  return {
    head: [
      ...["step", "attempt", "status", "exit"],
      ...USED_HEAD,
      ...["products", "reason"],
    ],
    rows: [
      ...ended,
      ...open.map(({ step, attempt }) => [
        step,
        attempt === null ? "" : String(attempt),
        attempt === null ? paint("faint", "not begun") : paint("care", "begun"),
        "",
        ...usedCells(null),
        "",
        "",
      ]),
    ],
  };
}
