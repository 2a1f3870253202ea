/**
 * What people approved though policy would have allowed it unattended: they answer for more
 * than policy could see.
 *
 * @module
 */
import { isWritError } from "../core/errors.ts";
import { admissible, candidates, type Leave } from "./find_ticket.ts";
import type { Proposal } from "./propose.ts";
import type { World } from "./world.ts";

/** Tickets that are looked at before policy's own leave is taken. */
const RECENT = 100;

/** A recent ticket by people that allows the proposal now; `null` when there is none. */
export async function findApproval(
  proposal: Proposal,
  world: World,
): Promise<Leave | null> {
  const by = new Set<string>(
    world.sight.trust.file.keys.filter(({ roles }) =>
      roles.includes("approver")
    ).map(({ id }) => id),
  );
  for await (const one of candidates(proposal, world, { limit: RECENT, by })) {
    try {
      const leave = await admissible(proposal, one, world);
      if (isApproved(leave)) return leave;
    } catch (error) {
      // It does not hold any more, or not yet; policy's leave needs it not.
      if (isWritError(error) && error.code.startsWith("ticket.")) continue;
      throw error;
    }
  }
  return null;
}

/** Whether people gave the leave, not policy alone. */
export function isApproved({ judged }: Leave): boolean {
  return judged.signers.some(({ role }) => role === "approver");
}
