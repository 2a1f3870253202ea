/**
 * Appending entries: each change is made from the ledger as it is, and made again when
 * another process was faster.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { isWritError, WritError } from "../core/errors.ts";
import { type Clock, formatTime } from "../core/time.ts";
import { type EntryDraft, type EntryLink, nextEntry } from "./chain.ts";
import type { EntryBodies, EntryType } from "./entry.ts";
import type { Commit, Head, Put, Store } from "./store.ts";

/** Each collision means that another process went on, so this many in a row mean a fault. */
const ATTEMPTS = 500;

/** The entries that one change appends. */
export class EntryBatch {
  readonly links: EntryLink[] = [];
  /** When the change is made. */
  readonly at: string;
  readonly #ledger: Digest;
  #head: Head;

  constructor(ledger: Digest, head: Head, at: string) {
    this.#ledger = ledger;
    this.#head = head;
    this.at = at;
  }

  /** Adds an entry after the others. */
  add<T extends EntryType>(type: T, body: EntryBodies[T]): EntryLink {
    const draft = { ledger: this.#ledger, at: this.at, type, body };
    const link = nextEntry(this.#head, draft as EntryDraft);
    this.links.push(link);
    this.#head = link.head;
    return link;
  }
}

/** What goes into the commit beside the entries, and what the change comes to. */
export interface Change<T> {
  put?: Put[];
  receipts?: Commit["receipts"];
  result: T;
}

/** The entries that this process writes. */
export class EntryLog {
  readonly store: Store;
  /** The ledger's id. */
  readonly id: Digest;
  readonly now: Clock;
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: Store, id: Digest, now: Clock) {
    this.store = store;
    this.id = id;
    this.now = now;
  }

  /**
   * Makes a change in one atomic commit. `build` reads what it needs and adds its entries; it is
   * called again when the ledger has moved since, and may refuse by throwing. A change without
   * entries holds only as far as its `put` says what it expects.
   *
   * @throws {WritError} `ledger.busy` when other processes were always faster
   */
  change<T>(build: (batch: EntryBatch) => Promise<Change<T>>): Promise<T> {
    const turn = this.#last.then(() => this.#change(build));
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #change<T>(
    build: (batch: EntryBatch) => Promise<Change<T>>,
  ): Promise<T> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const head = await this.store.head();
      const batch = new EntryBatch(this.id, head, formatTime(this.now()));
      const { result, put = [], receipts = [] } = await build(batch);
      if (await this.#commit(head, batch.links, put, receipts)) return result;
    }
    throw new WritError(
      "ledger.busy",
      `Cannot write the ledger: other processes were faster ${ATTEMPTS} times`,
      { hint: "Try again" },
    );
  }

  async #commit(
    after: Head,
    links: EntryLink[],
    put: Put[],
    receipts: NonNullable<Commit["receipts"]>,
  ): Promise<boolean> {
    if (links.length === 0 && put.length === 0) return true;
    const entries = links.length === 0 ? undefined : {
      after,
      records: links.map(({ bytes }) => bytes),
      hash: links[links.length - 1].hash,
    };
    try {
      await this.store.commit({ entries, put, receipts });
      return true;
    } catch (error) {
      if (isWritError(error, "ledger.conflict")) return false;
      throw error;
    }
  }
}
