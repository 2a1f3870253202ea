/**
 * Asking: everything an approver needs to see and judge, in one document.
 *
 * @module
 */
import { newRequestId } from "../core/id.ts";
import type { TreeEntry } from "../core/tree.ts";
import { formatTime } from "../core/time.ts";
import type { WritRequest } from "../ticket/request.ts";
import type { Proposal } from "./propose.ts";
import { requireInForce, type Sight } from "./sight.ts";

/**
 * The request for a proposal.
 *
 * @throws {WritError} when policy or trust are not in force
 */
export function makeRequest(
  proposal: Proposal,
  reason: string,
  sight: Sight,
): WritRequest {
  requireInForce(sight);
  const now = sight.now();
  return {
    v: 1,
    id: newRequestId(now),
    ledger: sight.pins.ledger,
    pipeline: {
      file: proposal.wish.file,
      text: new TextDecoder().decode(proposal.wish.bytes),
    },
    plan: proposal.plan.value,
    decision: proposal.decision.value,
    policy: sight.policy.set.files,
    trust: sight.trust.file,
    trees: materialTrees(proposal),
    requester: proposal.decision.value.facts.requester,
    reason,
    at: formatTime(now),
  };
}

/** The listings of exactly the trees that the plan names. */
export function materialTrees(
  { plan, planned }: Proposal,
): Record<string, TreeEntry[]> {
  const trees: Record<string, TreeEntry[]> = {};
  for (const step of plan.value.steps) {
    for (const material of step.materials) {
      if ("tree" in material) {
        trees[material.tree] = planned.trees.get(material.tree)!;
      }
    }
  }
  return trees;
}
