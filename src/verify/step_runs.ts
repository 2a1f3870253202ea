/**
 * A run's receipts, gathered by step.
 *
 * @module
 */
import type { Hashed } from "../bundle/parse_bundle.ts";
import type { Receipt, ReceiptBodies, ReceiptType } from "../ledger/receipt.ts";

/** The body of a receipt and where it stands. */
export interface Event<T extends ReceiptType> {
  seq: number;
  at: string;
  body: ReceiptBodies[T];
}

/** What the receipts say of one step. */
export interface StepRun {
  step: string;
  started: Event<"step.started">[];
  finished: Event<"step.finished">[];
  published: Event<"step.published">[];
}

/** Where in the bundle a receipt stands. */
export function receiptPointer(seq: number): string {
  return `receipts.jsonl#/${seq}`;
}

/** All events of a type, in order. `seq` is the place in the file. */
export function eventsOf<T extends ReceiptType>(
  receipts: readonly Hashed<Receipt>[],
  type: T,
): Event<T>[] {
  const out: Event<T>[] = [];
  for (const [seq, { value }] of receipts.entries()) {
    if (value.type !== type) continue;
    // The union narrows by `type`, which a type parameter does not.
    const body = value.body as ReceiptBodies[T];
    out.push({ seq, at: value.at, body });
  }
  return out;
}

/** What the receipts say of each step, by step id, in the order of their first receipt. */
export function stepRuns(
  receipts: readonly Hashed<Receipt>[],
): Map<string, StepRun> {
  const runs = new Map<string, StepRun>();
  const of = (step: string): StepRun => {
    let run = runs.get(step);
    if (run === undefined) {
      run = { step, started: [], finished: [], published: [] };
      runs.set(step, run);
    }
    return run;
  };
  for (const event of eventsOf(receipts, "step.started")) {
    of(event.body.step).started.push(event);
  }
  for (const event of eventsOf(receipts, "step.finished")) {
    of(event.body.step).finished.push(event);
  }
  for (const event of eventsOf(receipts, "step.published")) {
    of(event.body.step).published.push(event);
  }
  return runs;
}

/** How a step ended: its last `step.finished`. */
export function finalOf(
  run: StepRun | undefined,
): Event<"step.finished"> | undefined {
  return run?.finished.at(-1);
}

/** A product as one text, to be compared. */
export function productKey(
  { path, tree }: { path: string; tree: string },
): string {
  return JSON.stringify([path, tree]);
}

/** What a run published: all of it, and by path what was published last; as {@linkcode productKey}. */
export function publishedProducts(
  receipts: readonly Hashed<Receipt>[],
): { all: Set<string>; last: Map<string, string> } {
  const all = new Set<string>();
  const last = new Map<string, string>();
  for (const { body } of eventsOf(receipts, "step.published")) {
    for (const product of body.products) {
      all.add(productKey(product));
      last.set(product.path, productKey(product));
    }
  }
  return { all, last };
}
