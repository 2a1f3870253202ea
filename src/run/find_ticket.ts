/**
 * Finding the ticket that allows a proposal.
 *
 * @module
 */
import type { Envelope } from "../core/dsse.ts";
import { isWritError, WritError } from "../core/errors.ts";
import { formatTime } from "../core/time.ts";
import type { TicketRecord } from "../ledger/ticket_book.ts";
import { decide } from "../policy/decide.ts";
import {
  type Decision,
  decisionDigest,
  verdictOf,
} from "../policy/decision.ts";
import {
  checkTicket,
  type JudgedTicket,
  openTicket,
} from "../ticket/check_ticket.ts";
import { type Document, documentOf, readDecision } from "./documents.ts";
import type { Proposal } from "./propose.ts";
import {
  deniedError,
  isSpent,
  missingError,
  spentError,
  unfinishedError,
} from "./refuse_ticket.ts";
import { wishWords } from "./wish_words.ts";
import type { World } from "./world.ts";

/** A ticket with the decision that it is for. */
export interface Leave {
  envelope: Envelope;
  decision: Document<Decision>;
  judged: JudgedTicket;
}

/** A ticket and its decision, as they lie in the ledger or in a ticket file. */
export interface Candidate {
  envelope: Envelope;
  decision: Decision;
}

/** A candidate of the ledger. */
export interface Listed extends Candidate {
  record: TicketRecord;
}

/**
 * The newest ticket in the ledger under which the proposal may be executed now.
 *
 * @throws {WritError} why the nearest one does not allow it: one that could be used before one
 * that is spent, one that this requester asked for before others'; `ticket.missing` when there is
 * none
 */
export async function findTicket(
  proposal: Proposal,
  world: World,
): Promise<Leave> {
  const refusals: Refusal[] = [];
  for await (const candidate of candidates(proposal, world)) {
    try {
      return await admissible(proposal, candidate, world);
    } catch (error) {
      if (!isWritError(error)) throw error;
      refusals.push({ candidate, error });
    }
  }
  throw await nearest(refusals, proposal, world) ??
    await missingError(proposal, world);
}

/** A ticket that does not allow the proposal, and why. */
interface Refusal {
  candidate: Listed;
  error: WritError;
}

async function nearest(
  refusals: readonly Refusal[],
  proposal: Proposal,
  world: World,
): Promise<WritError | null> {
  const isOpen = ({ candidate }: Refusal) => !isSpent(candidate.record.status);
  const isOwn = ({ candidate }: Refusal) =>
    isSameRequester(candidate.decision, proposal.decision.value);
  const open = refusals.filter(isOpen);
  if (open.length > 0) return (open.find(isOwn) ?? open[0]).error;
  for (const { candidate } of refusals) {
    const unfinished = await unfinishedUnder(candidate, proposal, world);
    if (unfinished !== null) return unfinished;
  }
  const last = refusals.find(isOwn) ?? refusals.at(0);
  if (last === undefined) return null;
  const { record } = last.candidate;
  return isSpent(record.status)
    ? spentError(record, record.status, proposal)
    : last.error;
}

/** A run that can go on under a ticket that is good for nothing else. */
async function unfinishedUnder(
  { decision, record: { ticket, state, status } }: Listed,
  proposal: Proposal,
  world: World,
): Promise<WritError | null> {
  if (
    status === "revoked" || state.uses === 0 ||
    decisionChanges(proposal, decision).length > 0
  ) return null;
  return await unfinishedError(ticket, proposal, world);
}

/**
 * Requires that a ticket allows the proposal now.
 *
 * @throws {WritError} why it does not
 */
export async function admissible(
  proposal: Proposal,
  candidate: Candidate,
  world: World,
): Promise<Leave> {
  const { envelope, decision } = candidate;
  const { ticket } = openTicket(envelope);
  await requireAsDecided(proposal, decision, ticket.id, world);
  const checked = await checkTicket(checkInput(proposal, candidate, world));
  const state = await world.ledger.ticketState(ticket.id);
  if (state !== null && state.revoked !== null) {
    throw spentError({ ticket, state }, "revoked", proposal);
  }
  if (state !== null && state.uses >= ticket.maxUses) {
    throw await unfinishedError(ticket, proposal, world) ??
      spentError({ ticket, state }, "used", proposal);
  }
  return {
    envelope,
    decision: documentOf(decision),
    judged: { ...checked, missing: 0 },
  };
}

/**
 * Requires that what a ticket was made for is what is proposed, time and requester apart, and
 * that policy does not deny it by now.
 *
 * @throws {WritError} `ticket.decision`, `policy.denied`
 */
export async function requireAsDecided(
  proposal: Proposal,
  decision: Decision,
  ticket: string,
  world: World,
): Promise<void> {
  const changes = decisionChanges(proposal, decision);
  if (changes.length > 0) {
    throw new WritError(
      "ticket.decision",
      `Cannot use ticket ${ticket}: ${changes.join(", ")}`,
      {
        hint: `Restore it, or deno task approve ${wishWords(proposal.wish)}`,
      },
    );
  }
  await requireNotDeniedNow(proposal, decision, ticket, world);
}

/** What {@linkcode checkTicket} is asked for a candidate, now. */
export function checkInput(
  proposal: Proposal,
  { envelope, decision }: Candidate,
  world: World,
) {
  const { sight } = world;
  return {
    envelope,
    decision,
    trust: sight.trust.file,
    plan: proposal.plan.value,
    policy: sight.policy.set,
    at: formatTime(sight.now()),
    ledger: sight.pins.ledger,
    validated: sight.pins.policy,
  };
}

/**
 * Tickets of the ledger whose decision is about this very plan, newest first. `limit` is how
 * many of them are looked at, `by` the keys of which one must have signed.
 */
export async function* candidates(
  proposal: Proposal,
  world: World,
  { limit, by }: { limit?: number; by?: ReadonlySet<string> } = {},
): AsyncGenerator<Listed> {
  const { digest } = proposal.plan;
  for await (
    const record of world.ledger.ticketsForPlan(digest, {
      reverse: true,
      limit,
    })
  ) {
    const { envelope, ticket } = record;
    if (by && !envelope.signatures.some(({ keyid }) => by.has(keyid))) continue;
    const decision = await readDecision(world.ledger, ticket.decision);
    // An index says where to look, and nothing more.
    if (decision.plan === digest) yield { envelope, decision, record };
  }
}

/** In what, time and requester apart, the decision of a ticket is not the proposal's. */
export function decisionChanges(
  proposal: Proposal,
  decision: Decision,
): string[] {
  const now = proposal.decision.value;
  const was = decision.facts.source;
  const is = now.facts.source;
  return [
    ...(decision.plan === proposal.plan.digest
      ? []
      : ["the plan is another one"]),
    ...(decision.policy === now.policy ? [] : ["the policy is another one"]),
    ...(decision.trust === now.trust ? [] : ["the trust is another one"]),
    ...(was.commit === is.commit
      ? []
      : [`it was approved at commit ${was.commit}, this is ${is.commit}`]),
    ...(was.branch === is.branch
      ? []
      : [`it was approved on branch ${was.branch}, this is ${is.branch}`]),
  ];
}

/** Rules may look at the time of day: what was allowed when it was approved may be denied now. */
async function requireNotDeniedNow(
  proposal: Proposal,
  decision: Decision,
  ticket: string,
  world: World,
): Promise<void> {
  const again = await decide(
    proposal.plan.value,
    world.sight.policy.set,
    world.sight.trust.digest,
    decision.facts,
  );
  if (decisionDigest(again) !== decisionDigest(decision)) {
    throw new WritError(
      "ticket.decision",
      `Cannot use ticket ${ticket}: its decision is not what policy answers to its facts`,
    );
  }
  const now = await decide(
    proposal.plan.value,
    world.sight.policy.set,
    world.sight.trust.digest,
    { ...decision.facts, time: formatTime(world.sight.now()) },
  );
  if (verdictOf(now) === "deny") throw deniedError(now, proposal.wish);
}

/** Whether two decisions are about a wish of the same requester. */
export function isSameRequester(a: Decision, b: Decision): boolean {
  const [one, other] = [a.facts.requester, b.facts.requester];
  return one.id === other.id && one.kind === other.kind &&
    one.key === other.key;
}
