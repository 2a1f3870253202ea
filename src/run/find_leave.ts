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
import { readDecision, readPlan } from "./documents.ts";
import { findApproval } from "./find_approval.ts";
import {
  admissible,
  changedError,
  checkInput,
  deniedError,
  findTicket,
  type Leave,
} from "./find_ticket.ts";
import type { Proposal } from "./propose.ts";
import type { World } from "./world.ts";

/**
 * Finds the leave: the given ticket file, else the newest ticket of the ledger that people
 * signed; where there is none and policy allows it unattended, a ticket of the runner's own.
 *
 * @throws {WritError} `policy.denied`, `ticket.…`
 */
export async function findLeave(
  proposal: Proposal,
  options: { ticket: Uint8Array | null; resume: string | null },
  world: World,
): Promise<Leave> {
  const verdict = verdictOf(proposal.decision.value);
  if (verdict === "deny") throw deniedError(proposal.decision.value);
  if (options.ticket !== null) {
    return await fromFile(options.ticket, proposal, world);
  }
  if (options.resume !== null) {
    return await ofRun(options.resume, proposal, world);
  }
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
    if (isWritError(error, "ticket.missing") && judged.passedOver.length > 0) {
      throw judged.passedOver[0].error;
    }
    throw error;
  }
}

/** The leave of a run that is resumed: its ticket, whose use is consumed already. */
async function ofRun(
  id: string,
  proposal: Proposal,
  world: World,
): Promise<Leave> {
  const { ledger } = world;
  const record = await ledger.run(id);
  const known = record === null ? null : await ledger.ticket(record.ticket);
  if (record === null || known === null) {
    throw new WritError(
      "reference.unknown",
      `Cannot resume "${id}": the ledger has no run of that id`,
      { hint: "deno task writ log lists the runs" },
    );
  }
  if (record.plan !== proposal.plan.digest) {
    throw changedError(
      proposal,
      await readPlan(ledger, record.plan),
      (root) => proposal.planned.trees.get(root) ?? null,
    );
  }
  const decision = await readDecision(ledger, record.decision);
  const judged = await judgeTicket({
    ...checkInput(proposal, { envelope: known.envelope, decision }, world),
    at: record.openedAt,
  });
  return {
    envelope: known.envelope,
    decision: { value: decision, digest: record.decision },
    judged,
  };
}
