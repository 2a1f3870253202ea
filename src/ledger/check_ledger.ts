/**
 * Walking a whole ledger: every chain, and every record beside them, recomputed.
 *
 * @module
 */
import { decodeBase64 } from "@std/encoding/base64";
import { type Digest, leafHash, sha256 } from "../core/digest.ts";
import { EnvelopeSchema } from "../core/dsse.ts";
import { type Fault, isWritError } from "../core/errors.ts";
import { checkEntryChain, checkReceiptChain } from "./chain.ts";
import { sameBytes, sameHead } from "./conflict.ts";
import type { EntryBodies } from "./entry.ts";
import { LedgerFacts, type RunFacts } from "./ledger_facts.ts";
import { parseStored, RunRecordSchema, TicketStateSchema } from "./records.ts";
import { SealSchema } from "./seal.ts";
import { EMPTY_HEAD, type Head, type Store } from "./store.ts";

/** What a walk of the ledger found. It is whole when there are no faults. */
export interface LedgerReport {
  ledger: Digest;
  head: Head;
  tickets: number;
  runs: number;
  receipts: number;
  faults: Fault[];
}

/**
 * Walks a ledger from its first entry: the chain of entries, the chain of every run, their
 * references to each other, and the records of tickets and runs. Others may write meanwhile.
 */
export async function checkLedger(
  store: Store,
  ledger: Digest,
): Promise<LedgerReport> {
  const walk = new Walk(store, ledger);
  await walk.readEntries();
  await walk.checkEach("ticket-state", "ticket");
  await walk.checkEach("run", "run");
  await walk.checkDocuments();
  return walk.report();
}

class Walk {
  readonly #store: Store;
  readonly #ledger: Digest;
  readonly #facts = new LedgerFacts();
  readonly #faults: string[] = [];
  readonly #receipts = new Map<string, number>();
  #head: Head = EMPTY_HEAD;

  constructor(store: Store, ledger: Digest) {
    this.#store = store;
    this.#ledger = ledger;
  }

  report(): LedgerReport {
    return {
      ledger: this.#ledger,
      head: this.#head,
      tickets: this.#facts.tickets.size,
      runs: this.#facts.runs.size,
      receipts: [...this.#receipts.values()].reduce((sum, n) => sum + n, 0),
      faults: [...this.#faults, ...this.#facts.faults].map((message) => ({
        message,
      })),
    };
  }

  /** Reads the entries that came since it was last done. */
  async readEntries(): Promise<void> {
    const after = this.#head;
    this.#head = await this.#store.head();
    if (sameHead(after, this.#head)) return;
    const lines: Uint8Array[] = [];
    this.#faults.push(
      ...await unreadable(async () => {
        for await (const line of this.#store.entries(after.size)) {
          if (after.size + lines.length === this.#head.size) break;
          lines.push(line);
        }
      }),
    );
    const { entries, head, faults } = checkEntryChain(
      lines,
      this.#ledger,
      after,
    );
    this.#faults.push(...faults.map(({ message }) => message));
    if (!sameHead(head, this.#head)) {
      this.#faults.push("the entries do not end where the ledger's head says");
    }
    for (const entry of entries) {
      const line = lines[entry.seq - after.size];
      // One with a false seq has been named already.
      if (line !== undefined) this.#facts.add(entry, leafHash(line));
    }
  }

  /** Checks each ticket or run that the entries or the records know. */
  async checkEach(
    kind: "ticket-state" | "run",
    what: "ticket" | "run",
  ): Promise<void> {
    const ids = new Set(
      what === "ticket" ? this.#facts.tickets.keys() : this.#facts.runs.keys(),
    );
    this.#faults.push(
      ...await unreadable(async () => {
        for await (const { id } of this.#store.list(kind)) ids.add(id);
      }),
    );
    for (const id of ids) {
      const faults = await this.#settled(
        kind,
        id,
        (bytes) =>
          what === "ticket" ? this.#ticket(id, bytes) : this.#run(id, bytes),
      );
      this.#faults.push(...faults.map((why) => `${what} "${id}": ${why}`));
    }
  }

  async checkDocuments(): Promise<void> {
    this.#faults.push(
      ...await unreadable(async () => {
        for await (const { id, bytes } of this.#store.list("document")) {
          if (sha256(bytes) === id) continue;
          this.#faults.push(`document "${id}" is not what its digest says`);
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
    check: (bytes: Uint8Array | null) => Promise<string[]>,
  ): Promise<string[]> {
    let faults: string[] = [];
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

  async #ticket(id: string, bytes: Uint8Array | null): Promise<string[]> {
    const facts = this.#facts.tickets.get(id);
    if (facts === undefined) return ["the ledger never issued it"];
    if (bytes === null) return ["its state is missing"];
    const { issued, uses, revoked } = facts;
    const state = parseStored(bytes, TicketStateSchema, "its state");
    const envelope = await this.#store.get("ticket", id);
    return failing([
      [
        state.ticket === id && state.issued === issued.seq &&
        state.payload === issued.body.payload &&
        state.decision === issued.body.decision,
        "its state is not what was issued",
      ],
      [
        state.uses === uses,
        `its state says ${state.uses} uses, the ledger ${uses}`,
      ],
      [uses <= state.maxUses, "it was used more often than it allows"],
      [
        (state.revoked?.seq ?? null) === revoked,
        "its state and the ledger differ on whether it is revoked",
      ],
      [
        envelope !== null &&
        sha256(payloadOf(envelope, "its envelope")) === issued.body.payload,
        "its envelope is not what was issued",
      ],
    ]);
  }

  async #run(run: string, bytes: Uint8Array | null): Promise<string[]> {
    const facts = this.#facts.runs.get(run);
    if (facts === undefined) return ["it was never admitted"];
    if (bytes === null) return ["its record is missing"];
    const { admitted, resumed, closed } = facts;
    const record = parseStored(bytes, RunRecordSchema, "its record");
    const { ticket, decision, use } = admitted.body;
    const entries = [admitted, ...resumed, ...(closed === null ? [] : [closed])]
      .map(({ seq }) => seq);
    return failing([
      [
        record.run === run && record.ticket === ticket &&
        record.decision === decision && record.use === use &&
        record.status === (closed?.body.outcome ?? "running") &&
        record.seal === (closed?.body.seal ?? null) &&
        record.entries.join() === entries.join(),
        "its record is not what the ledger says",
      ],
    ]).concat(await this.#chain(run, facts));
  }

  async #chain(run: string, facts: RunFacts): Promise<string[]> {
    const { admitted, resumed, closed } = facts;
    const before = await this.#store.runHead(run);
    const lines: Uint8Array[] = [];
    for await (const line of this.#store.receipts(run)) {
      if (lines.length === before.size) break;
      lines.push(line);
    }
    const { receipts, head, faults } = checkReceiptChain(lines, run);
    this.#receipts.set(run, receipts.length);
    const named = receipts.flatMap(({ type, body }) =>
      type === "run.opened" || type === "run.resumed" ? [body.entry] : []
    );
    const refs = [admitted, ...resumed];
    return failing([
      [sameHead(head, before), "its receipts do not end at its head"],
      [
        named.length === refs.length &&
        refs.every(({ seq, hash }, i) =>
          named[i].seq === seq && named[i].hash === hash
        ),
        "its receipts name other entries than the ledger has",
      ],
      [
        closed === null ||
        closed.body.head === head.hash && closed.body.count === head.size,
        "it was closed with another head or count",
      ],
      [
        closed === null || receipts.at(-1)?.type === "run.sealed",
        "it was closed unsealed",
      ],
      [
        closed === null || await this.#isSeal(run, closed.body),
        "its seal is not what closed it",
      ],
    ]).concat(faults.map(({ message }) => message));
  }

  async #isSeal(
    run: string,
    closed: EntryBodies["run.closed"],
  ): Promise<boolean> {
    const bytes = await this.#store.get("seal", run);
    if (bytes === null) return false;
    const payload = payloadOf(bytes, "its seal");
    if (sha256(payload) !== closed.seal) return false;
    const seal = parseStored(payload, SealSchema, "its seal");
    return seal.run === run && seal.outcome === closed.outcome &&
      seal.head === closed.head && seal.count === closed.count;
  }
}

function failing(checks: [holds: boolean, why: string][]): string[] {
  return checks.filter(([holds]) => !holds).map(([, why]) => why);
}

function payloadOf(envelope: Uint8Array, what: string): Uint8Array {
  return decodeBase64(parseStored(envelope, EnvelopeSchema, what).payload);
}

/** Does `work`; what cannot even be read is a fault, and the walk goes on with the next part. */
async function unreadable(work: () => Promise<void>): Promise<string[]> {
  try {
    await work();
    return [];
  } catch (error) {
    if (isWritError(error, "ledger.corrupt")) return [error.message];
    throw error;
  }
}
