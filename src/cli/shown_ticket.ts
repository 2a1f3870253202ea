/**
 * A ticket with what a reader knows it by: what it is for, whose keys signed it, what ran under it.
 *
 * @module
 */
import { parse } from "@std/jsonc";
import type { Digest } from "../core/digest.ts";
import type { Envelope } from "../core/dsse.ts";
import { isRunHeld } from "../evidence/run_lock.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { RunRecord, RunState } from "../ledger/records.ts";
import { heldStatus, type TicketRecord } from "../ledger/ticket_book.ts";
import {
  readAdmitted,
  readDecision,
  readPlan,
  readTrust,
} from "../run/documents.ts";
import { isSealed } from "../run/is_sealed.ts";
import { wishWords } from "../run/wish_words.ts";
import type { Trust } from "../ticket/trust.ts";

/** A key that signed a ticket. */
export interface ShownSigner {
  key: string;
  /** Whose it was, by the trust that the decision names; `null` where that does not know it. */
  owner: string | null;
}

/** A ticket of the ledger. */
export interface ShownTicket extends TicketRecord {
  /** The name of the pipeline that was approved. */
  pipeline: string;
  /** The ids of its steps. */
  steps: string[];
  plan: Digest;
  signers: ShownSigner[];
}

/** Looks up what is to be shown of tickets; what several have in common is read once. */
export async function* shownTickets(
  tickets: AsyncIterable<TicketRecord> | Iterable<TicketRecord>,
  ledger: Ledger,
): AsyncIterable<ShownTicket> {
  const plans = new Map<Digest, Pick<ShownTicket, "pipeline" | "steps">>();
  const trusts = new Map<Digest, Trust>();
  for await (const record of tickets) {
    const { plan, trust } = await readDecision(ledger, record.ticket.decision);
    if (!plans.has(plan)) {
      const { name, steps } = await readPlan(ledger, plan);
      plans.set(plan, { pipeline: name, steps: steps.map(({ id }) => id) });
    }
    if (!trusts.has(trust)) trusts.set(trust, await readTrust(ledger, trust));
    yield {
      ...record,
      ...plans.get(plan)!,
      plan,
      signers: signersOf(record.envelope, trusts.get(trust)!),
    };
  }
}

/** Whose keys signed an envelope. */
export function signersOf(
  { signatures }: Envelope,
  { keys }: Trust,
): ShownSigner[] {
  return signatures.map(({ keyid }) => ({
    key: keyid,
    owner: keys.find(({ id }) => id === keyid)?.owner ?? null,
  }));
}

/** `ann (sha256:…)`. */
export function signerText({ owner, key }: ShownSigner): string {
  return owner === null ? key : `${owner} (${key})`;
}

/** A run, where it stands, and the command that lets it go on; `null` where none does. */
export interface RunUnder {
  run: string;
  state: RunState;
  next: string | null;
}

/** The runs that were admitted under a ticket, newest first. */
export async function runsUnder(
  { ticket, state: { uses } }: TicketRecord,
  { ledger, locks, now }: { ledger: Ledger; locks: string; now: number },
): Promise<RunUnder[]> {
  const found: RunUnder[] = [];
  if (uses === 0) return found;
  for await (
    const record of ledger.runs({ reverse: true, since: ticket.notBefore })
  ) {
    if (record.ticket !== ticket.id) continue;
    const { run, status } = record;
    const isHeld = status === "running" && await isRunHeld(locks, run);
    const state = await ledger.runState(record, isHeld);
    const next = await resumeCommand(record, state, ledger, now);
    found.push({ run, state, next });
    if (found.length === uses) break;
  }
  return found;
}

/**
 * The command that lets a run go on; `null` where it has ended or is held, or its ticket does not
 * hold any more. The ledger knows not where the pipeline lies; what its file declares itself is
 * not repeated.
 */
export async function resumeCommand(
  record: RunRecord,
  state: RunState,
  ledger: Ledger,
  now: number,
): Promise<string | null> {
  if (record.status !== "running" || state === "running") return null;
  const ticket = await ledger.ticket(record.ticket);
  const holds = ticket !== null && heldStatus(ticket, now) === "open";
  if (!holds && !await isSealed(record, ledger)) return null;
  const decision = await readDecision(ledger, record.decision);
  const { params } = await readPlan(ledger, record.plan);
  const [opened] = await Array.fromAsync(ledger.receipts(record.run));
  const { pipeline } = await readAdmitted(ledger, opened, decision);
  const { params: declared = {} } = parse(
    new TextDecoder().decode(pipeline),
  ) as { params?: Record<string, string> };
  const words = wishWords({
    file: "PIPELINE",
    params: Object.fromEntries(
      Object.entries(params).filter(([name, value]) =>
        declared[name] !== value
      ),
    ),
    requester: decision.facts.requester,
  });
  return `deno task execute ${words} --resume ${record.run}`;
}
