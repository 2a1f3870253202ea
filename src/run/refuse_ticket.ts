/**
 * Why nothing may be executed, and what to do about it.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { isWritError, WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { isRunHeld } from "../evidence/run_lock.ts";
import type { TicketRecord, TicketStatus } from "../ledger/ticket_book.ts";
import type { Plan } from "../plan/plan.ts";
import { type Decision, verdictOf } from "../policy/decision.ts";
import { hasExpired, type Ticket } from "../ticket/ticket.ts";
import { type Change, planChanges } from "./changes.ts";
import { readDecision, readPlan } from "./documents.ts";
import type { Proposal, Wish } from "./propose.ts";
import { unfinishedRun } from "./unfinished_run.ts";
import { wishWords } from "./wish_words.ts";
import type { World } from "./world.ts";

/** Says which steps policy denies, and by which rule. */
export function deniedError(decision: Decision, wish?: Wish): WritError {
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
      hint: `deno task writ policy explain ${
        wish === undefined ? "PIPELINE" : wishWords(wish)
      } shows the rules and who may help`,
    },
  );
}

/**
 * The run that was admitted under a ticket which admits no other, and that has not come to its
 * end, with the way on; `null` when there is none, or it was cut off and cannot go on.
 */
export async function unfinishedError(
  ticket: Ticket,
  { wish }: Proposal,
  { ledger, state, sight }: World,
): Promise<WritError | null> {
  const record = await unfinishedRun(ticket.id, ledger);
  if (record === null) return null;
  const { run } = record;
  const isHeld = await isRunHeld(state.locks, run);
  if (!isHeld && hasExpired(ticket, sight.now())) return null;
  return new WritError(
    "ticket.used",
    `Cannot use ticket ${ticket.id}: ${run} ${
      isHeld ? "is running" : "was interrupted"
    } under it`,
    {
      // The end of what runs gives no use back.
      hint: isHeld
        ? `deno task approve ${wishWords(wish)}`
        : `deno task execute ${wishWords(wish)} --resume ${run}`,
    },
  );
}

const CODES = {
  used: "ticket.used",
  revoked: "ticket.revoked",
  expired: "ticket.expired",
} as const;

/** A ticket that allows nothing any more. */
export type Spent = keyof typeof CODES;

/** Whether a ticket allows nothing any more. */
export function isSpent(status: TicketStatus): status is Spent {
  return Object.hasOwn(CODES, status);
}

/** There is no ticket that holds for this plan; the nearest of those that did once. */
export function spentError(
  { ticket, state }: Pick<TicketRecord, "ticket" | "state">,
  status: Spent,
  { wish }: Proposal,
): WritError {
  const why = status === "revoked"
    ? `was revoked at ${state.revoked!.at}`
    : status === "expired"
    ? `expired at ${ticket.expiresAt}`
    : ticket.maxUses === 1
    ? "was used already"
    : `has no use left of ${ticket.maxUses}`;
  return new WritError(
    CODES[status],
    `Cannot execute "${wish.file}": nobody has approved it as it is now; ticket ${ticket.id} ${why}`,
    { hint: `deno task approve ${wishWords(wish)}` },
  );
}

/** A run was cut off, and the time of its ticket is over: what begins it anew. */
export function lateError(
  run: string,
  { id, expiresAt }: Ticket,
  { wish, decision }: Proposal,
): WritError {
  const command = verdictOf(decision.value) === "allow" ? "execute" : "approve";
  return new WritError(
    "ticket.expired",
    `Cannot resume run "${run}": its ticket ${id} expired at ${expiresAt}`,
    { hint: `deno task ${command} ${wishWords(wish)}` },
  );
}

/** There is no ticket for this plan: what changed since the last one for this pipeline, if any. */
export async function missingError(
  proposal: Proposal,
  world: World,
): Promise<WritError> {
  const before = await lastApprovedPlan(proposal.plan.value, world);
  if (before === null) {
    return new WritError(
      "ticket.missing",
      `Cannot execute "${proposal.wish.file}": nobody has approved it`,
      { hint: `deno task approve ${wishWords(proposal.wish)}` },
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
      hint: `Restore it, or deno task approve ${wishWords(proposal.wish)}`,
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
