/**
 * All that verify checks, in the order of the way: the bundle, what was wanted, what was
 * allowed, what happened.
 *
 * @module
 */
import type { Invariant } from "./invariant.ts";
import { bundleComplete } from "./invariants/bundle_complete.ts";
import { decisionRecomputed } from "./invariants/decision_recomputed.ts";
import { evidenceTrue } from "./invariants/evidence_true.ts";
import { expected } from "./invariants/expected.ts";
import { ledgerCheckpoint } from "./invariants/ledger_checkpoint.ts";
import { ledgerConsistency } from "./invariants/ledger_consistency.ts";
import { ledgerEntries } from "./invariants/ledger_entries.ts";
import { ledgerInclusion } from "./invariants/ledger_inclusion.ts";
import { ledgerSeen } from "./invariants/ledger_seen.ts";
import { outcomeHonest } from "./invariants/outcome_honest.ts";
import { pipelinePlan } from "./invariants/pipeline_plan.ts";
import { planDigests } from "./invariants/plan_digests.ts";
import { receiptsChain } from "./invariants/receipts_chain.ts";
import { receiptsOrder } from "./invariants/receipts_order.ts";
import { sealSignature } from "./invariants/seal_signature.ts";
import { stepsCached } from "./invariants/steps_cached.ts";
import { stepsComplete } from "./invariants/steps_complete.ts";
import { stepsConfinement } from "./invariants/steps_confinement.ts";
import { stepsMaterials } from "./invariants/steps_materials.ts";
import { stepsOrder } from "./invariants/steps_order.ts";
import { ticketValid } from "./invariants/ticket_valid.ts";
import { timesMonotone } from "./invariants/times_monotone.ts";
import { trustSame } from "./invariants/trust_same.ts";

/** Every invariant. */
export const INVARIANTS: readonly Invariant[] = [
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
  receiptsChain,
  receiptsOrder,
  sealSignature,
  stepsComplete,
  stepsOrder,
  stepsConfinement,
  stepsMaterials,
  stepsCached,
  evidenceTrue,
  outcomeHonest,
  timesMonotone,
  expected,
];
