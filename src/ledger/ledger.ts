/**
 * The ledger: what was approved, what ran, in what order, with no way to take it back.
 *
 * @module
 */
import { type Digest, leafHash } from "../core/digest.ts";
import type { Envelope } from "../core/dsse.ts";
import { WritError } from "../core/errors.ts";
import type { Signer } from "../core/keys.ts";
import type { Clock } from "../core/time.ts";
import type { Ticket } from "../ticket/ticket.ts";
import type { EntryLink } from "./chain.ts";
import { checkLedger, type LedgerReport } from "./check_ledger.ts";
import { EntrySchema } from "./entry.ts";
import { EntryLog } from "./entry_log.ts";
import { exportLog, type LogFile } from "./export_log.ts";
import { expireEvidence, type Expiry } from "./expire_evidence.ts";
import type { TreeHead } from "./merkle.ts";
import { newestEntries } from "./newest_entries.ts";
import type {
  Actor,
  ReceiptBodies,
  ReceiptType,
  RunOutcome,
} from "./receipt.ts";
import { type Appended, ReceiptLog } from "./receipt_log.ts";
import {
  CORRUPT_HINT,
  parseStored,
  readDocument,
  type RunRecord,
  type RunState,
  type TicketState,
} from "./records.ts";
import {
  type Admission,
  admitRun,
  type Admitted,
  closeRun,
  entriesOfRun,
  type EntryAt,
  readEntry,
  readRun,
  type Resumed,
  resumeRun,
  runState,
} from "./run_book.ts";
import type { Head, Store } from "./store.ts";
import { listRuns, type RunQuery } from "./list_runs.ts";
import {
  type Documents,
  issueTicket,
  listTickets,
  readTicket,
  readTicketState,
  revokeTicket,
  type TicketOrder,
  type TicketRecord,
  ticketsForPlan,
} from "./ticket_book.ts";
import {
  checkpointOfRun,
  cosignCheckpoint,
  currentCheckpoint,
  requireSeen,
  treeHead,
  treeOf,
} from "./tree_book.ts";
import type { TreeReader } from "./tree_reader.ts";

/** How a ledger is opened. */
export interface LedgerOptions {
  /** The id of the ledger's key. */
  id: Digest;
  now: Clock;
  /** Does something in some milliseconds, for `appendSoon`; at once where it is not given. */
  later?: (work: () => void) => void;
  /** The ledger's key, which signs a checkpoint with each closing; asked for when it does. */
  signer: () => Promise<Signer>;
  /** The tree as it was last seen, with which the ledger must still begin. */
  seen?: TreeHead | null;
}

/** A ledger in a store. All but `appendSoon` return when what they wrote is durable. */
export class Ledger {
  readonly id: Digest;
  readonly #store: Store;
  readonly #entries: EntryLog;
  readonly #receipts: ReceiptLog;

  private constructor(store: Store, { id, now, signer, later }: LedgerOptions) {
    this.id = id;
    this.#store = store;
    this.#entries = new EntryLog(store, id, now, signer);
    this.#receipts = new ReceiptLog(store, now, later);
  }

  /**
   * Opens a ledger; an empty store becomes this one with its first entry.
   *
   * @throws {WritError} `ledger.corrupt` when the store holds another ledger or its end is
   * damaged, `ledger.rolled_back` and `ledger.rewritten` when it does not begin with what was seen
   */
  static async open(store: Store, options: LedgerOptions): Promise<Ledger> {
    const { seen = null } = options;
    const ledger = new Ledger(store, options);
    const head = await store.head();
    if (seen !== null) {
      await requireSeen(store, head.size, seen, "this user");
    }
    if (head.size > 0) await ledger.#checkEnds(head);
    return ledger;
  }

  /** The ledger's head. */
  head(): Promise<Head> {
    return this.#store.head();
  }

  /** The head of the Merkle tree over all entries. */
  tree(): Promise<TreeHead> {
    return treeHead(this.#store);
  }

  /** A checkpoint of all entries, signed now unless the newest one covers them. */
  checkpoint(): Promise<Uint8Array> {
    return currentCheckpoint(this.#entries);
  }

  /** The checkpoint that was signed with the closing of a run; `null` when it is not closed. */
  checkpointOf(run: string): Promise<Uint8Array | null> {
    return checkpointOfRun(this.#store, run);
  }

  /**
   * A checkpoint of all entries with a witness's cosignature, which is kept.
   *
   * @param seen what the witness has seen before; `null`: nothing
   * @throws {WritError} `ledger.rolled_back`, `ledger.rewritten` when the ledger does not continue that
   */
  cosign(witness: Signer, seen: TreeHead | null): Promise<Uint8Array> {
    return cosignCheckpoint(this.#entries, witness, seen);
  }

  /**
   * Refuses to go on where the ledger does not begin with what was seen of it.
   *
   * @param by who has seen it, for the message
   * @throws {WritError} `ledger.rolled_back`, `ledger.rewritten`
   */
  async requireSeen(seen: TreeHead, by: string): Promise<void> {
    const { size } = await this.head();
    await requireSeen(this.#store, size, seen, by);
  }

  /**
   * The ledger as the files of C2SP `tlog-tiles`, up to a checkpoint, which comes last.
   *
   * @throws {WritError} `ledger.corrupt` when the entries are not those that were signed
   */
  export(checkpoint: Uint8Array): AsyncIterable<LogFile> {
    return exportLog(checkpoint, this.#store.entries(0));
  }

  /** The Merkle tree at any of its sizes up to now. */
  proofs(): TreeReader {
    return treeOf(this.#store);
  }

  /** At most `limit` entries from `from` on, in order. */
  async *entries(from = 0, limit = Infinity): AsyncIterable<EntryAt> {
    let seq = from;
    for await (const bytes of this.#store.entries(from, limit)) {
      const entry = parseStored(bytes, EntrySchema, `entry ${seq++}`);
      yield { entry, bytes, hash: leafHash(bytes) };
    }
  }

  /** Entries, newest first. */
  async *newest(): AsyncIterable<EntryAt> {
    const { size } = await this.head();
    yield* newestEntries((from, limit) => this.entries(from, limit), size);
  }

  /**
   * Enters a ticket with what it rests on. The same payload again adds what signatures and
   * documents are new.
   *
   * @throws {WritError} `ticket.malformed`, `ticket.ledger`, `evidence.corrupt`
   */
  issueTicket(
    envelope: Envelope,
    ticket: Ticket,
    payload: Digest,
    documents: Documents = new Map(),
  ): Promise<TicketState> {
    return issueTicket(this.#entries, { envelope, ticket, payload }, documents);
  }

  /**
   * Revokes a ticket; `null` when it was revoked already.
   *
   * @throws {WritError} `ticket.missing`
   */
  revokeTicket(
    id: string,
    reason: string,
    by: string,
  ): Promise<EntryLink | null> {
    return revokeTicket(this.#entries, id, reason, by);
  }

  /** A ticket by its id; `null` when there is none. */
  ticket(id: string): Promise<TicketRecord | null> {
    return readTicket(this.#entries, id);
  }

  /** How often a ticket was used, and whether it is revoked; `null` when there is none. */
  ticketState(id: string): Promise<TicketState | null> {
    return readTicketState(this.#entries, id);
  }

  /** Tickets in the order of their making, newest first when `reverse`. */
  tickets(
    options: { reverse?: boolean; limit?: number; prefix?: string } = {},
  ): AsyncIterable<TicketRecord> {
    return listTickets(this.#entries, options);
  }

  /** The tickets for one plan, in the order of their making, newest first when `reverse`. */
  ticketsForPlan(plan: Digest, by?: TicketOrder): AsyncIterable<TicketRecord> {
    return ticketsForPlan(this.#entries, plan, by);
  }

  /**
   * Admits a run: consumes a use of its ticket, enters the ticket if it is new, and appends
   * `run.opened`, in one atomic commit. Of two that race for the last use one wins.
   *
   * @throws {WritError} `ticket.decision`, `ticket.revoked`, `ticket.used`,
   * `ticket.not_yet_valid`, `ticket.expired`, why the ledger's key cannot be had, and what
   * {@linkcode Ledger.issueTicket} throws
   */
  async admit(
    { payloadDigest, ...admission }: Omit<Admission, "payload"> & {
      /** Digest of the signed bytes of the ticket. */
      payloadDigest: Digest;
    },
  ): Promise<Admitted> {
    return await admitRun(this.#entries, {
      ...admission,
      payload: payloadDigest,
    });
  }

  /**
   * Lets a run go on that is neither sealed nor closed, without another use. The caller holds
   * its lock.
   *
   * @throws {WritError} `run.not_resumable`, `reference.unknown`, `ticket.revoked`, `ticket.expired`
   */
  resume(run: string, actor: Actor): Promise<Resumed> {
    return resumeRun(this.#entries, this.#receipts, run, actor);
  }

  /**
   * Appends a receipt; resolves when it is durable. What is appended while a commit is on its
   * way goes into the next one together.
   *
   * @throws {WritError} `receipt.illegal` when it may not come now, `ledger.conflict` when
   * another process writes the run
   */
  append<T extends ReceiptType>(
    run: string,
    type: T,
    body: ReceiptBodies[T],
    actor: Actor,
  ): Promise<Appended> {
    return this.#receipts.append(run, type, body, actor);
  }

  /** Appends a receipt that is durable with the next one of its run: {@linkcode ReceiptLog.appendSoon}. */
  appendSoon(
    ...receipt: Parameters<Ledger["append"]>
  ): ReturnType<ReceiptLog["appendSoon"]> {
    return this.#receipts.appendSoon(...receipt);
  }

  /** Returns when what was appended of a run is durable; throws why it is not. */
  settle(run: string): Promise<void> {
    return this.#receipts.settle(run);
  }

  /**
   * Closes a run whose last receipt is `run.sealed`: its seal becomes part of the ledger.
   * Again with the same seal changes nothing.
   *
   * @param payloadDigest Digest of the seal's signed bytes.
   * @throws {WritError} `receipt.illegal` when the seal is not that of the run as it is
   */
  closeRun(
    run: string,
    seal: Envelope,
    payloadDigest: Digest,
    outcome: RunOutcome,
  ): Promise<RunRecord> {
    return closeRun(this.#entries, this.#receipts, {
      run,
      envelope: seal,
      payload: payloadDigest,
      outcome,
    });
  }

  /**
   * Enters that evidence of some runs has expired, in one commit. What was entered before is left
   * out. The caller has seen that nobody goes on with these runs, and removes the bytes afterwards.
   *
   * @throws {WritError} `reference.unknown`
   */
  expire(expiries: readonly Expiry[]): Promise<void> {
    return expireEvidence(this.#entries, expiries);
  }

  /** A run by its id; `null` when there is none. */
  run(id: string): Promise<RunRecord | null> {
    return readRun(this.#entries, id);
  }

  /** Runs in the order of their making, newest first when `reverse`. */
  runs(query: RunQuery = {}): AsyncIterable<RunRecord> {
    return listRuns(this.#store, query);
  }

  /** Where a run stands, given whether a living process holds its lock. */
  runState(record: RunRecord, isHeld: boolean): Promise<RunState> {
    return runState(this.#store, record, isHeld);
  }

  /** A run's receipts in order: the canonical bytes that were hashed. */
  receipts(run: string): AsyncIterable<Uint8Array> {
    return this.#store.receipts(run);
  }

  /** The `ticket.issued` of a run's ticket and all entries of the run, in order. */
  entriesOf(run: string): Promise<EntryAt[]> {
    return entriesOfRun(this.#entries, run);
  }

  /** The DSSE envelope of a closed run's seal, canonical; `null` when it is not closed. */
  seal(run: string): Promise<Uint8Array | null> {
    return this.#store.get("seal", run);
  }

  /**
   * A plan, decision or other document; `null` when there is none.
   *
   * @throws {WritError} `ledger.corrupt` when its bytes are not what the digest says
   */
  document(id: Digest): Promise<Uint8Array | null> {
    return readDocument(this.#store, id);
  }

  /**
   * Walks the whole ledger: the entries, their tree, every run, and what is kept beside them.
   *
   * @param publicKey of the ledger's key, 32 bytes
   * @param told how many runs have been checked, and how many there are, after each
   */
  verify(
    publicKey: Uint8Array,
    told?: (checked: number, runs: number) => void,
  ): Promise<LedgerReport> {
    return checkLedger(this.#store, this.id, publicKey, told);
  }

  async #checkEnds(head: Head): Promise<void> {
    const [first, last] = await Promise.all([
      readEntry(this.#entries, 0),
      readEntry(this.#entries, head.size - 1),
    ]);
    if (first.entry.ledger !== this.id) {
      throw new WritError(
        "ledger.corrupt",
        `Cannot use the ledger: its id is "${first.entry.ledger}", "${this.id}" was expected`,
        { hint: "Each ledger has its own state folder" },
      );
    }
    if (last.hash !== head.hash) {
      throw new WritError(
        "ledger.corrupt",
        `Cannot use the ledger: entry ${
          head.size - 1
        } is not the one that its head names`,
        { hint: CORRUPT_HINT },
      );
    }
    await this.#entries.edgeAt(head);
  }
}
