/**
 * What a report is about: whose run of what, with which results.
 *
 * @module
 */
import type { BundleParts } from "../bundle/parse_bundle.ts";
import { planDigest } from "../plan/plan.ts";
import { decisionDigest } from "../policy/decision.ts";
import { chosenSteps } from "./chosen.ts";
import type { Findings } from "./invariant.ts";
import type { Subjects } from "./report.ts";
import { finalOf, stepRuns } from "./step_runs.ts";

/** The subjects of a bundle, as far as it can be read, with the signers whom the checks found to hold. */
export function findSubjects(
  parts: BundleParts,
  signers: Findings["signers"],
): Subjects {
  const plan = parts.plan.value;
  const decision = parts.decision.value;
  const receipts = parts.receipts.value ?? [];
  const runs = stepRuns(receipts);
  const chosen = plan === undefined
    ? new Set<string>()
    : chosenSteps(plan, receipts);
  return {
    plan: plan === undefined ? null : planDigest(plan),
    decision: decision === undefined ? null : decisionDigest(decision),
    ticket: parts.ticket.value?.payload.id ?? null,
    approvers: signers.filter((signer) => signer.as === "approver").map((
      { owner, key },
    ) => ({ owner, key })),
    runner: signers.find((signer) => signer.as === "runner")?.key ?? null,
    steps: (plan?.steps ?? []).flatMap(({ id }) => {
      const final = finalOf(runs.get(id));
      if (final !== undefined) return [{ step: id, status: final.body.status }];
      return chosen.has(id) ? [] : [{ step: id, status: "skipped" as const }];
    }),
    fetched: [...runs.values()].flatMap((run) => {
      const fetch = finalOf(run)?.body.fetch ?? null;
      if (fetch === null) return [];
      return [{ step: run.step, cache: fetch.cache, tree: fetch.tree }];
    }),
    products: parts.seal.value?.payload.products ?? [],
  };
}
