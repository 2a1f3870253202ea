/**
 * The invariants that the runner decides before it seals a run, in the order in which the seal has them.
 *
 * @module
 */
import type { Invariant } from "./invariant.ts";
import { claimsBound } from "./invariants/claims_bound.ts";
import { decisionRecomputed } from "./invariants/decision_recomputed.ts";
import { evidenceStrength } from "./invariants/evidence_strength.ts";
import { evidenceTrue } from "./invariants/evidence_true.ts";
import { pipelinePlan } from "./invariants/pipeline_plan.ts";
import { planDigests } from "./invariants/plan_digests.ts";
import { receiptsChain } from "./invariants/receipts_chain.ts";
import { receiptsOrder } from "./invariants/receipts_order.ts";
import { stepsComplete } from "./invariants/steps_complete.ts";
import { stepsConfinement } from "./invariants/steps_confinement.ts";
import { stepsFetched } from "./invariants/steps_fetched.ts";
import { stepsMaterials } from "./invariants/steps_materials.ts";
import { stepsOrder } from "./invariants/steps_order.ts";
import { timesMonotone } from "./invariants/times_monotone.ts";

/** Those that ask neither for the reader, nor for the seal, nor for the ledger's proofs. */
export const BEFORE_SEAL: readonly Invariant[] = [
  pipelinePlan,
  planDigests,
  decisionRecomputed,
  receiptsChain,
  receiptsOrder,
  stepsComplete,
  stepsOrder,
  stepsConfinement,
  stepsMaterials,
  stepsFetched,
  claimsBound,
  evidenceTrue,
  evidenceStrength,
  timesMonotone,
];
