/**
 * Verify: bundle in, report out. It believes nobody but the keys that the reader names.
 *
 * @module
 */
import type { Bundle } from "../bundle/bundle.ts";
import { type BundleParts, parseBundle } from "../bundle/parse_bundle.ts";
import { findSubjects } from "./find_subjects.ts";
import { checkOne } from "./check_one.ts";
import type { Findings, Invariant, VerifyOptions } from "./invariant.ts";
import { INVARIANTS } from "./invariants.ts";
import type { InvariantResult, Report, ReportVerdict } from "./report.ts";

/**
 * Checks every invariant of a bundle. All of them are always checked: a reader of a broken
 * bundle sees everything that is wrong with it, and what could not be known for that reason.
 *
 * Never throws for what is in the bundle; a permission of Deno that is missing, as for the file of
 * the policy engine, throws.
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

/** Checks all; the first of them compares, so it is checked when the others are known. */
async function checkAll(
  parts: BundleParts,
  options: VerifyOptions,
): Promise<Checked[]> {
  const found = new Map<string, Findings>();
  const [first, ...rest] = INVARIANTS;
  for (const invariant of [...rest, first]) {
    found.set(
      invariant.id,
      await checkOne(invariant, parts, options, found),
    );
  }
  return INVARIANTS.map((invariant) => ({
    invariant,
    findings: found.get(invariant.id)!,
  }));
}

function resultOf({ invariant, findings }: Checked): InvariantResult {
  const { id } = invariant;
  const { verdict, reasons, rests, nothing } = findings;
  const title = verdict === "PASS"
    ? nothing ?? invariant.title
    : invariant.title;
  return { id, title, verdict, reasons, evidence: rests };
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
