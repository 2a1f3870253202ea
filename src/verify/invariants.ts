/**
 * All that verify checks: what the runner says that it found, then in the order of the way the
 * bundle, what was wanted, what was allowed, what happened.
 *
 * @module
 */
import type { Invariant } from "./invariant.ts";
import { bundleComplete } from "./invariants/bundle_complete.ts";
import { claimsBound } from "./invariants/claims_bound.ts";
import { decisionRecomputed } from "./invariants/decision_recomputed.ts";
import { evidenceRetention } from "./invariants/evidence_retention.ts";
import { evidenceStrength } from "./invariants/evidence_strength.ts";
import { evidenceTrue } from "./invariants/evidence_true.ts";
import { expected } from "./invariants/expected.ts";
import { invariantsSealed } from "./invariants/invariants_sealed.ts";
import { ledgerCheckpoint } from "./invariants/ledger_checkpoint.ts";
import { ledgerConsistency } from "./invariants/ledger_consistency.ts";
import { ledgerEntries } from "./invariants/ledger_entries.ts";
import { ledgerInclusion } from "./invariants/ledger_inclusion.ts";
import { ledgerSeen } from "./invariants/ledger_seen.ts";
import { ledgerWitnessed } from "./invariants/ledger_witnessed.ts";
import { outcomeHonest } from "./invariants/outcome_honest.ts";
import { pipelinePlan } from "./invariants/pipeline_plan.ts";
import { planDigests } from "./invariants/plan_digests.ts";
import { receiptsChain } from "./invariants/receipts_chain.ts";
import { receiptsOrder } from "./invariants/receipts_order.ts";
import { sealSignature } from "./invariants/seal_signature.ts";
import { stepsCached } from "./invariants/steps_cached.ts";
import { stepsComplete } from "./invariants/steps_complete.ts";
import { stepsConfinement } from "./invariants/steps_confinement.ts";
import { stepsFetched } from "./invariants/steps_fetched.ts";
import { stepsMaterials } from "./invariants/steps_materials.ts";
import { stepsOrder } from "./invariants/steps_order.ts";
import { ticketValid } from "./invariants/ticket_valid.ts";
import { timesMonotone } from "./invariants/times_monotone.ts";
import { trustSame } from "./invariants/trust_same.ts";

/** Every invariant. The first compares the runner's findings with those of the others. */
export const INVARIANTS: readonly Invariant[] = [
  invariantsSealed,
  bundleComplete,
  pipelinePlan,
  planDigests,
  decisionRecomputed,
  ticketValid,
  trustSame,
  ledgerEntries,
  ledgerInclusion,
  ledgerCheckpoint,
  ledgerConsistency,
  ledgerSeen,
  ledgerWitnessed,
  receiptsChain,
  receiptsOrder,
  sealSignature,
  stepsComplete,
  stepsOrder,
  stepsConfinement,
  stepsMaterials,
  stepsFetched,
  stepsCached,
  claimsBound,
  evidenceTrue,
  evidenceRetention,
  evidenceStrength,
  outcomeHonest,
  timesMonotone,
  expected,
];
