/**
 * The leave to execute a proposal: a ticket that people signed, or, for what policy allows
 * unattended, one by the runner's key.
 *
 * @module
 */
import { newTicketId } from "../core/id.ts";
import { isWritError, WritError } from "../core/errors.ts";
import { verdictOf } from "../policy/decision.ts";
import { judgeTicket } from "../ticket/check_ticket.ts";
import { issueTicket } from "../ticket/issue_ticket.ts";
import { openTicketFile } from "../ticket/ticket_file.ts";
import { findApproval } from "./find_approval.ts";
import {
  admissible,
  checkInput,
  findTicket,
  type Leave,
} from "./find_ticket.ts";
import { leaveOfRun } from "./leave_of_run.ts";
import type { Proposal } from "./propose.ts";
import { changedError, deniedError } from "./refuse_ticket.ts";
import type { World } from "./world.ts";

/**
 * Finds the leave: of a run that is resumed its own; else the given ticket file, else the newest
 * ticket of the ledger that people signed; where there is none and policy allows it unattended, a
 * ticket of the runner's own.
 *
 * @throws {WritError} `policy.denied`, `ticket.…`; `usage.invalid` for a ticket file that is not
 * that of the run
 */
export async function findLeave(
  proposal: Proposal,
  options: { ticket: Uint8Array | null; resume: string | null },
  world: World,
): Promise<Leave> {
  const verdict = verdictOf(proposal.decision.value);
  if (verdict === "deny") {
    throw deniedError(proposal.decision.value, proposal.wish);
  }
  const { ticket, resume } = options;
  if (resume !== null) return await leaveOfRun(resume, ticket, proposal, world);
  if (ticket !== null) return await fromFile(ticket, proposal, world);
  if (verdict === "allow") {
    return await findApproval(proposal, world) ??
      await unattended(proposal, world);
  }
  return await findTicket(proposal, world);
}

async function fromFile(
  bytes: Uint8Array,
  proposal: Proposal,
  world: World,
): Promise<Leave> {
  const { file } = openTicketFile(bytes);
  if (file.decision.plan !== proposal.plan.digest) {
    const trees = new Map(proposal.planned.trees);
    for (const [root, entries] of Object.entries(file.trees)) {
      trees.set(root as keyof typeof file.trees, entries);
    }
    throw changedError(
      proposal,
      file.plan,
      (root) => trees.get(root) ?? null,
    );
  }
  return await admissible(proposal, file, world);
}

/** A ticket by the runner's key, which counts only under a policy that trust accepts for it. */
async function unattended(proposal: Proposal, world: World): Promise<Leave> {
  const { sight, ledger } = world;
  const { decision } = proposal;
  const now = sight.now();
  const { envelope } = await issueTicket({
    id: newTicketId(now),
    decision: decision.value,
    ledger: sight.pins.ledger,
    seen: await ledger.tree(),
    requester: decision.value.facts.requester,
    reason: "policy allows it unattended",
    now,
    signers: [await world.runner()],
  });
  const judged = await judgeTicket(
    checkInput(proposal, { envelope, decision: decision.value }, world),
  );
  if (judged.missing === 0) return { envelope, decision, judged };
  // The runner's key does not count here: people may have approved it.
  try {
    return await findTicket(proposal, world);
  } catch (error) {
    if (
      judged.passedOver.length > 0 &&
      (isWritError(error, "ticket.missing") ||
        isWritError(error, "ticket.decision"))
    ) throw waitsForPeople(proposal, judged.passedOver[0].error, error);
    throw error;
  }
}

function waitsForPeople(
  { wish }: Proposal,
  why: WritError,
  missing: WritError,
): WritError {
  // Of a ticket that was never more than tried, nobody needs the name.
  const because = why.message.replace(/^Cannot accept ticket \S+: /, "");
  const approve = `deno task approve ${wish.file}`;
  return new WritError(
    "ticket.missing",
    `Cannot execute "${wish.file}": nobody has approved it as it is, and policy's leave does not count: ${because}`,
    {
      faults: [...missing.faults],
      hint: why.hint === undefined ? approve : `${approve}, or ${why.hint}`,
      cause: why,
    },
  );
}
