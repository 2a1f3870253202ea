/**
 * Exporting: a run's folder in the workspace, whole and portable.
 *
 * @module
 */
import { join } from "@std/path/join";
import { writeBundle } from "../bundle/write_bundle.ts";
import { canonicalBytes } from "../core/canonical_json.ts";
import type { Digest } from "../core/digest.ts";
import type { ListedFile } from "../bundle/bundle_index.ts";
import { joinLines } from "../bundle/lines.ts";
import { BUNDLE_POLICY, evidenceName, RUNS } from "../bundle/names.ts";
import { classOf } from "../ledger/captured.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { type EvidenceRef } from "../ledger/receipt.ts";
import { expiryExcerptOf } from "./expiry_excerpt.ts";
import { BUNDLE_FILES } from "../bundle/bundle.ts";
import { Place } from "./publish_place.ts";
import { evidenceOf, readAdmitted } from "./documents.ts";
import { ignoreOwn } from "./ignore_own.ts";
import { unmarkOpen } from "./open_mark.ts";
import type { ActiveRun } from "./active_run.ts";
import { excerptOf } from "./ledger_excerpt.ts";
import type { SealedRun } from "./seal_run.ts";
import type { World } from "./world.ts";

/** Writes the bundle to `.writ/runs/<run>/` and returns that folder, absolute. */
export async function exportBundle(
  run: ActiveRun,
  sealed: SealedRun,
  world: World,
): Promise<string> {
  const { sight, blobs, ledger } = world;
  const encoder = new TextEncoder();
  const { opened, receipts, evidence } = await receiptsOf(run, world);
  const decision = run.leave.decision.value;
  const admitted = await readAdmitted(ledger, opened, decision);
  const expired = (await ledger.run(run.id))?.evidence?.expired ?? [];
  const gone: ListedFile[] = [];
  const { seen } = run.leave.judged.ticket;
  const { excerpt, checkpoint } = await excerptOf(run.id, seen, ledger);
  const files = new Map<string, Uint8Array>([
    [BUNDLE_FILES.pipeline, admitted.pipeline],
    [BUNDLE_FILES.plan, run.proposal.plan.bytes],
    [BUNDLE_FILES.decision, run.leave.decision.bytes],
    [BUNDLE_FILES.trust, admitted.trust],
    [BUNDLE_FILES.ticket, admitted.envelope],
    [BUNDLE_FILES.receipts, receipts],
    [BUNDLE_FILES.seal, canonicalBytes(sealed.envelope)],
    [BUNDLE_FILES.ledger, canonicalBytes(excerpt)],
    [BUNDLE_FILES.checkpoint, checkpoint],
  ]);
  for (const [name, text] of Object.entries(sight.policy.set.files)) {
    files.set(BUNDLE_POLICY + name, encoder.encode(text));
  }
  for (const [digest, ref] of evidence) {
    const name = evidenceName(digest);
    if (expired.includes(classOf(ref))) {
      gone.push({ name, size: ref.bytes, digest });
    } else files.set(name, await blobs.read(digest));
  }
  const place = new Place(sight.workspace);
  for (const missing of place.missingFolders(RUNS)) {
    await place.ensureFolder(missing);
  }
  await ignoreOwn(place.root);
  const folder = bundleFolder(run.id, world);
  await writeBundle(
    folder,
    files,
    run.id,
    expired.length === 0
      ? undefined
      : { gone, told: await toldOf(run.id, ledger) },
  );
  // Whoever swapped it meanwhile is found out.
  place.requireFolder(RUNS);
  unmarkOpen(run.id, place.root);
  return folder;
}

/** Where the bundle of a run lies. */
export function bundleFolder(run: string, world: World): string {
  return join(world.sight.workspace, RUNS, run);
}

/** What proves that evidence has expired. */
async function toldOf(run: string, ledger: Ledger): Promise<Uint8Array> {
  const checkpoint = await ledger.checkpoint();
  return canonicalBytes(await expiryExcerptOf(run, checkpoint, ledger));
}

async function receiptsOf(
  run: ActiveRun,
  world: World,
): Promise<{
  opened: Uint8Array;
  receipts: Uint8Array;
  evidence: Map<Digest, EvidenceRef>;
}> {
  const lines: Uint8Array[] = [];
  const evidence = new Map<Digest, EvidenceRef>();
  for await (const bytes of world.ledger.receipts(run.id)) {
    lines.push(bytes);
    for (const ref of evidenceOf(bytes)) evidence.set(ref.digest, ref);
  }
  return { opened: lines[0], receipts: joinLines(lines), evidence };
}
