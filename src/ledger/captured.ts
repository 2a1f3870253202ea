/**
 * What was captured in a run, by class.
 *
 * @module
 */
import type { EvidenceClass } from "../pipeline/pipeline.ts";
import type { EvidenceRef, Receipt } from "./receipt.ts";

/** The evidence of one class in a run. */
export interface CapturedClass {
  /** In the order of the receipts; one digest may be there more than once. */
  refs: EvidenceRef[];
  /** When the last of it was recorded, RFC 3339. */
  captured: string;
}

/** The class of a piece of evidence. */
export function classOf({ sealed }: EvidenceRef): EvidenceClass {
  return sealed === undefined ? "public" : "sealed";
}

/** What the receipts of a run name, by class; classes of which there is nothing are left out. */
export function capturedBy(
  receipts: Iterable<Receipt>,
): Map<EvidenceClass, CapturedClass> {
  const classes = new Map<EvidenceClass, CapturedClass>();
  for (const { type, at, body } of receipts) {
    if (type !== "step.finished") continue;
    for (const ref of body.evidence) {
      const known = classes.get(classOf(ref));
      if (known === undefined) {
        classes.set(classOf(ref), { refs: [ref], captured: at });
        continue;
      }
      known.refs.push(ref);
      if (at > known.captured) known.captured = at;
    }
  }
  return classes;
}
