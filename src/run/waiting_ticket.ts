/**
 * Finding the ticket that only waits for more approvers.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { isWritError } from "../core/errors.ts";
import { judgeTicket } from "../ticket/check_ticket.ts";
import { documentOf } from "./documents.ts";
import {
  candidates,
  checkInput,
  decisionChanges,
  isSameRequester,
  type Leave,
} from "./find_ticket.ts";
import type { Proposal } from "./propose.ts";
import type { World } from "./world.ts";

/**
 * The newest ticket for the proposal and its requester that needs more approvers and that a key
 * has not signed yet; `null` when there is none.
 *
 * @param key the id of the key that would sign it
 * @param id only the ticket of this id
 */
export async function waitingTicket(
  proposal: Proposal,
  key: Digest,
  world: World,
  id?: string,
): Promise<Leave | null> {
  for await (const candidate of candidates(proposal, world)) {
    const { decision, envelope } = candidate;
    if (
      envelope.signatures.some(({ keyid }) => keyid === key) ||
      decisionChanges(proposal, decision).length > 0 ||
      !isSameRequester(decision, proposal.decision.value)
    ) continue;
    try {
      const judged = await judgeTicket(checkInput(proposal, candidate, world));
      const { ticket, missing } = judged;
      if (missing === 0 || id !== undefined && ticket.id !== id) continue;
      const known = await world.ledger.ticketState(ticket.id);
      if (known !== null && known.revoked !== null) continue;
      return {
        envelope,
        decision: documentOf(decision),
        judged,
      };
    } catch (error) {
      // Its time is over, or it does not hold any more.
      if (!isWritError(error) || !error.code.startsWith("ticket.")) throw error;
    }
  }
  return null;
}
