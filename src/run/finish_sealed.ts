/**
 * Finishing a run that is sealed already: its steps have ended, only its bundle is missing, or the
 * ledger's entry and its bundle.
 *
 * @module
 */
import { parsePipeline } from "../pipeline/parse.ts";
import type { RunRecord } from "../ledger/records.ts";
import {
  documentOf,
  readAdmitted,
  readDecision,
  readPlan,
} from "./documents.ts";
import { exportBundle } from "./export_bundle.ts";
import { isSealed } from "./is_sealed.ts";
import { leaveOfRun } from "./leave_of_run.ts";
import type { Proposal, Wish } from "./propose.ts";
import { resumable } from "./resumable.ts";
import { resume } from "./resume.ts";
import type { RunOptions, RunResult } from "./run.ts";
import { sealRun } from "./seal_run.ts";
import type { World } from "./world.ts";

/**
 * Closes and exports a run from what the ledger holds; `null` where the run to resume is not sealed.
 * Nothing is run, so nothing is planned, held or asked for: whatever has become of the workspace's
 * sources since, the run is what it was. Policy and trust in force must still be those of the run.
 *
 * @throws {WritError} `run.busy`, `run.not_resumable`, `ticket.decision`, `usage.invalid`
 */
export async function finishSealed(
  wish: Wish,
  options: RunOptions,
  world: World,
): Promise<RunResult | null> {
  if (options.resume === null) return null;
  const record = await world.ledger.run(options.resume);
  if (record === null || !await isSealed(record, world.ledger)) return null;
  const proposal = await proposalOf(record, wish, world);
  const leave = await leaveOfRun(record.run, options.ticket, proposal, world);
  using run = await resume(proposal, leave, options, world);
  try {
    const seal = await sealRun(run, options, world);
    const bundle = await exportBundle(run, seal, world);
    return { run: run.id, ticket: run.ticket, ...seal.result, bundle };
  } catch (error) {
    throw resumable(error, run);
  }
}

/** What the run was admitted with, as it was proposed then; of this machine nothing belongs to it. */
async function proposalOf(
  record: RunRecord,
  wish: Wish,
  { ledger }: World,
): Promise<Proposal> {
  const plan = await readPlan(ledger, record.plan);
  const decision = await readDecision(ledger, record.decision);
  const [opened] = await Array.fromAsync(ledger.receipts(record.run));
  const { pipeline: bytes } = await readAdmitted(ledger, opened, decision);
  return {
    wish,
    pipeline: parsePipeline(bytes, wish.file, { params: plan.params }),
    planned: {
      plan,
      trees: new Map(),
      links: new Map(),
      located: new Map(),
      hints: new Map(),
    },
    plan: documentOf(plan),
    decision: documentOf(decision),
  };
}
