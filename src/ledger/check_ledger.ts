/**
 * Walking a whole ledger: every chain, and every record beside them, recomputed.
 *
 * @module
 */
import { sameBytes } from "../core/same_bytes.ts";
import { type Digest, leafHash, sha256 } from "../core/digest.ts";
import { canonicalText } from "../core/canonical_json.ts";
import { EnvelopeSchema } from "../core/dsse.ts";
import { isWritError } from "../core/errors.ts";
import { type Ticket, TICKET_TYPE, TicketSchema } from "../ticket/ticket.ts";
import { checkEntryChain } from "./check_chain.ts";
import { checkRun, payloadOf } from "./check_run.ts";
import { TreeCheck } from "./check_tree.ts";
import { sameHead } from "./conflict.ts";
import { LedgerFacts, type RunFacts } from "./ledger_facts.ts";
import { failing, type LedgerFault } from "./ledger_fault.ts";
import type { TreeHead } from "./merkle.ts";
import { byStatus, isListed } from "./run_index.ts";
import {
  parseStored,
  type RunRecord,
  RunRecordSchema,
  TicketStateSchema,
} from "./records.ts";
import { EMPTY_HEAD, type Head, type Store } from "./store.ts";
import { isListedByPlan } from "./ticket_index.ts";

/** What a walk of the ledger found. It is whole when there are no faults. */
export interface LedgerReport {
  ledger: Digest;
  head: Head;
  tree: TreeHead;
  /** How many entries the newest checkpoint covers; `null` when there is none. */
  checkpoint: number | null;
  tickets: number;
  runs: number;
  receipts: number;
  faults: LedgerFault[];
}

/**
 * Walks a ledger from its first entry: the chain of entries, their tree and its checkpoints,
 * the chain of every run, their references to each other, and the records of tickets and runs.
 * Others may write meanwhile.
 *
 * @param publicKey of the ledger's key, whose id is the ledger's
 * @param told how many runs have been checked, and how many there are, after each
 */
export async function checkLedger(
  store: Store,
  ledger: Digest,
  publicKey: Uint8Array,
  told: (checked: number, runs: number) => void = () => {},
): Promise<LedgerReport> {
  const walk = new Walk(store, ledger, publicKey);
  await walk.readEntries();
  await walk.checkLatest();
  await walk.checkEach("ticket-state", "ticket");
  await walk.checkEach("run", "run", told);
  await walk.checkDocuments();
  return walk.report();
}

/** How many entries are held in memory at one time. */
const ENTRIES_PER_TURN = 1000;

class Walk {
  readonly #store: Store;
  readonly #ledger: Digest;
  readonly #facts = new LedgerFacts();
  readonly #faults: LedgerFault[] = [];
  readonly #receipts = new Map<string, number>();
  readonly #tree: TreeCheck;
  #head: Head = EMPTY_HEAD;
  #checkpoint: number | null = null;

  constructor(store: Store, ledger: Digest, publicKey: Uint8Array) {
    this.#store = store;
    this.#ledger = ledger;
    this.#tree = new TreeCheck(store, ledger, publicKey);
  }

  report(): LedgerReport {
    return {
      ledger: this.#ledger,
      head: this.#head,
      tree: this.#tree.head,
      checkpoint: this.#checkpoint,
      tickets: this.#facts.tickets.size,
      runs: this.#facts.runs.size,
      receipts: [...this.#receipts.values()].reduce((sum, n) => sum + n, 0),
      faults: [
        ...this.#faults,
        ...this.#facts.faults.map((message): LedgerFault => ({
          code: "entry.illegal",
          message,
        })),
      ],
    };
  }

  /** Reads the entries that came since it was last done. */
  async readEntries(): Promise<void> {
    let after = this.#head;
    this.#head = await this.#store.head();
    if (sameHead(after, this.#head)) return;
    let lines: Uint8Array[] = [];
    const take = async () => {
      after = await this.#takeEntries(lines, after);
      lines = [];
    };
    this.#faults.push(
      ...await unreadable(async () => {
        for await (const line of this.#store.entries(after.size)) {
          lines.push(line);
          if (after.size + lines.length === this.#head.size) break;
          if (lines.length === ENTRIES_PER_TURN) await take();
        }
      }),
    );
    await take();
    this.#faults.push(...failing([[
      sameHead(after, this.#head),
      "ledger.head",
      "the entries do not end where the ledger's head says",
    ]]));
  }

  /** Checks entries that follow `after`, and returns the head that they end in. */
  async #takeEntries(lines: Uint8Array[], after: Head): Promise<Head> {
    const { entries, head, faults } = checkEntryChain(
      lines,
      this.#ledger,
      after,
    );
    this.#faults.push(...faults);
    for (const entry of entries) {
      const line = lines[entry.seq - after.size];
      // One with a false seq has been named already.
      if (line !== undefined) this.#facts.add(entry, leafHash(line));
    }
    this.#faults.push(
      ...await unreadable(async () => {
        const closings = new Set(
          entries.filter(({ type }) => type === "run.closed")
            .map(({ seq }) => seq),
        );
        this.#faults.push(
          ...await this.#tree.add(lines.map(leafHash), closings),
        );
      }),
    );
    return head;
  }

  /** Checks the newest checkpoint. */
  async checkLatest(): Promise<void> {
    this.#faults.push(
      ...await unreadable(async () => {
        const { size, faults } = await this.#tree.latest();
        this.#checkpoint = size;
        this.#faults.push(...faults);
      }),
    );
  }

  /** Checks each ticket or run that the entries or the records know. */
  async checkEach(
    kind: "ticket-state" | "run",
    what: "ticket" | "run",
    told: (checked: number, all: number) => void = () => {},
  ): Promise<void> {
    const ids = new Set(
      what === "ticket" ? this.#facts.tickets.keys() : this.#facts.runs.keys(),
    );
    this.#faults.push(
      ...await unreadable(async () => {
        for await (const { id } of this.#store.list(kind)) ids.add(id);
      }),
    );
    let checked = 0;
    for (const id of ids) {
      const faults = await this.#settled(
        kind,
        id,
        (bytes) =>
          what === "ticket" ? this.#ticket(id, bytes) : this.#run(id, bytes),
      );
      this.#faults.push(
        ...faults.map(({ code, message }) => ({
          code,
          message: `${what} "${id}": ${message}`,
        })),
      );
      told(++checked, ids.size);
    }
  }

  async checkDocuments(): Promise<void> {
    this.#faults.push(
      ...await unreadable(async () => {
        for await (const { id, bytes } of this.#store.list("document")) {
          if (sha256(bytes) === id) continue;
          const message = `document "${id}" is not what its digest says`;
          this.#faults.push({ code: "document.digest", message });
        }
      }),
    );
  }

  /**
   * The faults of a record as it stands. A record changes in the same commit as the entries
   * that concern it: one that is the same before and after the entries were read must fit them.
   */
  async #settled(
    kind: "ticket-state" | "run",
    id: string,
    check: (bytes: Uint8Array | null) => Promise<LedgerFault[]>,
  ): Promise<LedgerFault[]> {
    let faults: LedgerFault[] = [];
    let before: Uint8Array | null | undefined;
    const read = async () => {
      for (;;) {
        const bytes = await this.#store.get(kind, id);
        if (before !== undefined && sameBytes(before, bytes)) return;
        before = bytes;
        faults = await check(bytes);
        if (faults.length === 0) return;
        await this.readEntries();
        faults = await check(bytes);
        if (faults.length === 0) return;
      }
    };
    const failed = await unreadable(read);
    return failed.length > 0 ? failed : faults;
  }

  async #ticket(id: string, bytes: Uint8Array | null): Promise<LedgerFault[]> {
    const facts = this.#facts.tickets.get(id);
    if (facts === undefined) {
      return [{ code: "ticket.unissued", message: "no entry issued it" }];
    }
    if (bytes === null) {
      return [{ code: "ticket.hidden", message: "its state is missing" }];
    }
    const { issued, uses, revoked } = facts;
    const state = parseStored(bytes, TicketStateSchema, "its state");
    const envelope = await this.#store.get("ticket", id);
    const ticket = envelope && ticketOf(envelope, issued.body.payload);
    return failing([
      [
        state.ticket === id && state.issued === issued.seq &&
        state.payload === issued.body.payload &&
        state.decision === issued.body.decision &&
        (ticket === null || state.maxUses === ticket.maxUses),
        "ticket.state",
        "its state is not what was issued",
      ],
      [
        state.uses === uses,
        "ticket.uses",
        `its state says ${state.uses} uses, the ledger ${uses}`,
      ],
      [
        uses <= state.maxUses,
        "ticket.uses",
        "it was used more often than it allows",
      ],
      [
        canonicalText(state.revoked) === canonicalText(revoked),
        "ticket.revocation",
        "its state and the ledger differ on whether it is revoked",
      ],
      [
        ticket !== null,
        "ticket.envelope",
        "its envelope is not what was issued",
      ],
      [
        await isListedByPlan(this.#store, id, issued.body.decision),
        "ticket.unlisted",
        "it is not listed among those for its plan",
      ],
    ]);
  }

  async #run(run: string, bytes: Uint8Array | null): Promise<LedgerFault[]> {
    const facts = this.#facts.runs.get(run);
    if (facts === undefined) {
      return [{ code: "run.unadmitted", message: "no entry admitted it" }];
    }
    if (bytes === null) {
      return [{ code: "run.hidden", message: "its record is missing" }];
    }
    const { admitted, resumed, closed, expired } = facts;
    const record = parseStored(bytes, RunRecordSchema, "its record");
    const { ticket, decision, use } = admitted.body;
    const entries = [
      admitted,
      ...resumed,
      ...(closed === null ? [] : [closed]),
      ...expired,
    ].map(({ seq }) => seq).sort((a, b) => a - b);
    return failing([
      [
        record.run === run && record.ticket === ticket &&
        record.decision === decision && record.use === use &&
        record.status === (closed?.body.outcome ?? "running") &&
        record.seal === (closed?.body.seal ?? null) &&
        record.openedAt === admitted.at &&
        record.closedAt === (closed?.at ?? null) &&
        record.entries.join() === entries.join() &&
        (record.evidence?.expired ?? []).join() ===
          expired.map((each) => each.class).join(),
        "run.record",
        "its record is not what the ledger says",
      ],
      [
        await isListed(this.#store, byStatus(record.status), run),
        "run.unlisted",
        `it is not listed among those that are ${record.status}`,
      ],
    ]).concat(
      await this.#receiptsOf(run, facts, record),
      closed === null ? [] : await this.#tree.ofRun(run, closed.seq),
    );
  }

  async #receiptsOf(
    run: string,
    facts: RunFacts,
    record: RunRecord,
  ): Promise<LedgerFault[]> {
    const { receipts, faults } = await checkRun(
      this.#store,
      run,
      facts,
      record,
    );
    this.#receipts.set(run, receipts);
    return faults;
  }
}

/** The ticket in an envelope; `null` where its payload is another than was issued. */
function ticketOf(envelope: Uint8Array, issued: Digest): Ticket | null {
  const what = "its envelope";
  const { payloadType } = parseStored(envelope, EnvelopeSchema, what);
  const payload = payloadOf(envelope, what);
  return payloadType === TICKET_TYPE && sha256(payload) === issued
    ? parseStored(payload, TicketSchema, "it")
    : null;
}

/** Does `work`; what cannot even be read is a fault, and the walk goes on with the next part. */
async function unreadable(
  work: () => Promise<void>,
): Promise<LedgerFault[]> {
  try {
    await work();
    return [];
  } catch (error) {
    if (isWritError(error, "ledger.corrupt")) {
      return [{ code: "ledger.unreadable", message: error.message }];
    }
    throw error;
  }
}
