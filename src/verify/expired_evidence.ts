/**
 * What a bundle says to have expired. Whether that is true is for `evidence.retention` to judge.
 *
 * @module
 */
import { evidenceName } from "../bundle/names.ts";
import type { BundleParts } from "../bundle/parse_bundle.ts";
import type { Digest } from "../core/digest.ts";
import { capturedBy, type CapturedClass } from "../ledger/captured.ts";
import type { EvidenceClass } from "../pipeline/pipeline.ts";

/** The run's evidence of the classes that have expired, by the bundle's own word. */
export function expiredClasses(
  { expired, receipts }: BundleParts,
): Map<EvidenceClass, CapturedClass> {
  const run = receipts.value?.[0]?.value.run;
  const claimed = new Set(
    (expired?.value?.entries ?? []).flatMap(({ value }) =>
      value.type === "evidence.expired" && value.body.run === run
        ? [value.body.class]
        : []
    ),
  );
  if (claimed.size === 0) return new Map();
  const captured = capturedBy(receipts.value!.map(({ value }) => value));
  return new Map([...captured].filter(([name]) => claimed.has(name)));
}

/** The files that need not be there any more, by name: what the receipts say that each was. */
export function expiredFiles(
  parts: BundleParts,
): Map<string, { digest: Digest; bytes: number }> {
  return new Map(
    [...expiredClasses(parts).values()].flatMap(({ refs }) =>
      refs.map((ref) => [evidenceName(ref.digest), ref])
    ),
  );
}
