/**
 * The runs of a ledger: admitted, resumed, closed.
 *
 * @module
 */
import { decodeBase64 } from "@std/encoding/base64";
import { canonicalBytes } from "../core/canonical_json.ts";
import { type Digest, leafHash, sha256 } from "../core/digest.ts";
import type { Envelope } from "../core/dsse.ts";
import { WritError } from "../core/errors.ts";
import { type EntryLink, type ReceiptLink } from "./chain.ts";
import { type Entry, EntrySchema } from "./entry.ts";
import type { EntryLog } from "./entry_log.ts";
import { OrderGuard } from "./order.ts";
import type { Actor, RunOutcome } from "./receipt.ts";
import {
  appendOf,
  linkReceipt,
  loadChain,
  type ReceiptLog,
  type RunChain,
} from "./receipt_log.ts";
import {
  parseStored,
  type RunRecord,
  RunRecordSchema,
  type RunState,
} from "./records.ts";
import {
  byActor,
  byStatus,
  byStep,
  indexBefore,
  indexPuts,
} from "./run_index.ts";
import { type Seal, SealSchema } from "./seal.ts";
import {
  type DocumentKind,
  EMPTY_HEAD,
  type Put,
  type Store,
} from "./store.ts";
import {
  checkUsable,
  documentPuts,
  type Documents,
  enterTicket,
  readTicketState,
  requireHolding,
  type SignedTicket,
} from "./ticket_book.ts";
import { checkpointedSize, checkpointPuts, ledgerKey } from "./tree_book.ts";

/** What admits a run. */
export interface Admission extends SignedTicket {
  run: string;
  opened: {
    plan: Digest;
    decision: Digest;
    pipeline: Digest;
    only: string[] | null;
  };
  actor: Actor;
  /** The ids of the chosen steps, by which the run can be found. */
  steps?: readonly string[];
  /** What the run rests on, where the ledger has it not yet. */
  documents?: Documents;
}

/** A run that may start: its entry in the ledger and its first receipt. */
export interface Admitted {
  entry: EntryLink;
  opened: ReceiptLink;
  record: RunRecord;
}

/** A run that goes on. `unfinished` are the steps whose attempt nobody saw end. */
export interface Resumed {
  entry: EntryLink;
  resumed: ReceiptLink;
  record: RunRecord;
  unfinished: string[];
}

/** What closes a run: `payload` is the digest of the seal's signed bytes. */
export interface Closing {
  run: string;
  envelope: Envelope;
  payload: Digest;
  outcome: RunOutcome;
}

/** An entry with its bytes and their hash. */
export interface EntryAt {
  entry: Entry;
  bytes: Uint8Array;
  hash: Digest;
}

/** Consumes a use of a ticket and opens the run, in one commit. */
export async function admitRun(
  log: EntryLog,
  { run, opened, actor, steps = [], documents = new Map(), ...signed }:
    Admission,
): Promise<Admitted> {
  const { ticket } = signed;
  if (opened.decision !== ticket.decision) {
    throw new WritError(
      "ticket.decision",
      `Cannot admit run "${run}": ticket "${ticket.id}" is for decision "${ticket.decision}", this is "${opened.decision}"`,
      { hint: "Ask for a ticket for this decision" },
    );
  }
  // A run that could not be closed must not begin.
  await ledgerKey(log);
  const listed = await indexBefore(log.store, run, [
    byStatus("running"),
    ...actorsOf(signed, actor).map(byActor),
    ...steps.map(byStep),
  ]);
  return await log.change(async (batch) => {
    const { state, put } = await enterTicket(log, batch, signed, opened.plan);
    checkUsable(ticket, state, Date.parse(batch.at));
    if (await readRun(log, run) !== null) {
      throw new WritError(
        "ledger.conflict",
        `Cannot admit run "${run}": the ledger has it already`,
      );
    }
    const use = state.uses + 1;
    const { decision, plan, pipeline, only } = opened;
    const envelope = canonicalBytes(signed.envelope);
    const entry = batch.add("run.admitted", {
      run,
      ticket: ticket.id,
      decision,
      use,
    });
    const chain = newChain(run);
    const receipt = linkReceipt(chain, {
      run,
      at: batch.at,
      type: "run.opened",
      actor,
      body: {
        plan,
        decision,
        ticket: ticket.id,
        envelope: sha256(envelope),
        pipeline,
        entry: refOf(entry),
        only,
      },
    });
    const record: RunRecord = {
      v: 1,
      run,
      ticket: ticket.id,
      plan,
      decision,
      only,
      use,
      openedAt: batch.at,
      closedAt: null,
      status: "running",
      seal: null,
      entries: [entry.entry.seq],
    };
    return {
      put: [
        ...put.filter(({ kind }) => kind !== "ticket-state"),
        document("ticket-state", ticket.id, { ...state, uses: use }),
        document("run", run, record),
        ...listed,
        // The ticket itself may gain signatures that this run did not have.
        ...await documentPuts(
          log,
          new Map([...documents, [sha256(envelope), envelope]]),
        ),
      ],
      receipts: [{ run, append: appendOf([receipt], EMPTY_HEAD) }],
      result: { entry, opened: receipt, record },
    };
  });
}

/** Lets a run go on that was neither sealed nor closed, under the use it has of a ticket that holds. */
export async function resumeRun(
  log: EntryLog,
  receipts: ReceiptLog,
  run: string,
  actor: Actor,
): Promise<Resumed> {
  const resumed = await log.change(async (batch) => {
    const before = await needRun(log, run);
    const chain = await loadChain(log.store, run);
    checkResumable(before, chain);
    await requireHolding(log, before, Date.parse(batch.at));
    const after = chain.head;
    const unfinished = chain.guard.unfinished();
    const entry = batch.add("run.resumed", { run });
    const receipt = linkReceipt(chain, {
      run,
      at: batch.at,
      type: "run.resumed",
      actor,
      body: { entry: refOf(entry) },
    });
    const record = withEntry(before, entry);
    return {
      put: [document("run", run, record)],
      receipts: [{ run, append: appendOf([receipt], after) }],
      result: { entry, resumed: receipt, record, unfinished },
    };
  });
  receipts.forget(run);
  return resumed;
}

/** Closes a run whose last receipt seals it; again with the same seal changes nothing. */
export async function closeRun(
  log: EntryLog,
  receipts: ReceiptLog,
  { run, envelope, payload, outcome }: Closing,
): Promise<RunRecord> {
  const { head, guard } = await receipts.chain(run);
  const closed = await log.change(async (batch) => {
    const before = await needRun(log, run);
    if (before.status !== "running") {
      if (before.seal === payload) return { result: before };
      throw illegalClose(run, "it was closed with another seal");
    }
    if (guard.phase !== "sealed" || head.hash === null) {
      throw illegalClose(run, 'its last receipt is not "run.sealed"');
    }
    const seal = readSeal(run, envelope, payload);
    const expected = {
      run,
      outcome,
      ledger: log.id,
      ticket: before.ticket,
      head: head.hash,
      count: head.size,
    };
    for (const [name, value] of Object.entries(expected)) {
      if (seal[name as keyof typeof expected] !== value) {
        throw illegalClose(run, `its seal has another "${name}"`);
      }
    }
    const entry = batch.add("run.closed", {
      run,
      seal: payload,
      envelope: sha256(canonicalBytes(envelope)),
      outcome,
      head: head.hash,
      count: head.size,
      before: await checkpointedSize(log.store),
    });
    const record: RunRecord = {
      ...withEntry(before, entry),
      closedAt: batch.at,
      status: outcome,
      seal: payload,
    };
    return {
      put: [
        document("run", run, record),
        document("seal", run, envelope),
        ...await checkpointPuts(log, batch, run),
        ...indexPuts(run, [byStatus(outcome)]),
      ],
      unlist: [byStatus("running") + run],
      result: record,
    };
  });
  receipts.forget(run);
  return closed;
}

/** A run by its id; `null` when the ledger has none. */
export async function readRun(
  log: EntryLog,
  run: string,
): Promise<RunRecord | null> {
  const bytes = await log.store.get("run", run);
  return bytes === null
    ? null
    : parseStored(bytes, RunRecordSchema, `run "${run}"`);
}

/** What a bundle needs of the ledger: `ticket.issued` and all entries of the run. */
export async function entriesOfRun(
  log: EntryLog,
  run: string,
): Promise<EntryAt[]> {
  const { ticket, entries } = await needRun(log, run);
  const state = await readTicketState(log, ticket);
  const seqs = state === null ? entries : [state.issued, ...entries];
  return await Promise.all(seqs.map((seq) => readEntry(log, seq)));
}

/** One entry of the ledger. */
export async function readEntry(log: EntryLog, seq: number): Promise<EntryAt> {
  for await (const bytes of log.store.entries(seq, 1)) {
    const entry = parseStored(bytes, EntrySchema, `entry ${seq}`);
    return { entry, bytes, hash: leafHash(bytes) };
  }
  throw new WritError(
    "ledger.corrupt",
    `Cannot read entry ${seq} from the ledger: there is none`,
  );
}

/** Who asked for a run, whose keys signed its ticket, and who runs it. */
function actorsOf({ ticket, envelope }: SignedTicket, runner: Actor): string[] {
  const { id, key } = ticket.requester;
  const approvers = envelope.signatures.map(({ keyid }) => keyid);
  return [id, ...(key === null ? [] : [key]), ...approvers, runner.id];
}

function newChain(run: string): RunChain {
  return { run, head: EMPTY_HEAD, guard: new OrderGuard() };
}

function refOf({ entry, hash }: EntryLink): { seq: number; hash: Digest } {
  return { seq: entry.seq, hash };
}

function withEntry(record: RunRecord, { entry }: EntryLink): RunRecord {
  return { ...record, entries: [...record.entries, entry.seq] };
}

function document(kind: DocumentKind, id: string, value: unknown): Put {
  return { kind, id, bytes: canonicalBytes(value) };
}

async function needRun(log: EntryLog, run: string): Promise<RunRecord> {
  const record = await readRun(log, run);
  if (record !== null) return record;
  throw new WritError(
    "reference.unknown",
    `Cannot find run "${run}" in the ledger`,
  );
}

/**
 * Requires that nothing that was captured in a run has expired: what would go on could not be sealed.
 *
 * @throws {WritError} `run.not_resumable`
 */
export function requireCaptured({ run, evidence }: RunRecord): void {
  if (evidence === undefined) return;
  throw new WritError(
    "run.not_resumable",
    `Cannot resume run "${run}": what was captured in it has expired`,
    { hint: "Ask for a new ticket and execute the pipeline again" },
  );
}

function checkResumable(record: RunRecord, { guard }: RunChain): void {
  requireCaptured(record);
  if (record.status === "running" && guard.phase === "open") return;
  throw new WritError(
    "run.not_resumable",
    `Cannot resume run "${record.run}": it has ended`,
    { hint: "Ask for a new ticket and execute the pipeline again" },
  );
}

function readSeal(run: string, envelope: Envelope, payload: Digest): Seal {
  const bytes = decodeBase64(envelope.payload);
  if (sha256(bytes) !== payload) {
    throw illegalClose(run, "its envelope holds something else");
  }
  return parseStored(bytes, SealSchema, `the seal of run "${run}"`);
}

function illegalClose(run: string, why: string): WritError {
  return new WritError("receipt.illegal", `Cannot close run "${run}": ${why}`);
}

/** Where a run stands, given whether a living process holds its lock. */
export async function runState(
  store: Store,
  record: RunRecord,
  isHeld: boolean,
): Promise<RunState> {
  if (record.status !== "running") return record.status;
  if (isHeld) return "running";
  const { guard } = await loadChain(store, record.run);
  return guard.unfinished().length > 0 ? "indeterminate" : "interrupted";
}
