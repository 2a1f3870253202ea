/**
 * The tickets of a ledger: issued, counted, revoked.
 *
 * @module
 */
import { decodeBase64 } from "@std/encoding/base64";
import { canonicalBytes } from "../core/canonical_json.ts";
import { type Digest, sha256 } from "../core/digest.ts";
import { type Envelope, EnvelopeSchema } from "../core/dsse.ts";
import { WritError } from "../core/errors.ts";
import { hasExpired, type Ticket, TicketSchema } from "../ticket/ticket.ts";
import type { EntryLink } from "./chain.ts";
import type { EntryBatch, EntryLog } from "./entry_log.ts";
import {
  CORRUPT_HINT,
  parseStored,
  type RunRecord,
  type TicketState,
  TicketStateSchema,
} from "./records.ts";
import type { ListOptions, Put } from "./store.ts";
import { byPlan, listingOf, planOf } from "./ticket_index.ts";
import { requireSeen } from "./tree_book.ts";

/** Whether a ticket may be used now. */
export type TicketStatus =
  | "open"
  | "early"
  | "expired"
  | "used"
  | "revoked";

/** A ticket as the ledger knows it. */
export interface TicketRecord {
  ticket: Ticket;
  envelope: Envelope;
  state: TicketState;
  status: TicketStatus;
}

/** A signed ticket: `payload` is the digest of the signed bytes. */
export interface SignedTicket {
  ticket: Ticket;
  envelope: Envelope;
  payload: Digest;
}

/** Plans, decisions and what else a ticket rests on, by digest. */
export type Documents = ReadonlyMap<Digest, Uint8Array>;

/** Enters a ticket; the same payload again adds only signatures and documents that are new. */
export function issueTicket(
  log: EntryLog,
  signed: SignedTicket,
  documents: Documents,
): Promise<TicketState> {
  const { decision } = signed.ticket;
  return log.change(async (batch) => {
    const about = documents.get(decision) ??
      await log.store.get("document", decision);
    const plan = about === null ? null : planOf(about);
    const { state, put } = await enterTicket(log, batch, signed, plan);
    return {
      put: [...put, ...await documentPuts(log, documents)],
      result: state,
    };
  });
}

/**
 * The state of a ticket that goes into a commit, entered by it where the ledger has not seen it.
 *
 * @param plan that its decision is about, by which it can be found; `null` where that is not known
 * @throws {WritError} `ticket.malformed` when the parts do not belong together or the id already
 * names another payload, `ticket.ledger` when it is for another ledger, `ledger.rolled_back` and
 * `ledger.rewritten` when this is not the ledger that its signer saw
 */
export async function enterTicket(
  log: EntryLog,
  batch: EntryBatch,
  signed: SignedTicket,
  plan: Digest | null,
): Promise<{ state: TicketState; put: Put[] }> {
  const { ticket, envelope, payload } = signed;
  const listing = plan === null ? [] : [listingOf(ticket.id, plan)];
  checkSigned(log.id, signed);
  if (ticket.seen !== null) {
    const { size } = await log.store.head();
    await requireSeen(log.store, size, ticket.seen, `ticket "${ticket.id}"`);
  }
  const known = await readTicketState(log, ticket.id);
  if (known === null) {
    const { id, decision, maxUses } = ticket;
    const { entry } = batch.add("ticket.issued", {
      ticket: id,
      payload,
      decision,
    });
    const state: TicketState = {
      v: 1,
      ticket: id,
      payload,
      decision,
      maxUses,
      uses: 0,
      issued: entry.seq,
      revoked: null,
    };
    const put: Put[] = [
      { kind: "ticket", id, bytes: canonicalBytes(envelope), expect: null },
      { kind: "ticket-state", id, bytes: canonicalBytes(state) },
      ...listing,
    ];
    return { state, put };
  }
  if (known.payload !== payload) {
    throw new WritError(
      "ticket.malformed",
      `Cannot enter ticket "${ticket.id}": the ledger has another one of that id`,
      { hint: "Ask for a new ticket" },
    );
  }
  const more = await signaturePuts(log, signed);
  return { state: known, put: [...more, ...listing] };
}

/** Revokes a ticket; again changes nothing. */
export function revokeTicket(
  log: EntryLog,
  id: string,
  reason: string,
  by: string,
): Promise<EntryLink | null> {
  return log.change(async (batch) => {
    const state = await readTicketState(log, id);
    if (state === null) throw unknownTicket(id);
    if (state.revoked !== null) return { result: null };
    const link = batch.add("ticket.revoked", { ticket: id, reason, by });
    const { at, seq } = link.entry;
    const revoked = { at, reason, by, seq };
    const bytes = canonicalBytes({ ...state, revoked });
    return { put: [{ kind: "ticket-state", id, bytes }], result: link };
  });
}

/**
 * Refuses a ticket that may not be used now.
 *
 * @throws {WritError} `ticket.revoked`, `ticket.used`, `ticket.not_yet_valid`, `ticket.expired`
 */
export function checkUsable(
  ticket: Ticket,
  state: TicketState,
  now: number,
): void {
  const fault = REFUSALS[statusOf(ticket, state, now)];
  if (fault === null) return;
  const [code, why] = fault;
  throw new WritError(code, `Cannot use ticket "${ticket.id}": it ${why}`, {
    hint: "Ask an approver for a new ticket",
  });
}

/**
 * Refuses to let a run go on whose ticket does not hold any more. Its use is taken already, so
 * that none may be left.
 *
 * @throws {WritError} `ticket.revoked`, `ticket.expired`
 */
export async function requireHolding(
  log: EntryLog,
  { run, ticket: id }: Pick<RunRecord, "run" | "ticket">,
  now: number,
): Promise<void> {
  const { ticket, state } = await needTicket(log, id);
  const status = heldStatus({ ticket, state }, now);
  if (status === "open") return;
  const [code, why] = REFUSALS[status];
  throw new WritError(
    code,
    `Cannot resume run "${run}": ticket "${id}" ${why}`,
    { hint: "Ask an approver for a new ticket" },
  );
}

/** What keeps a run from going on under a ticket of which it has a use; `open` where nothing does. */
export function heldStatus(
  { ticket, state }: Pick<TicketRecord, "ticket" | "state">,
  now: number,
): "open" | "revoked" | "expired" {
  if (state.revoked !== null) return "revoked";
  return hasExpired(ticket, now) ? "expired" : "open";
}

const REFUSALS = {
  open: null,
  early: ["ticket.not_yet_valid", "is not valid yet"],
  expired: ["ticket.expired", "has expired"],
  used: ["ticket.used", "has no uses left"],
  revoked: ["ticket.revoked", "was revoked"],
} as const;

function statusOf(
  ticket: Ticket,
  state: TicketState,
  now: number,
): TicketStatus {
  if (state.revoked !== null) return "revoked";
  if (state.uses >= ticket.maxUses) return "used";
  if (hasExpired(ticket, now)) return "expired";
  return now < Date.parse(ticket.notBefore) ? "early" : "open";
}

/** A ticket by its id; `null` when the ledger has none. */
export async function readTicket(
  log: EntryLog,
  id: string,
): Promise<TicketRecord | null> {
  const [bytes, state] = await Promise.all([
    log.store.get("ticket", id),
    readTicketState(log, id),
  ]);
  if (bytes === null && state === null) return null;
  if (bytes === null || state === null) throw damagedTicket(id);
  const envelope = parseStored(bytes, EnvelopeSchema, `ticket "${id}"`);
  const payload = decodeBase64(envelope.payload);
  const ticket = parseStored(payload, TicketSchema, `ticket "${id}"`);
  if (sha256(payload) !== state.payload || ticket.id !== id) {
    throw damagedTicket(id);
  }
  const status = statusOf(ticket, state, log.now());
  return { ticket, envelope, state, status };
}

/** The state of a ticket; `null` when the ledger has none of that id. */
export async function readTicketState(
  log: EntryLog,
  id: string,
): Promise<TicketState | null> {
  const bytes = await log.store.get("ticket-state", id);
  if (bytes === null) return null;
  return parseStored(bytes, TicketStateSchema, `the state of ticket "${id}"`);
}

/** Tickets in the order of their ids, that is of their making. */
export async function* listTickets(
  log: EntryLog,
  options: { reverse?: boolean; limit?: number; prefix?: string },
): AsyncIterable<TicketRecord> {
  for await (const { id } of log.store.list("ticket-state", options)) {
    yield await needTicket(log, id);
  }
}

/** In which order, and how many. */
export type TicketOrder = Pick<ListOptions, "reverse" | "limit">;

/** The tickets for one plan, in the order of their making. */
export async function* ticketsForPlan(
  log: EntryLog,
  plan: Digest,
  order: TicketOrder = {},
): AsyncIterable<TicketRecord> {
  const prefix = byPlan(plan);
  for await (const { id } of log.store.list("index", { ...order, prefix })) {
    yield await needTicket(log, id.slice(prefix.length));
  }
}

async function needTicket(log: EntryLog, id: string): Promise<TicketRecord> {
  const record = await readTicket(log, id);
  if (record !== null) return record;
  throw damagedTicket(id);
}

/**
 * What must be put so that these documents are there.
 *
 * @throws {WritError} `evidence.corrupt` when one is not what its digest says
 */
export async function documentPuts(
  log: EntryLog,
  documents: Documents,
): Promise<Put[]> {
  const put: Put[] = [];
  for (const [id, bytes] of documents) {
    if (sha256(bytes) !== id) {
      throw new WritError(
        "evidence.corrupt",
        `Cannot keep document "${id}": its bytes are ${sha256(bytes)}`,
      );
    }
    if (await log.store.get("document", id) === null) {
      put.push({ kind: "document", id, bytes });
    }
  }
  return put;
}

function checkSigned(
  ledger: Digest,
  { ticket, envelope, payload }: SignedTicket,
): void {
  const signedBytes = sha256(decodeBase64(envelope.payload));
  if (
    payload !== signedBytes || sha256(canonicalBytes(ticket)) !== signedBytes
  ) {
    throw new WritError(
      "ticket.malformed",
      `Cannot enter ticket "${ticket.id}": its envelope holds something else`,
    );
  }
  if (ticket.ledger !== ledger) {
    throw new WritError(
      "ticket.ledger",
      `Cannot enter ticket "${ticket.id}": it is for ledger "${ticket.ledger}", this is "${ledger}"`,
      { hint: "Ask for a ticket for this ledger" },
    );
  }
}

/** Signatures by further keys over the same bytes go into the envelope that is kept. */
async function signaturePuts(
  log: EntryLog,
  { ticket, envelope }: SignedTicket,
): Promise<Put[]> {
  const bytes = await log.store.get("ticket", ticket.id);
  if (bytes === null) throw damagedTicket(ticket.id);
  const kept = parseStored(bytes, EnvelopeSchema, `ticket "${ticket.id}"`);
  const keys = new Set(kept.signatures.map(({ keyid }) => keyid));
  const more = envelope.signatures.filter(({ keyid }) => !keys.has(keyid));
  if (more.length === 0) return [];
  const all = { ...kept, signatures: [...kept.signatures, ...more] };
  return [{
    kind: "ticket",
    id: ticket.id,
    bytes: canonicalBytes(all),
    expect: bytes,
  }];
}

function unknownTicket(id: string): WritError {
  return new WritError(
    "ticket.missing",
    `Cannot find ticket "${id}" in the ledger`,
  );
}

function damagedTicket(id: string): WritError {
  return new WritError(
    "ledger.corrupt",
    `Cannot read ticket "${id}" from the ledger: its parts do not fit`,
    { hint: CORRUPT_HINT },
  );
}
