/**
 * `evidence.true`: captured output is what the receipts say it is.
 *
 * @module
 */
import { EVIDENCE_FOLDER, evidenceName } from "../../bundle/names.ts";
import { sha256 } from "../../core/digest.ts";
import { Findings, type Invariant } from "../invariant.ts";
import { expiredFiles } from "../expired_evidence.ts";
import { eventsOf, receiptPointer } from "../step_runs.ts";

/** Every reference is there with its digest and size, and no other evidence is. */
export const evidenceTrue: Invariant = {
  id: "evidence.true",
  title: "Captured output is what the receipts say",
  beforeSeal: "same",
  check(parts) {
    const found = new Findings();
    const receipts = found.need(parts.receipts);
    if (receipts === undefined) return found;
    const { files } = parts.bundle;
    const referenced = new Set<string>();
    const expired = expiredFiles(parts);
    for (const { seq, body } of eventsOf(receipts, "step.finished")) {
      for (
        const { name: what, digest, bytes: size, sealed } of body.evidence
      ) {
        const name = evidenceName(digest);
        const bytes = files.get(name);
        referenced.add(name);
        const of = `The ${what} of the step "${body.step}"`;
        if (bytes === undefined) {
          // Whether it may be gone is for `evidence.retention` to say.
          if (expired.has(name)) continue;
          found.fail(
            "evidence.missing",
            `${of} is not there`,
            name,
            receiptPointer(seq),
          );
        } else if (bytes.length !== size) {
          found.fail(
            "evidence.size",
            `${of} has ${bytes.length} bytes, ${size} are recorded`,
            name,
            receiptPointer(seq),
          );
        } else if (sha256(bytes) !== digest) {
          found.fail(
            "evidence.digest",
            `${of} is ${sha256(bytes)}, ${digest} is recorded`,
            name,
            receiptPointer(seq),
          );
        } else if (sealed !== undefined && !isAge(bytes)) {
          found.fail(
            "evidence.unsealed",
            `${of} is recorded as sealed, and is no age file`,
            name,
            receiptPointer(seq),
          );
        }
      }
    }
    for (const name of files.keys()) {
      if (name.startsWith(EVIDENCE_FOLDER) && !referenced.has(name)) {
        found.fail(
          "evidence.unreferenced",
          `No receipt names "${name}"`,
          name,
        );
      }
    }
    return found;
  },
};

/** The first line of a file of age (`age-encryption.org/v1`). */
const AGE = new TextEncoder().encode("age-encryption.org/v1\n");

function isAge(bytes: Uint8Array): boolean {
  return AGE.every((byte, i) => bytes[i] === byte);
}
