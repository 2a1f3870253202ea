/**
 * Judging a run before it is sealed: the invariants that can be decided then, on what the bundle
 * will hold.
 *
 * @module
 */
import { BUNDLE_FILES } from "../bundle/bundle.ts";
import { joinLines } from "../bundle/lines.ts";
import { BUNDLE_POLICY, evidenceName } from "../bundle/names.ts";
import { parseBundle } from "../bundle/parse_bundle.ts";
import { canonicalBytes } from "../core/canonical_json.ts";
import { leafHash } from "../core/digest.ts";
import { formatTime } from "../core/time.ts";
import { nextReceipt } from "../ledger/chain.ts";
import { type ReceiptBodies, type RunOutcome } from "../ledger/receipt.ts";
import { BEFORE_SEAL } from "../verify/before_seal.ts";
import type { Reason } from "../verify/report.ts";
import {
  checkBeforeSeal,
  poisonedBy,
  type SealedResult,
  sealedResult,
} from "../verify/sealed_results.ts";
import { evidenceOf, readAdmitted } from "./documents.ts";
import type { ActiveRun } from "./active_run.ts";
import type { World } from "./world.ts";

/** What was found of a run. */
export interface Judged {
  /** In the order and form of the receipt `run.sealed`. */
  invariants: SealedResult[];
  /** What keeps the run from counting as succeeded; empty when nothing does. */
  poison: { id: string; reasons: Reason[] }[];
}

/** Judges a run whose chosen steps have all ended. */
export async function judgeRun(
  run: ActiveRun,
  outcome: RunOutcome,
  steps: ReceiptBodies["run.sealed"]["steps"],
  world: World,
): Promise<Judged> {
  const now = formatTime(world.sight.now());
  const parts = parseBundle({
    where: run.id,
    files: await filesOf(run, { outcome, steps, invariants: [] }, now, world),
    strange: [],
  });
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

/** What a bundle would hold of the run if it were sealed so, without seal and ledger. */
async function filesOf(
  run: ActiveRun,
  sealed: ReceiptBodies["run.sealed"],
  at: string,
  { sight, ledger, blobs }: World,
): Promise<Map<string, Uint8Array>> {
  const decision = run.leave.decision.value;
  const files = new Map<string, Uint8Array>([
    [BUNDLE_FILES.plan, canonicalBytes(run.proposal.plan.value)],
    [BUNDLE_FILES.decision, canonicalBytes(decision)],
  ]);
  for (const [name, text] of Object.entries(sight.policy.set.files)) {
    files.set(BUNDLE_POLICY + name, new TextEncoder().encode(text));
  }
  const lines: Uint8Array[] = [];
  for await (const bytes of ledger.receipts(run.id)) {
    lines.push(bytes);
    for (const { digest } of evidenceOf(bytes)) {
      const name = evidenceName(digest);
      // Many steps print the same, or nothing.
      if (!files.has(name)) files.set(name, await blobs.read(digest));
    }
  }
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
