/** What the tests of the ledger and its stores share. */
import { canonicalBytes } from "../../src/core/canonical_json.ts";
import { type Digest, leafHash, sha256 } from "../../src/core/digest.ts";
import { type Envelope, signEnvelope } from "../../src/core/dsse.ts";
import { signerFromPkcs8 } from "../../src/core/keys.ts";
import type { LedgerReport } from "../../src/ledger/check_ledger.ts";
import type { TreeHead } from "../../src/ledger/merkle.ts";
import { newRunId, newTicketId } from "../../src/core/id.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import {
  type Actor,
  type ReceiptBodies,
  type RunOutcome,
  unseenEnd,
} from "../../src/ledger/receipt.ts";
import { SEAL_TYPE } from "../../src/ledger/seal.ts";
import type { Append, Commit, Head, Store } from "../../src/ledger/store.ts";
import { type Ticket, TICKET_TYPE } from "../../src/ticket/ticket.ts";

/** The ledger's key: the same one in all processes of a test. */
export const LEDGER_KEY = await signerFromPkcs8(
  Uint8Array.fromHex(`302e020100300506032b657004220420${"07".repeat(32)}`),
);
export const LEDGER_ID = LEDGER_KEY.id;
export const PLAN = canonicalBytes({ plan: 1 });
export const PIPELINE = new TextEncoder().encode("{} // one");
export const DECISION = canonicalBytes({ decision: 1, plan: sha256(PLAN) });
export const ACTOR: Actor = { kind: "human", id: "ada" };

const SIGNER = {
  id: sha256(new TextEncoder().encode("a key")),
  publicKey: new Uint8Array(32),
  sign: () => Promise.resolve(new Uint8Array(64)),
};

/** A clock that goes on by one millisecond each time it is asked. */
export function clock(): () => number {
  let now = Date.parse("2026-05-01T10:00:00.000Z");
  return () => now++;
}

export function openLedger(
  store: Store,
  seen: TreeHead | null = null,
  now = clock(),
): Promise<Ledger> {
  const signer = () => Promise.resolve(LEDGER_KEY);
  const later = (work: () => void) => void setTimeout(work, 5);
  return Ledger.open(store, { id: LEDGER_ID, now, later, seen, signer });
}

/** Walks a whole ledger. */
export function verifyLedger(ledger: Ledger): Promise<LedgerReport> {
  return ledger.verify(LEDGER_KEY.publicKey);
}

export interface SignedFixture {
  ticket: Ticket;
  envelope: Envelope;
  payloadDigest: Digest;
}

let made = 0;

export async function makeTicket(
  change: Partial<Ticket> = {},
): Promise<SignedFixture> {
  const ticket: Ticket = {
    v: 1,
    id: newTicketId(Date.now() + made++),
    ledger: LEDGER_ID,
    decision: sha256(DECISION),
    seen: null,
    requester: { kind: "agent", id: "bot", key: null },
    reason: "a test",
    notBefore: "2026-05-01T09:00:00.000Z",
    expiresAt: "2026-06-01T09:00:00.000Z",
    maxUses: 1,
    ...change,
  };
  const payload = canonicalBytes(ticket);
  const envelope = await signEnvelope(TICKET_TYPE, payload, [SIGNER]);
  return { ticket, envelope, payloadDigest: sha256(payload) };
}

export function admission(signed: SignedFixture, run = makeRunId()) {
  return {
    ...signed,
    run,
    opened: {
      plan: sha256(PLAN),
      decision: sha256(DECISION),
      pipeline: sha256(PIPELINE),
      only: null,
    },
    actor: ACTOR,
  };
}

export function makeRunId(): string {
  return newRunId(Date.now() + made++);
}

export function started(
  step: string,
  attempt = 1,
): ReceiptBodies["step.started"] {
  return {
    step,
    attempt,
    backend: {
      name: "bubblewrap",
      version: "0.8.0",
      abi: 0,
      path: "/usr/bin/bwrap",
      mechanisms: ["mount-namespace"],
    },
    host: { stage: "/work" },
    program: "/usr/bin/true",
    argv: ["true"],
  };
}

export function finished(
  step: string,
  status: ReceiptBodies["step.finished"]["status"] = "ok",
  attempt = 1,
): ReceiptBodies["step.finished"] {
  const isOk = status === "ok";
  const end = unseenEnd(
    step,
    attempt,
    status,
    isOk ? null : `it was ${status}`,
  );
  return { ...end, exit: isOk ? 0 : null };
}

export function sealed(
  outcome: RunOutcome = "ok",
): ReceiptBodies["run.sealed"] {
  return { outcome, steps: [], invariants: [] };
}

/** The seal of a run whose last receipt has this hash, closed in the ledger. */
export async function close(
  ledger: Ledger,
  run: string,
  ticket: string,
  head: Head,
  outcome: RunOutcome = "ok",
) {
  const payload = canonicalBytes({
    v: 1,
    ledger: LEDGER_ID,
    run,
    ticket,
    outcome,
    head: head.hash,
    count: head.size,
    products: [],
  });
  const envelope = await signEnvelope(SEAL_TYPE, payload, [SIGNER]);
  return await ledger.closeRun(run, envelope, sha256(payload), outcome);
}

/** A run from admission to its close, with one step. */
export async function wholeRun(ledger: Ledger): Promise<string> {
  const signed = await makeTicket();
  const { record: { run } } = await ledger.admit(admission(signed));
  await ledger.append(run, "step.started", started("a"), ACTOR);
  await ledger.append(run, "step.finished", finished("a"), ACTOR);
  const { receipt, hash } = await ledger.append(
    run,
    "run.sealed",
    sealed(),
    ACTOR,
  );
  const head = { size: receipt.seq + 1, hash };
  await close(ledger, run, signed.ticket.id, head);
  return run;
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** An append of any bytes. */
export function appendTexts(after: Head, ...texts: string[]): Append {
  const records = texts.map(bytesOf);
  return { after, records, hash: leafHash(records[records.length - 1]) };
}

/** The head after an append. */
export function headAfter({ after, records, hash }: Append): Head {
  return { size: after.size + records.length, hash };
}

/** A store that does what another one does, for those of whose answers some are to be others. */
export function facing(store: Store): Store {
  return {
    head: () => store.head(),
    entries: (from, limit) => store.entries(from, limit),
    runHead: (run) => store.runHead(run),
    receipts: (run) => store.receipts(run),
    get: (kind, id) => store.get(kind, id),
    list: (kind, options) => store.list(kind, options),
    close: () => store.close(),
    commit: (change) => store.commit(change),
  };
}

/** A store with something before each commit: to count them, or to make them fail. */
export function watchCommits(
  store: Store,
  before: (change: Commit) => void | Promise<void>,
): Store {
  return {
    ...facing(store),
    commit: async (change) => {
      await before(change);
      await store.commit(change);
    },
  };
}
