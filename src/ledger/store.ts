/**
 * What the ledger needs of a store. The KV store and the memory store answer the same tests.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";

/** The end of a chain. */
export interface Head {
  /** How many records the chain has. */
  size: number;
  /** Leaf hash of the last record (RFC 6962 section 2.1); `null` when there is none. */
  hash: Digest | null;
}

/** The head of a chain without records. */
export const EMPTY_HEAD: Head = { size: 0, hash: null };

/** Records to append to a chain. */
export interface Append {
  /** The head that the chain must still have, or the commit is refused. */
  after: Head;
  /** At least one. */
  records: Uint8Array[];
  /** Leaf hash of the last of them: the chain's next head. */
  hash: Digest;
}

/** A document to put. Where `expect` is given, the commit is refused unless it is what lies there now. */
export interface Put {
  /** What it is, and so what its bytes hold and what its id is. */
  kind: DocumentKind;
  /** ASCII, unique within the kind: a ticket id, a run id, a digest. */
  id: string;
  /** The whole document: it takes the place of what lay there. */
  bytes: Uint8Array;
  /** The bytes there now; `null`: none. */
  expect?: Uint8Array | null;
}

/**
 * One atomic change. Either all of it holds after the return, durably, or none of it.
 * It is refused when any head has moved, or a document is not what was expected.
 */
export interface Commit {
  /** Entries of the ledger. */
  entries?: Append;
  /** Receipts, by run. */
  receipts?: { run: string; append: Append }[];
  /** Documents to put, by kind and id. A ticket's document is its envelope; an `index` has no bytes. */
  put?: Put[];
  /** Indexes to take away, by id; one that is not there is none the less gone. */
  unlist?: string[];
}

/** The kinds of documents that lie beside the chains. */
export type DocumentKind =
  /** DSSE envelope of a ticket, by ticket id. */
  | "ticket"
  /** Plan, decision, policy set, trust, pipeline text (canonical or raw bytes), by digest. */
  | "document"
  /** What is known of a ticket, as how often it was used and whether it was revoked: a canonical `TicketState`, by ticket id. */
  | "ticket-state"
  /** What is known of a run: a canonical `RunRecord`, by run id. */
  | "run"
  /** DSSE envelope of a run's seal, by run id. */
  | "seal"
  /** Hashes of the Merkle tree, by the name of their tile: `0/x001/234`. */
  | "tile"
  /** Signed note of the tree's head, by run id; the newest one also as `latest`. */
  | "checkpoint"
  /** No bytes: ids such as `plan/<digest>/<ticket>` that are listed by prefix. */
  | "index";

/** Which documents to list. */
export interface ListOptions {
  /** In the opposite order. */
  reverse?: boolean;
  /** How many at most; all where none is given. */
  limit?: number;
  /** Ids that begin so. */
  prefix?: string;
  /** From this id on in the order asked for, whether it is there or not. */
  from?: string;
}

/**
 * A store of chains and documents.
 *
 * `commit` throws `ledger.conflict` when a head has moved (read again, then retry) and
 * `ledger.busy` when the store stays locked for the whole patience. Reads see a state that
 * some commit left; they throw `ledger.corrupt` when the store cannot be read as one.
 * Values of any size are taken; a store splits what its backend cannot hold. Ids are ASCII.
 */
export interface Store {
  /** The ledger's head. */
  head(): Promise<Head>;
  /** At most `limit` entries from `from` on, in order; no more is read than these need. */
  entries(from?: number, limit?: number): AsyncIterable<Uint8Array>;
  /** A run's head. */
  runHead(run: string): Promise<Head>;
  /** A run's receipts, in order. */
  receipts(run: string): AsyncIterable<Uint8Array>;
  /** A document; `null` when there is none. */
  get(kind: DocumentKind, id: string): Promise<Uint8Array | null>;
  /** Documents of a kind in the order of their ids, newest first when `reverse`. */
  list(
    kind: DocumentKind,
    options?: ListOptions,
  ): AsyncIterable<{ id: string; bytes: Uint8Array }>;
  /** Makes the whole change, durably, or none of it. */
  commit(change: Commit): Promise<void>;
  /** Gives back files and locks; nothing may be asked of the store afterwards. */
  close(): Promise<void>;
}
