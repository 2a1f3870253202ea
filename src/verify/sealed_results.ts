/**
 * What the runner found before it sealed the run, as the receipt `run.sealed` holds it.
 *
 * @module
 */
import type { BundleParts } from "../bundle/parse_bundle.ts";
import type { ReceiptBodies } from "../ledger/receipt.ts";
import { checkOne } from "./check_one.ts";
import type { Findings, Invariant } from "./invariant.ts";

/** What was found of one invariant, in short. */
export type SealedResult = ReceiptBodies["run.sealed"]["invariants"][number];

/** Findings in short: the verdict, and each code once, sorted. */
export function sealedResult(id: string, findings: Findings): SealedResult {
  const codes = findings.list.map(({ code }) => code);
  return {
    id,
    verdict: findings.verdict,
    codes: [...new Set(codes)].sort(),
  };
}

/** Checks invariants as the runner sees them. */
export async function checkBeforeSeal(
  invariants: readonly Invariant[],
  parts: BundleParts,
  now: string,
): Promise<Map<string, Findings>> {
  const found = new Map<string, Findings>();
  const options = { trust: null, now, sealing: true };
  for (const invariant of invariants) {
    found.set(invariant.id, await checkOne(invariant, parts, options, found));
  }
  return found;
}

/**
 * The invariants that keep a run from counting as succeeded: those that fail or are not known, and
 * of those that the plan requires also the ones with a warning.
 */
export function poisonedBy(
  results: readonly SealedResult[],
  required: readonly string[],
): string[] {
  return results.filter(({ id, verdict }) =>
    verdict === "WARN" ? required.includes(id) : verdict !== "PASS"
  ).map(({ id }) => id);
}
