/**
 * What the entries of a ledger say of its tickets and runs.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { dueAt } from "../evidence/retention.ts";
import type { EvidenceClass } from "../pipeline/pipeline.ts";
import type { Entry, EntryBodies } from "./entry.ts";

/** What the entries say of a ticket; `revoked` is the first revocation. */
export interface TicketFacts {
  issued: { seq: number; body: EntryBodies["ticket.issued"] };
  uses: number;
  revoked: { seq: number; at: string; reason: string; by: string } | null;
}

/** What the entries say of a run. */
export interface RunFacts {
  admitted: {
    seq: number;
    at: string;
    hash: Digest;
    body: EntryBodies["run.admitted"];
  };
  resumed: { seq: number; hash: Digest }[];
  closed: { seq: number; at: string; body: EntryBodies["run.closed"] } | null;
  expired: { seq: number; class: EvidenceClass }[];
}

/** Tickets and runs by id, as the entries that were added tell of them. */
export class LedgerFacts {
  readonly tickets: Map<string, TicketFacts> = new Map();
  readonly runs: Map<string, RunFacts> = new Map();
  /** Entries that the ones before do not allow. */
  readonly faults: string[] = [];

  /** Adds the next entry. */
  add(entry: Entry, hash: Digest): void {
    const { seq, at } = entry;
    const say = (why: string): void => {
      this.faults.push(`entry ${seq}: ${why}`);
    };
    switch (entry.type) {
      case "ticket.issued": {
        const { body } = entry;
        if (this.tickets.has(body.ticket)) {
          return say(`ticket "${body.ticket}" is issued twice`);
        }
        this.tickets.set(body.ticket, {
          issued: { seq, body },
          uses: 0,
          revoked: null,
        });
        return;
      }
      case "ticket.revoked": {
        const ticket = this.tickets.get(entry.body.ticket);
        if (ticket === undefined) return say("its ticket was never issued");
        const { reason, by } = entry.body;
        ticket.revoked ??= { seq, at, reason, by };
        return;
      }
      case "run.admitted": {
        const { body } = entry;
        const ticket = this.tickets.get(body.ticket);
        if (ticket === undefined) return say("its ticket was never issued");
        if (ticket.revoked !== null) say("its ticket was revoked before");
        if (body.use !== ticket.uses + 1) say("it does not count its use");
        if (body.decision !== ticket.issued.body.decision) {
          say("its decision is not that of its ticket");
        }
        if (this.runs.has(body.run)) {
          return say(`run "${body.run}" is admitted twice`);
        }
        ticket.uses++;
        const admitted = { seq, at, hash, body };
        this.runs.set(body.run, {
          admitted,
          resumed: [],
          closed: null,
          expired: [],
        });
        return;
      }
      case "run.resumed": {
        const run = this.runs.get(entry.body.run);
        if (run === undefined) return say("its run was never admitted");
        if (run.closed !== null) return say("its run was closed before");
        if (run.expired.length > 0) say("its run's evidence was gone before");
        run.resumed.push({ seq, hash });
        return;
      }
      case "run.closed": {
        const { body } = entry;
        const run = this.runs.get(body.run);
        if (run === undefined) return say("its run was never admitted");
        if (run.closed !== null) return say("its run was closed before");
        run.closed = { seq, at, body };
        return;
      }
      case "evidence.expired": {
        const { body } = entry;
        const run = this.runs.get(body.run);
        if (run === undefined) return say("its run was never admitted");
        if (run.expired.some((each) => each.class === body.class)) {
          return say(`${body.class} evidence of its run expired before`);
        }
        const due = dueAt(body.captured, body.days);
        if (due === null || Date.parse(entry.at) < due) {
          say("what expired by it was not due");
        }
        run.expired.push({ seq, class: body.class });
      }
    }
  }
}
