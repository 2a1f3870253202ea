/**
 * Verify: bundle in, report out. It believes nobody but the keys that the reader names.
 *
 * @module
 */
import type { Bundle } from "../bundle/bundle.ts";
import { type BundleParts, parseBundle } from "../bundle/parse_bundle.ts";
import { findSubjects } from "./find_subjects.ts";
import { Findings, type Invariant, type VerifyOptions } from "./invariant.ts";
import { INVARIANTS } from "./invariants.ts";
import type { InvariantResult, Report, ReportVerdict } from "./report.ts";

/**
 * Checks every invariant of a bundle. All of them are always checked: a reader of a broken
 * bundle sees everything that is wrong with it, and what could not be known for that reason.
 *
 * Never throws for what is in the bundle.
 *
 * @example What is not there is not verified
 * ```ts
 * import { verifyBundle } from "@writ/writ/verify";
 * import { assertEquals } from "@std/assert";
 *
 * const nothing = { where: "nowhere", files: new Map(), strange: [] };
 * const report = await verifyBundle(nothing, {
 *   trust: null,
 *   now: "2026-01-14T12:00:00.000Z",
 * });
 * assertEquals(report.exit, 4);
 * ```
 */
export async function verifyBundle(
  bundle: Bundle,
  options: VerifyOptions,
): Promise<Report> {
  const parts = parseBundle(bundle);
  const found = await checkAll(parts, options);
  const invariants = found.map(resultOf);
  const outcome = parts.seal.value?.payload.outcome ?? null;
  const verdict = verdictOf(invariants, outcome);
  return {
    v: 1,
    where: bundle.where,
    run: parts.index.value?.run ?? parts.seal.value?.payload.run ?? null,
    outcome,
    invariants,
    verdict,
    exit: EXIT_OF[verdict],
    subjects: findSubjects(
      parts,
      found.flatMap(({ findings }) => findings.signers),
    ),
  };
}

const EXIT_OF = {
  "verified": 0,
  "failed-run": 1,
  "not-verified": 4,
} as const satisfies Record<ReportVerdict, Report["exit"]>;

/** An invariant with what its check found. */
interface Checked {
  invariant: Invariant;
  findings: Findings;
}

async function checkAll(
  parts: BundleParts,
  options: VerifyOptions,
): Promise<Checked[]> {
  const checked: Checked[] = [];
  for (const invariant of INVARIANTS) {
    const findings = await checkOne(invariant, parts, options);
    checked.push({ invariant, findings });
  }
  return checked;
}

function resultOf({ invariant, findings }: Checked): InvariantResult {
  const { id, title } = invariant;
  const { verdict, reasons } = findings;
  return { id, title, verdict, reasons };
}

/** A check that breaks has checked nothing: that is told as unknown, never passed over. */
async function checkOne(
  invariant: Invariant,
  parts: BundleParts,
  options: VerifyOptions,
): Promise<Findings> {
  try {
    return await invariant.check(parts, options);
  } catch (error) {
    const found = new Findings();
    const why = error instanceof Error ? error.message : String(error);
    found.unknown("verify.fault", `The check itself broke: ${why}`);
    return found;
  }
}

function verdictOf(
  invariants: readonly InvariantResult[],
  outcome: Report["outcome"],
): ReportVerdict {
  const good = invariants.every(({ verdict }) =>
    verdict === "PASS" || verdict === "WARN"
  );
  if (!good || outcome === null) return "not-verified";
  return outcome === "ok" ? "verified" : "failed-run";
}
