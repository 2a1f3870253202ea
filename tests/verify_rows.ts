/**
 * How the tests of verify say what they expect: a bundle, the invariants that fail, and why.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { type Bundle, BUNDLE_FILES } from "../src/bundle/bundle.ts";
import { withIndex } from "../src/bundle/bundle_index.ts";
import { canonicalBytes } from "../src/core/canonical_json.ts";
import type { ReceiptDraft } from "../src/ledger/chain.ts";
import type { ReceiptBodies, RunOutcome } from "../src/ledger/receipt.ts";
import { type Plan, type PlanStep, stepDigest } from "../src/plan/plan.ts";
import type { VerifyOptions } from "../src/verify/invariant.ts";
import type { ReasonCode, Report } from "../src/verify/report.ts";
import { BEFORE_SEAL } from "../src/verify/before_seal.ts";
import { verifyBundle } from "../src/verify/verify.ts";
import {
  asBundle,
  bundleFiles,
  type Changes,
  NOW,
  RUN,
  TRUST,
} from "./verify_fixtures.ts";
import {
  finished,
  goodPlan,
  published,
  started,
  type StepDraft,
} from "./verify_story.ts";

/** A bundle that is not true: a sentence, how it is made, the reason, and every invariant that is not satisfied, the one with the reason first. */
export type Row = [
  sentence: string,
  make: Changes | (() => Promise<Bundle> | Bundle),
  code: ReasonCode,
  ...failing: string[],
];

/** What a reader with the right trust brings. */
export const READER: VerifyOptions = { trust: TRUST, now: NOW };

/** The steps of the good plan. */
export const [CHECK, PACK, LIST] = goodPlan().steps;

/** A story in which the last step failed. */
export const FAILED_LIST: StepDraft[] = [
  started(CHECK),
  finished(CHECK),
  started(PACK),
  finished(PACK),
  published(PACK),
  started(LIST),
  finished(LIST, { status: "failed", reason: "exit 1", exit: 1 }),
];

/** Makes each row a test. */
export function testRows(rows: readonly Row[], options = READER): void {
  for (const [sentence, make, code, ...failing] of rows) {
    Deno.test(`refused: ${sentence}`, async () => {
      const bundle = typeof make === "function"
        ? await make()
        : asBundle(await bundleFiles(make));
      const report = await verifyBundle(bundle, options);
      assertRefused(report, code, failing);
    });
  }
}

/** Requires exit 4, by exactly these invariants, the first of them for this reason. */
export function assertRefused(
  report: Report,
  code: ReasonCode,
  failing: readonly string[],
): void {
  const found = report.invariants.filter(({ verdict }) =>
    verdict === "FAIL" || verdict === "UNKNOWN"
  );
  // What the runner had to find before it sealed, and did not say, is told there, too.
  const ids = new Set(found.map(({ id }) => id));
  const unsaid = (seen: readonly string[]) =>
    BEFORE_SEAL.some(({ id, beforeSeal }) =>
      seen.includes(id) &&
      (ids.has("invariants.sealed") || beforeSeal === "same")
    );
  const wanted = new Set([
    ...failing,
    ...(unsaid(failing) ? ["invariants.sealed"] : []),
  ]);
  assertEquals(
    [...ids].sort(),
    [...wanted].sort(),
    JSON.stringify(found, null, 1),
  );
  const codes = found.find(({ id }) => id === failing[0])!.reasons.map((
    reason,
  ) => reason.code);
  assert(codes.includes(code), `${codes} instead of ${code}`);
  assertEquals([report.exit, report.verdict], [4, "not-verified"]);
}

/** A good bundle's files, changed after they were listed. */
export function altered(
  change: (files: Map<string, Uint8Array>) => void,
  changes: Changes = {},
): () => Promise<Bundle> {
  return async () => {
    const files = await bundleFiles(changes);
    change(files);
    return asBundle(files);
  };
}

/** A good bundle's files, changed, and listed again. */
export function relisted(
  change: (files: Map<string, Uint8Array>) => void,
  changes: Changes = {},
): () => Promise<Bundle> {
  return async () => {
    const files = await bundleFiles(changes);
    change(files);
    return asBundle(withIndex(files, RUN));
  };
}

/** Changes a canonical JSON file. */
export function editJson<T>(
  files: Map<string, Uint8Array>,
  name: keyof typeof BUNDLE_FILES,
  change: (value: T) => T | void,
): void {
  const file = BUNDLE_FILES[name];
  const value = JSON.parse(new TextDecoder().decode(files.get(file)));
  files.set(file, canonicalBytes(change(value) ?? value));
}

/** The good plan with a step changed and its digest made anew. */
export function withStep(
  id: string,
  change: Partial<PlanStep>,
): (plan: Plan) => Plan {
  return (plan) => ({
    ...plan,
    steps: plan.steps.map((step) => {
      if (step.id !== id) return step;
      const changed = { ...step, ...change };
      return { ...changed, digest: stepDigest(changed, plan.toolchain) };
    }),
  });
}

/** Changes the body of receipts of a type, of one step where that is named. */
export function editBody<T extends StepDraft["type"]>(
  type: T,
  step: string | null,
  change: (body: ReceiptBodies[T]) => void,
): <D extends StepDraft | ReceiptDraft>(drafts: D[]) => D[] {
  return (drafts) =>
    drafts.map((original) => {
      // A structured clone would keep what two receipts share.
      const draft: typeof original = JSON.parse(JSON.stringify(original));
      const of = "step" in draft.body ? draft.body.step : null;
      if (draft.type === type && of === step) {
        change(draft.body as ReceiptBodies[T]);
      }
      return draft;
    });
}

/** Leaves out receipts. */
export function without(
  type: StepDraft["type"],
  step: string,
): (drafts: StepDraft[]) => StepDraft[] {
  return (drafts) =>
    drafts.filter((draft) =>
      draft.type !== type || !("step" in draft.body) ||
      draft.body.step !== step
    );
}

/** Seals the run with another outcome. */
export function outcome(
  value: RunOutcome,
): (drafts: ReceiptDraft[]) => ReceiptDraft[] {
  return editBody("run.sealed", null, (body) => {
    body.outcome = value;
  });
}
