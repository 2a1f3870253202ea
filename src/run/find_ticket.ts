/**
 * Finding the ticket that allows a proposal.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import type { Envelope } from "../core/dsse.ts";
import { isWritError, WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { formatTime } from "../core/time.ts";
import type { Plan } from "../plan/plan.ts";
import { decide } from "../policy/decide.ts";
import {
  type Decision,
  decisionDigest,
  verdictOf,
} from "../policy/decision.ts";
import { type JudgedTicket, judgeTicket } from "../ticket/check_ticket.ts";
import { checkTicket } from "../ticket/check_ticket.ts";
import { type Change, planChanges } from "./changes.ts";
import { readDecision, readPlan } from "./documents.ts";
import type { Proposal } from "./propose.ts";
import type { World } from "./world.ts";

/** A ticket with the decision that it is for. */
export interface Leave {
  envelope: Envelope;
  decision: { value: Decision; digest: Digest };
  judged: JudgedTicket;
}

/** A ticket and its decision, as they lie in the ledger or in a ticket file. */
export interface Candidate {
  envelope: Envelope;
  decision: Decision;
}

/**
 * The newest ticket in the ledger under which the proposal may be executed now.
 *
 * @throws {WritError} the reason why the nearest one does not allow it, else `ticket.missing`
 */
export async function findTicket(
  proposal: Proposal,
  world: World,
): Promise<Leave> {
  let reason: unknown;
  for await (const candidate of candidates(proposal, world)) {
    try {
      return await admissible(proposal, candidate, world);
    } catch (error) {
      if (!isWritError(error)) throw error;
      reason ??= error;
    }
  }
  throw reason ?? await missing(proposal, world);
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
  await requireAsDecided(proposal, decision, world);
  const input = checkInput(proposal, candidate, world);
  const checked = await checkTicket(input);
  const state = (await world.ledger.ticket(checked.ticket.id))?.state ?? null;
  if (state !== null && state.revoked !== null) {
    throw new WritError(
      "ticket.revoked",
      `Cannot use ticket ${checked.ticket.id}: it was revoked at ${state.revoked.at}`,
      { hint: "Approve it anew" },
    );
  }
  if (state !== null && state.uses >= checked.ticket.maxUses) {
    throw new WritError(
      "ticket.used",
      `Cannot use ticket ${checked.ticket.id}: ${
        checked.ticket.maxUses === 1
          ? "it was used already"
          : `all ${checked.ticket.maxUses} of its uses are used up`
      }`,
      { hint: "Approve it anew" },
    );
  }
  return {
    envelope,
    decision: { value: decision, digest: decisionDigest(decision) },
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
  world: World,
): Promise<void> {
  const changes = decisionChanges(proposal, decision);
  if (changes.length > 0) {
    throw new WritError(
      "ticket.decision",
      `Cannot use the ticket: ${changes.join(", ")}`,
      { hint: "Restore it, or approve it as it is now" },
    );
  }
  await requireNotDeniedNow(proposal, decision, world);
}

/** A ticket for the proposal that only waits for more approvers; `null` when there is none. */
export async function pendingTicket(
  proposal: Proposal,
  world: World,
): Promise<Leave | null> {
  for await (const candidate of candidates(proposal, world)) {
    const { decision, envelope } = candidate;
    const asked = proposal.decision.value.facts.requester;
    const { requester } = decision.facts;
    if (
      decisionChanges(proposal, decision).length > 0 ||
      requester.id !== asked.id || requester.kind !== asked.kind ||
      requester.key !== asked.key
    ) continue;
    try {
      const judged = await judgeTicket(checkInput(proposal, candidate, world));
      const known = await world.ledger.ticket(judged.ticket.id);
      if (judged.missing === 0 || known?.state.revoked) continue;
      return {
        envelope,
        decision: { value: decision, digest: decisionDigest(decision) },
        judged,
      };
    } catch (error) {
      if (!isWritError(error)) throw error;
    }
  }
  return null;
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
 * many tickets are looked at, `by` the keys of which one must have signed.
 */
export async function* candidates(
  proposal: Proposal,
  world: World,
  { limit, by }: { limit?: number; by?: ReadonlySet<string> } = {},
): AsyncGenerator<Candidate> {
  for await (
    const { envelope, ticket } of world.ledger.tickets({ reverse: true, limit })
  ) {
    if (by && !envelope.signatures.some(({ keyid }) => by.has(keyid))) continue;
    const decision = await readDecision(world.ledger, ticket.decision);
    if (decision.plan === proposal.plan.digest) yield { envelope, decision };
  }
}

/** In what, time and requester apart, the decision of a ticket is not the proposal's. */
function decisionChanges(proposal: Proposal, decision: Decision): string[] {
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
      "Cannot use the ticket: its decision is not what policy answers to its facts",
    );
  }
  const now = await decide(
    proposal.plan.value,
    world.sight.policy.set,
    world.sight.trust.digest,
    { ...decision.facts, time: formatTime(world.sight.now()) },
  );
  if (verdictOf(now) === "deny") throw deniedError(now);
}

/** Says which steps policy denies, and by which rule. */
export function deniedError(decision: Decision): WritError {
  const denied = decision.outcomes.filter((one) => one.outcome === "deny");
  return new WritError(
    "policy.denied",
    `Cannot go on: policy denies ${
      denied.map(({ step }) => quoted(step)).join(", ")
    }`,
    {
      faults: denied.map(({ step, rules }) => ({
        message: `${step}: ${
          rules.filter((rule) =>
            rule.question === "run" && rule.effect === "forbid"
          ).map((rule) => `${rule.id}: ${rule.reason}`).join("; ") ||
          "no rule permits it"
        }`,
      })),
      hint: "deno task writ policy explain shows the rules and who may help",
    },
  );
}

/** There is no ticket for this plan: what changed since the last one for this pipeline, if any. */
async function missing(proposal: Proposal, world: World): Promise<WritError> {
  const before = await lastApprovedPlan(proposal.plan.value, world);
  if (before === null) {
    return new WritError(
      "ticket.missing",
      `Cannot execute "${proposal.wish.file}": nobody has approved it`,
      { hint: `deno task approve ${proposal.wish.file}` },
    );
  }
  return changedError(
    proposal,
    before,
    await knownTrees(before, proposal, world),
  );
}

/** Names what changed since a plan was approved. */
export function changedError(
  proposal: Proposal,
  before: Plan,
  trees: Parameters<typeof planChanges>[2],
): WritError {
  const changes = planChanges(before, proposal.plan.value, trees);
  return new WritError(
    "ticket.missing",
    `Cannot execute "${proposal.wish.file}": it is not what was approved (${
      changes.slice(0, 3).map(sentence).join("; ")
    }${changes.length > 3 ? `; and ${changes.length - 3} more` : ""})`,
    {
      faults: changes.slice(0, 20).map((change) => ({
        message: sentence(change),
      })),
      hint: `Restore it, or deno task approve ${proposal.wish.file}`,
    },
  );
}

function sentence({ step, path, what }: Change): string {
  if (path !== null) return `${quoted(path)} ${what}`;
  return step === null ? what : `step ${quoted(step)} ${what}`;
}

async function lastApprovedPlan(
  plan: Plan,
  world: World,
): Promise<Plan | null> {
  for await (
    const { ticket } of world.ledger.tickets({
      reverse: true,
      limit: 100,
    })
  ) {
    const decision = await readDecision(world.ledger, ticket.decision);
    const before = await readPlan(world.ledger, decision.plan);
    if (before.name === plan.name) return before;
  }
  return null;
}

/** Listings of both plans' trees, as far as they are known here. */
async function knownTrees(before: Plan, proposal: Proposal, world: World) {
  const known = new Map(proposal.planned.trees);
  for (const step of before.steps) {
    for (const material of step.materials) {
      if ("from" in material || known.has(material.tree)) continue;
      try {
        known.set(material.tree, await world.blobs.getTree(material.tree));
      } catch (error) {
        // Without its listing the declared path is named instead of the file in it.
        if (!isWritError(error, "evidence.corrupt")) throw error;
      }
    }
  }
  return (root: Digest) => known.get(root) ?? null;
}
