/**
 * A store in memory: for tests, and for what need not last.
 *
 * @module
 */
import { sameBytes } from "../core/same_bytes.ts";
import { conflict, sameHead } from "./conflict.ts";
import {
  type Append,
  type Commit,
  type DocumentKind,
  EMPTY_HEAD,
  type Head,
  type ListOptions,
  type Store,
} from "./store.ts";

interface Chain {
  head: Head;
  records: Uint8Array[];
}

/** A {@linkcode Store} that lasts as long as the object. */
export class MemoryStore implements Store {
  #ledger: Chain = newChain();
  readonly #runs = new Map<string, Chain>();
  readonly #documents = new Map<DocumentKind, Map<string, Uint8Array>>();

  head(): Promise<Head> {
    return Promise.resolve({ ...this.#ledger.head });
  }

  async *entries(from = 0, limit = Infinity): AsyncIterable<Uint8Array> {
    yield* this.#ledger.records.slice(from, from + limit)
      .map((bytes) => bytes.slice());
  }

  runHead(run: string): Promise<Head> {
    return Promise.resolve({ ...(this.#runs.get(run)?.head ?? EMPTY_HEAD) });
  }

  async *receipts(run: string): AsyncIterable<Uint8Array> {
    const records = this.#runs.get(run)?.records ?? [];
    yield* records.map((bytes) => bytes.slice());
  }

  get(kind: DocumentKind, id: string): Promise<Uint8Array | null> {
    return Promise.resolve(this.#find(kind, id)?.slice() ?? null);
  }

  async *list(
    kind: DocumentKind,
    options: ListOptions = {},
  ): AsyncIterable<{ id: string; bytes: Uint8Array }> {
    const { reverse = false, limit = Infinity, prefix = "", from } = options;
    const documents = this.#documents.get(kind) ?? new Map();
    const ids = [...documents.keys()].filter((id) =>
      id.startsWith(prefix) &&
      (from === undefined || id === from || id < from === reverse)
    ).sort();
    if (reverse) ids.reverse();
    for (const id of ids.slice(0, limit)) {
      yield { id, bytes: documents.get(id).slice() };
    }
  }

  /** Makes the whole change or rejects with `ledger.conflict`; it lasts as long as the object. */
  commit(change: Commit): Promise<void> {
    try {
      this.#check(change);
    } catch (error) {
      return Promise.reject(error);
    }
    if (change.entries) append(this.#ledger, change.entries);
    for (const { run, append: records } of change.receipts ?? []) {
      const chain = this.#runs.get(run) ?? newChain();
      append(chain, records);
      this.#runs.set(run, chain);
    }
    for (const { kind, id, bytes } of change.put ?? []) {
      const documents = this.#documents.get(kind) ?? new Map();
      documents.set(id, bytes.slice());
      this.#documents.set(kind, documents);
    }
    for (const id of change.unlist ?? []) {
      this.#documents.get("index")?.delete(id);
    }
    return Promise.resolve();
  }

  /** Does nothing: there is no file and no lock to give back. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  #find(kind: DocumentKind, id: string): Uint8Array | undefined {
    return this.#documents.get(kind)?.get(id);
  }

  #check({ entries, receipts = [], put = [] }: Commit): void {
    if (entries && !sameHead(entries.after, this.#ledger.head)) {
      throw conflict("the ledger's head has moved");
    }
    for (const { run, append } of receipts) {
      if (!sameHead(append.after, this.#runs.get(run)?.head ?? EMPTY_HEAD)) {
        throw conflict(`the head of run "${run}" has moved`);
      }
    }
    for (const { kind, id, expect } of put) {
      if (expect === undefined) continue;
      if (!sameBytes(this.#find(kind, id) ?? null, expect)) {
        throw conflict(`${kind} "${id}" has changed`);
      }
    }
  }
}

function newChain(): Chain {
  return { head: EMPTY_HEAD, records: [] };
}

function append(chain: Chain, { after, records, hash }: Append): void {
  for (const bytes of records) chain.records.push(bytes.slice());
  chain.head = { size: after.size + records.length, hash };
}
