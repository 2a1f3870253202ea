/**
 * Appending receipts: one chain a run, one commit for all that arrive while another is on its way.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { isWritError, WritError } from "../core/errors.ts";
import { type Clock, formatTime } from "../core/time.ts";
import { nextReceipt, type ReceiptDraft, type ReceiptLink } from "./chain.ts";
import { ReceiptCheck } from "./check_chain.ts";
import type { OrderGuard } from "./order.ts";
import {
  type Actor,
  type Receipt,
  type ReceiptBodies,
  ReceiptSchema,
  type ReceiptType,
} from "./receipt.ts";
import { CORRUPT_HINT } from "./records.ts";
import type { Append, Head, Store } from "./store.ts";
import { isReadable } from "./walk_chain.ts";

/** A receipt that is durable. */
export interface Appended {
  receipt: Receipt;
  hash: Digest;
}

/** A run's chain as it will be once all that waits is written. */
export interface RunChain {
  run: string;
  head: Head;
  guard: OrderGuard;
}

/** A batch is closed when it holds this many bytes: what one atomic commit of a store takes. */
const BATCH_BYTES = 512 * 1024;

/** Every run in a batch costs the store one check. */
const BATCH_RUNS = 64;

interface Waiting {
  chain: RunChain;
  link: ReceiptLink;
  /** Whoever appended it does not wait for it. */
  soon: boolean;
  resolve: (appended: Appended) => void;
  reject: (error: unknown) => void;
}

/** The receipts of all runs that this process writes. */
export class ReceiptLog {
  readonly #store: Store;
  readonly #now: Clock;
  readonly #later: (work: () => void) => void;
  readonly #chains = new Map<string, Promise<RunChain>>();
  /** The last receipt of a run that nobody waited for. */
  readonly #soon = new Map<string, Promise<Appended>>();
  /** Why one of them was not written. */
  readonly #lost = new Map<string, { error: unknown }>();
  #waiting: Waiting[] = [];
  #writing = false;
  #isPlanned = false;

  /** @param later does something in some milliseconds; at once where it is not given */
  constructor(
    store: Store,
    now: Clock,
    later: (work: () => void) => void = (work) => work(),
  ) {
    this.#store = store;
    this.#now = now;
    this.#later = later;
  }

  /**
   * Appends a receipt; resolves when it is durable. Calls for one run keep their order.
   *
   * @throws {WritError} `receipt.illegal` when it may not come now, `ledger.conflict` when
   * another process writes the same run
   */
  async append<T extends ReceiptType>(
    run: string,
    type: T,
    body: ReceiptBodies[T],
    actor: Actor,
  ): Promise<Appended> {
    const { durable } = await this.#take(run, type, body, actor, false);
    this.#begin();
    return await durable;
  }

  /**
   * Appends a receipt that is durable when the next one of its run is, and a little later anyway:
   * returns before, with what tells when. If it cannot be written nothing more of the run is, and
   * the next call says why.
   *
   * @throws {WritError} `receipt.illegal` when it may not come now
   */
  async appendSoon<T extends ReceiptType>(
    run: string,
    type: T,
    body: ReceiptBodies[T],
    actor: Actor,
  ): Promise<{ durable: Promise<Appended> }> {
    const { durable } = await this.#take(run, type, body, actor, true);
    this.#soon.set(run, durable);
    // It is told by the next call.
    durable.catch(() => {});
    if (!this.#isPlanned) {
      this.#isPlanned = true;
      this.#later(() => {
        this.#isPlanned = false;
        this.#begin();
      });
    }
    return { durable };
  }

  /**
   * Returns when what was appended of a run is durable.
   *
   * @throws {WritError} why it is not
   */
  async settle(run: string): Promise<void> {
    for (;;) {
      this.#begin();
      const last = this.#soon.get(run);
      await last;
      // Another may have come in the meantime.
      if (this.#soon.get(run) !== last) continue;
      this.#soon.delete(run);
      return;
    }
  }

  async #take<T extends ReceiptType>(
    run: string,
    type: T,
    body: ReceiptBodies[T],
    actor: Actor,
    soon: boolean,
  ): Promise<{ durable: Promise<Appended> }> {
    const chain = await this.chain(run);
    const lost = this.#lost.get(run);
    if (lost !== undefined) throw lost.error;
    const at = formatTime(this.#now());
    const draft = { run, at, type, actor, body } as ReceiptDraft;
    const link = linkReceipt(chain, draft);
    const { promise, resolve, reject } = Promise.withResolvers<Appended>();
    this.#waiting.push({ chain, link, soon, resolve, reject });
    return { durable: promise };
  }

  #begin(): void {
    if (!this.#writing) void this.#write();
  }

  /** Forgets what is known of a run, which has been written by another way. */
  forget(run: string): void {
    this.#chains.delete(run);
    this.#soon.delete(run);
    this.#lost.delete(run);
  }

  /** A run's chain with all that waits; to be read, not to be changed. */
  async chain(run: string): Promise<RunChain> {
    for (;;) {
      let loading = this.#chains.get(run);
      if (loading === undefined) {
        loading = loadChain(this.#store, run);
        this.#chains.set(run, loading);
        loading.catch(() => this.#chains.delete(run));
      }
      const chain = await loading;
      // A write that failed meanwhile has made it void.
      if (this.#chains.get(run) === loading) return chain;
    }
  }

  async #write(): Promise<void> {
    this.#writing = true;
    // Those that were asked for in the same turn go along.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      await this.#commit(this.#takeBatch());
    }
    this.#writing = false;
  }

  async #commit(batch: Waiting[]): Promise<void> {
    const byRun = Map.groupBy(batch, ({ chain }) => chain.run);
    try {
      await this.#store.commit({ receipts: appendsOf(byRun) });
    } catch (error) {
      if (byRun.size === 1 || !isWritError(error, "ledger.conflict")) {
        return this.#fail(batch, error);
      }
      // One run has another writer: that is not the fault of the others.
      for (const alone of byRun.values()) await this.#commit(alone);
      return;
    }
    for (const { link: { receipt, hash }, resolve } of batch) {
      resolve({ receipt, hash });
    }
  }

  #takeBatch(): Waiting[] {
    const runs = new Set<string>();
    let bytes = 0;
    let count = 0;
    for (const { chain, link } of this.#waiting) {
      runs.add(chain.run);
      bytes += link.bytes.length;
      const isFull = bytes > BATCH_BYTES || runs.size > BATCH_RUNS;
      if (isFull && count > 0) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  /** What waits behind a receipt that was not written would hang in the air. */
  #fail(batch: Waiting[], error: unknown): void {
    const chains = new Set(batch.map(({ chain }) => chain));
    const behind = this.#waiting.filter(({ chain }) => chains.has(chain));
    this.#waiting = this.#waiting.filter(({ chain }) => !chains.has(chain));
    for (const { run } of chains) this.#chains.delete(run);
    for (const { chain, soon, reject } of [...batch, ...behind]) {
      if (soon) this.#lost.set(chain.run, { error });
      reject(error);
    }
  }
}

/**
 * Reads a run's chain and checks it.
 *
 * @throws {WritError} `ledger.corrupt`
 */
export async function loadChain(store: Store, run: string): Promise<RunChain> {
  const check = new ReceiptCheck(run);
  for await (const line of store.receipts(run)) check.add(line);
  const { head, guard, faults } = check;
  if (faults.length > 0) {
    throw new WritError(
      "ledger.corrupt",
      `Cannot read run "${run}" from the ledger: ${faults[0].message}`,
      { hint: CORRUPT_HINT, faults },
    );
  }
  return { run, head, guard };
}

/**
 * Puts a receipt at the end of a chain in memory.
 *
 * @throws {WritError} `receipt.illegal`; the chain is then as it was
 */
export function linkReceipt(chain: RunChain, draft: ReceiptDraft): ReceiptLink {
  const link = nextReceipt(chain.head, draft);
  const parsed = ReceiptSchema.safeParse(link.receipt);
  const faults = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => ({
      message: `${path.map(String).join(".")}: ${message}`,
    }));
  // What no reader would take must not become part of a chain.
  if (!isReadable(link.bytes)) {
    faults.push({ message: "its bytes cannot be read again" });
  }
  if (faults.length > 0) {
    throw new WritError(
      "receipt.illegal",
      `Cannot accept receipt ${chain.head.size} "${draft.type}" of run "${chain.run}": its form is not legal`,
      { faults, cause: parsed.error },
    );
  }
  chain.guard.accept(link.receipt);
  chain.head = link.head;
  return link;
}

/** Links as one append: they must follow each other. */
export function appendOf(
  links: readonly { bytes: Uint8Array; head: Head; hash: Digest }[],
  after: Head,
): Append {
  return {
    after,
    records: links.map(({ bytes }) => bytes),
    hash: links[links.length - 1].hash,
  };
}

function appendsOf(
  byRun: Map<string, Waiting[]>,
): { run: string; append: Append }[] {
  return [...byRun].map(([run, waiting]) => {
    const links = waiting.map(({ link }) => link);
    const { seq: size, prev: hash } = links[0].receipt;
    return { run, append: appendOf(links, { size, hash }) };
  });
}
