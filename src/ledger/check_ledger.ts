/**
 * Walking a whole ledger: every chain, and every record beside them, recomputed.
 *
 * @module
 */
import { decodeBase64 } from "@std/encoding/base64";
import { type Digest, leafHash, sha256 } from "../core/digest.ts";
import type { Fault } from "../core/errors.ts";
import { EnvelopeSchema } from "../core/dsse.ts";
import { isWritError } from "../core/errors.ts";
import { checkEntryChain, checkReceiptChain } from "./chain.ts";
import { sameHead } from "./conflict.ts";
import type { Entry, EntryBodies } from "./entry.ts";
import {
  parseStored,
  type RunRecord,
  RunRecordSchema,
  type TicketState,
  TicketStateSchema,
} from "./records.ts";
import { SealSchema } from "./seal.ts";
import type { Head, Store } from "./store.ts";

/** What a walk of the ledger found. It is whole when there are no faults. */
export interface LedgerReport {
  ledger: Digest;
  head: Head;
  tickets: number;
  runs: number;
  receipts: number;
  faults: Fault[];
}

/** A ledger that others write may move under the walk; then it is walked again. */
const WALKS = 5;

/**
 * Walks a ledger from its first entry: the chain of entries, the chain of every run, their
 * references to each other, and the records of tickets and runs.
 */
export async function checkLedger(
  store: Store,
  ledger: Digest,
): Promise<LedgerReport> {
  for (let walk = 1;; walk++) {
    const report = await new Walk(store, ledger).report();
    const isSettled = sameHead(report.head, await store.head());
    if (report.faults.length === 0 || isSettled || walk === WALKS) {
      return report;
    }
  }
}

interface TicketFacts {
  issued: { seq: number; body: EntryBodies["ticket.issued"] };
  uses: number;
  revoked: number | null;
}

interface RunFacts {
  admitted: { seq: number; hash: Digest; body: EntryBodies["run.admitted"] };
  resumed: { seq: number; hash: Digest }[];
  closed: { seq: number; body: EntryBodies["run.closed"] } | null;
}

class Walk {
  readonly #store: Store;
  readonly #ledger: Digest;
  readonly #faults: Fault[] = [];
  readonly #tickets = new Map<string, TicketFacts>();
  readonly #runs = new Map<string, RunFacts>();
  #receipts = 0;

  constructor(store: Store, ledger: Digest) {
    this.#store = store;
    this.#ledger = ledger;
  }

  async report(): Promise<LedgerReport> {
    const head = await this.#entries();
    await this.#whole("the tickets", () => this.#ticketStates());
    for (const [run, facts] of this.#runs) {
      await this.#whole(`run "${run}"`, () => this.#run(run, facts));
    }
    await this.#whole("the runs", () => this.#strangers());
    await this.#whole("the documents", () => this.#documents());
    return {
      ledger: this.#ledger,
      head,
      tickets: this.#tickets.size,
      runs: this.#runs.size,
      receipts: this.#receipts,
      faults: this.#faults,
    };
  }

  #say(message: string): void {
    this.#faults.push({ message });
  }

  /** What cannot even be read is one fault; the walk goes on with the next part. */
  async #whole(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isWritError(error, "ledger.corrupt")) throw error;
      this.#say(`${what}: ${error.message}`);
    }
  }

  async #entries(): Promise<Head> {
    const expected = await this.#store.head();
    const lines: Uint8Array[] = [];
    await this.#whole("the entries", async () => {
      for await (const line of this.#store.entries()) {
        if (lines.length === expected.size) break;
        lines.push(line);
      }
    });
    const { entries, head, faults } = checkEntryChain(lines, this.#ledger);
    for (const { message } of faults) this.#say(message);
    if (!sameHead(head, expected)) {
      this.#say("the entries do not end where the ledger's head says");
    }
    for (const entry of entries) this.#entry(entry, leafHash(lines[entry.seq]));
    return expected;
  }

  #entry(entry: Entry, hash: Digest): void {
    const { seq } = entry;
    const say = (why: string) => this.#say(`entry ${seq}: ${why}`);
    switch (entry.type) {
      case "ticket.issued": {
        const { body } = entry;
        if (this.#tickets.has(body.ticket)) {
          return say(`ticket "${body.ticket}" is issued twice`);
        }
        this.#tickets.set(body.ticket, {
          issued: { seq, body },
          uses: 0,
          revoked: null,
        });
        return;
      }
      case "ticket.revoked": {
        const ticket = this.#tickets.get(entry.body.ticket);
        if (ticket === undefined) return say("its ticket was never issued");
        ticket.revoked ??= seq;
        return;
      }
      case "run.admitted": {
        const { body } = entry;
        const ticket = this.#tickets.get(body.ticket);
        if (ticket === undefined) return say("its ticket was never issued");
        if (ticket.revoked !== null) say("its ticket was revoked before");
        if (body.use !== ticket.uses + 1) say("it does not count its use");
        if (body.decision !== ticket.issued.body.decision) {
          say("its decision is not that of its ticket");
        }
        if (this.#runs.has(body.run)) {
          return say(`run "${body.run}" is admitted twice`);
        }
        ticket.uses++;
        const admitted = { seq, hash, body };
        this.#runs.set(body.run, { admitted, resumed: [], closed: null });
        return;
      }
      case "run.resumed": {
        const run = this.#runs.get(entry.body.run);
        if (run === undefined) return say("its run was never admitted");
        if (run.closed !== null) return say("its run was closed before");
        run.resumed.push({ seq, hash });
        return;
      }
      case "run.closed": {
        const { body } = entry;
        const run = this.#runs.get(body.run);
        if (run === undefined) return say("its run was never admitted");
        if (run.closed !== null) return say("its run was closed before");
        run.closed = { seq, body };
      }
    }
  }

  async #ticketStates(): Promise<void> {
    const unseen = new Set(this.#tickets.keys());
    for await (const { id, bytes } of this.#store.list("ticket-state")) {
      unseen.delete(id);
      await this.#whole(`ticket "${id}"`, async () => {
        const what = `the state of ticket "${id}"`;
        const state = parseStored(bytes, TicketStateSchema, what);
        await this.#ticket(id, state);
      });
    }
    for (const id of unseen) this.#say(`ticket "${id}" has no state`);
  }

  async #ticket(id: string, state: TicketState): Promise<void> {
    const say = (why: string) => this.#say(`ticket "${id}": ${why}`);
    const facts = this.#tickets.get(id);
    if (facts === undefined) return say("the ledger never issued it");
    const { issued, uses, revoked } = facts;
    if (
      state.ticket !== id || state.issued !== issued.seq ||
      state.payload !== issued.body.payload ||
      state.decision !== issued.body.decision
    ) say("its state is not what was issued");
    if (state.uses !== uses) {
      say(`its state says ${state.uses} uses, the ledger ${uses}`);
    }
    if (uses > state.maxUses) say("it was used more often than it allows");
    if ((state.revoked?.seq ?? null) !== revoked) {
      say("its state and the ledger differ on whether it is revoked");
    }
    const bytes = await this.#store.get("ticket", id);
    if (bytes === null) return say("its envelope is missing");
    const { payload } = parseStored(bytes, EnvelopeSchema, `ticket "${id}"`);
    if (sha256(decodeBase64(payload)) !== issued.body.payload) {
      say("its envelope is not what was issued");
    }
  }

  async #run(run: string, facts: RunFacts): Promise<void> {
    const say = (why: string) => this.#say(`run "${run}": ${why}`);
    const { admitted, resumed, closed } = facts;
    const before = await this.#store.runHead(run);
    const lines: Uint8Array[] = [];
    for await (const line of this.#store.receipts(run)) {
      if (lines.length === before.size) break;
      lines.push(line);
    }
    const { receipts, head, faults } = checkReceiptChain(lines, run);
    this.#receipts += receipts.length;
    for (const { message } of faults) say(message);
    if (!sameHead(head, before)) say("its receipts do not end at its head");
    const refs = [{ seq: admitted.seq, hash: admitted.hash }, ...resumed];
    for (const { seq, type, body } of receipts) {
      if (type !== "run.opened" && type !== "run.resumed") continue;
      const ref = refs.shift();
      if (ref?.seq !== body.entry.seq || ref.hash !== body.entry.hash) {
        say(`receipt ${seq} names another entry than the ledger has`);
      }
    }
    if (refs.length > 0) say("the ledger admits it more often than it opens");
    if (closed !== null) {
      if (
        closed.body.head !== head.hash || closed.body.count !== head.size
      ) say("it was closed with another head or count");
      if (receipts.at(-1)?.type !== "run.sealed") say("it closed unsealed");
      await this.#seal(run, closed.body);
    }
    const bytes = await this.#store.get("run", run);
    if (bytes === null) return say("its record is missing");
    this.#record(
      parseStored(bytes, RunRecordSchema, `run "${run}"`),
      facts,
      say,
    );
  }

  async #seal(run: string, closed: EntryBodies["run.closed"]): Promise<void> {
    const bytes = await this.#store.get("seal", run);
    if (bytes === null) return this.#say(`run "${run}": its seal is missing`);
    const what = `the seal of run "${run}"`;
    const { payload } = parseStored(bytes, EnvelopeSchema, what);
    const said = decodeBase64(payload);
    const seal = parseStored(said, SealSchema, what);
    if (sha256(said) !== closed.seal || seal.outcome !== closed.outcome) {
      this.#say(`run "${run}": its seal is not what closed it`);
    }
  }

  #record(
    record: RunRecord,
    { admitted, resumed, closed }: RunFacts,
    say: (why: string) => void,
  ): void {
    const { run, ticket, decision, use } = admitted.body;
    const entries = [admitted, ...resumed, ...closed === null ? [] : [closed]]
      .map(({ seq }) => seq);
    if (
      record.run !== run || record.ticket !== ticket ||
      record.decision !== decision || record.use !== use ||
      record.status !== (closed?.body.outcome ?? "running") ||
      record.seal !== (closed?.body.seal ?? null) ||
      record.entries.join() !== entries.join()
    ) say("its record is not what the ledger says");
  }

  async #strangers(): Promise<void> {
    for await (const { id } of this.#store.list("run")) {
      if (!this.#runs.has(id)) this.#say(`run "${id}" was never admitted`);
    }
  }

  async #documents(): Promise<void> {
    for await (const { id, bytes } of this.#store.list("document")) {
      if (sha256(bytes) !== id) {
        this.#say(`document "${id}" is not what its digest says`);
      }
    }
  }
}
