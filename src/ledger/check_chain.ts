/**
 * Checking a whole chain: the walk, the schema of every record, and of receipts their order.
 *
 * @module
 */
import type * as z from "zod";
import type { Digest } from "../core/digest.ts";
import { isWritError } from "../core/errors.ts";
import { type Entry, EntrySchema } from "./entry.ts";
import { OrderGuard } from "./order.ts";
import { type Receipt, ReceiptSchema } from "./receipt.ts";
import { EMPTY_HEAD, type Head } from "./store.ts";
import { type ChainFault, ChainWalker } from "./walk_chain.ts";

/** Checks a run's receipts one after the other; what it holds grows with the run's steps alone. */
export class ReceiptCheck {
  /** Where the run and its steps stand. */
  readonly guard: OrderGuard = new OrderGuard();
  readonly #walker: ChainWalker;

  constructor(run?: string) {
    this.#walker = new ChainWalker("receipt", run);
  }

  /** The head of the chain so far. */
  get head(): Head {
    return this.#walker.head;
  }

  /** What is wrong so far; of very many the first. */
  get faults(): ChainFault[] {
    return this.#walker.faults;
  }

  /** Takes the next receipt; `undefined` where the bytes are not one. */
  add(line: Uint8Array): Receipt | undefined {
    const index = this.#walker.size;
    const receipt = this.#walker.add(line)
      ? parse(line, "receipt", index, ReceiptSchema, this.#walker)
      : undefined;
    if (receipt === undefined) return undefined;
    try {
      this.guard.accept(receipt);
    } catch (error) {
      if (!isWritError(error, "receipt.illegal")) throw error;
      const { message } = error;
      this.#walker.fault({ index, code: "chain.order", message });
    }
    return receipt;
  }
}

/** A ledger's chain, from `after` on: the walk and the schema of every entry. */
export function checkEntryChain(
  lines: Iterable<Uint8Array>,
  ledger?: Digest,
  after: Head = EMPTY_HEAD,
): { entries: Entry[]; head: Head; faults: ChainFault[] } {
  const walker = new ChainWalker("entry", ledger, after);
  const entries: Entry[] = [];
  for (const line of lines) {
    const index = walker.size;
    const entry = walker.add(line)
      ? parse(line, "entry", index, EntrySchema, walker)
      : undefined;
    if (entry !== undefined) entries.push(entry);
  }
  const { head, faults } = walker;
  return { entries, head, faults };
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The value of bytes that the walk has found to be canonical. */
function parse<T>(
  line: Uint8Array,
  kind: string,
  index: number,
  schema: z.ZodType<T>,
  walker: ChainWalker,
): T | undefined {
  const parsed = schema.safeParse(JSON.parse(decoder.decode(line)));
  if (parsed.success) return parsed.data;
  const said = parsed.error.issues.map(({ path, message }) =>
    `${path.map(String).join(".") || "value"}: ${message}`
  ).join("; ");
  const message = `${kind} ${index}: ${said}`;
  walker.fault({ index, code: "chain.schema", message });
  return undefined;
}
