/**
 * Judging a run before it is sealed: the invariants that can be decided then, on what the bundle
 * will hold.
 *
 * @module
 */
import { BUNDLE_FILES } from "../bundle/bundle.ts";
import { joinLines } from "../bundle/lines.ts";
import { BUNDLE_POLICY, evidenceName } from "../bundle/names.ts";
import { type BundleParts, parseBundle } from "../bundle/parse_bundle.ts";
import { type Digest, leafHash } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { formatTime } from "../core/time.ts";
import { nextReceipt } from "../ledger/chain.ts";
import { type ReceiptBodies, type RunOutcome } from "../ledger/receipt.ts";
import { CORRUPT_HINT } from "../ledger/records.ts";
import { BEFORE_SEAL } from "../verify/before_seal.ts";
import type { Reason } from "../verify/report.ts";
import {
  checkBeforeSeal,
  poisonedBy,
  type SealedResult,
  sealedResult,
} from "../verify/sealed_results.ts";
import { readAdmitted } from "./documents.ts";
import type { ActiveRun } from "./active_run.ts";
import type { World } from "./world.ts";

/** What was found of a run. */
export interface Judged {
  /** In the order and form of the receipt `run.sealed`. */
  invariants: SealedResult[];
  /** What keeps the run from counting as succeeded; empty when nothing does. */
  poison: { id: string; reasons: Reason[] }[];
}

/**
 * Judges a run whose chosen steps have all ended.
 *
 * @throws {WritError} `ledger.corrupt` where the ledger holds a receipt of it that is none
 */
export async function judgeRun(
  run: ActiveRun,
  outcome: RunOutcome,
  steps: ReceiptBodies["run.sealed"]["steps"],
  world: World,
): Promise<Judged> {
  const now = formatTime(world.sight.now());
  const sealed = { outcome, steps, invariants: [] };
  const files = await filesOf(run, sealed, now, world);
  const parts = parseBundle({ where: run.id, files, strange: [] });
  for (const digest of evidenceIn(run.id, parts)) {
    files.set(evidenceName(digest), await world.blobs.read(digest));
  }
  const found = await checkBeforeSeal(BEFORE_SEAL, parts, now);
  const invariants = [...found].map(([id, each]) => sealedResult(id, each));
  const { require } = run.proposal.plan.value;
  return {
    invariants,
    poison: poisonedBy(invariants, require).map((id) => ({
      id,
      reasons: found.get(id)!.reasons,
    })),
  };
}

/** What was captured of the steps; many print the same, or nothing. */
function evidenceIn(run: string, { receipts }: BundleParts): Set<Digest> {
  if (receipts.faults) {
    throw new WritError(
      "ledger.corrupt",
      `Cannot seal run "${run}": its receipts in the ledger are damaged`,
      { hint: CORRUPT_HINT, faults: [...receipts.faults] },
    );
  }
  const digests = new Set<Digest>();
  for (const { value } of receipts.value) {
    if (value.type !== "step.finished") continue;
    for (const { digest } of value.body.evidence) digests.add(digest);
  }
  return digests;
}

/** What a bundle would hold of the run if it were sealed so, without evidence, seal and ledger. */
async function filesOf(
  run: ActiveRun,
  sealed: ReceiptBodies["run.sealed"],
  at: string,
  { sight, ledger }: World,
): Promise<Map<string, Uint8Array>> {
  const decision = run.leave.decision.value;
  const files = new Map<string, Uint8Array>([
    [BUNDLE_FILES.plan, run.proposal.plan.bytes],
    [BUNDLE_FILES.decision, run.leave.decision.bytes],
  ]);
  for (const [name, text] of Object.entries(sight.policy.set.files)) {
    files.set(BUNDLE_POLICY + name, new TextEncoder().encode(text));
  }
  const lines = await Array.fromAsync(ledger.receipts(run.id));
  const admitted = await readAdmitted(ledger, lines[0], decision);
  files.set(BUNDLE_FILES.pipeline, admitted.pipeline);
  files.set(BUNDLE_FILES.trust, admitted.trust);
  const head = { size: lines.length, hash: leafHash(lines.at(-1)!) };
  const last = nextReceipt(head, {
    run: run.id,
    at,
    type: "run.sealed",
    actor: run.actor,
    body: sealed,
  });
  files.set(BUNDLE_FILES.receipts, joinLines([...lines, last.bytes]));
  return files;
}
