/**
 * A report: what verify found, invariant by invariant.
 *
 * @module
 */
import * as z from "zod";
import { type Digest, DigestSchema } from "../core/digest.ts";
import { ERROR_EXIT, type ErrorCode } from "../core/errors.ts";
import {
  type RunOutcome,
  STEP_STATUSES,
  type StepStatus,
} from "../ledger/receipt.ts";
import { type CacheKind, CACHES } from "../pipeline/pipeline.ts";

/** What became of an invariant. `UNKNOWN` is what could not be checked: never fine. */
export type InvariantVerdict = "PASS" | "WARN" | "FAIL" | "UNKNOWN";

/** Every code of a reason that is not an {@linkcode ErrorCode}: the contract that scripts and tests rely on. */
export const REASON_CODES = [
  "invariants.missing",
  "invariants.differ",
  "part.missing",
  "part.malformed",
  "part.unreadable",
  "bundle.file_missing",
  "bundle.file_unlisted",
  "bundle.file_unvouched",
  "bundle.name",
  "bundle.size",
  "bundle.digest",
  "bundle.strange",
  "bundle.order",
  "bundle.run",
  "pipeline.file",
  "pipeline.differs",
  "plan.differs",
  "plan.step_digest",
  "plan.step_id",
  "plan.needs",
  "plan.material_from",
  "decision.plan",
  "decision.policy",
  "decision.trust",
  "decision.differs",
  "decision.obligations",
  "decision.run",
  "ticket.run",
  "ticket.envelope",
  "ticket.not_admitted",
  "ticket.not_issued",
  "ticket.uses",
  "trust.differs",
  "trust.key_unknown",
  "trust.none",
  "receipts.sequence",
  "receipts.link",
  "receipts.run",
  "receipts.head",
  "receipts.count",
  "receipts.order",
  "receipts.unsealed",
  "ledger.id",
  "ledger.sequence",
  "ledger.link",
  "ledger.admission",
  "ledger.closing",
  "ledger.stray",
  "inclusion.count",
  "inclusion.cut",
  "inclusion.proof",
  "checkpoint.origin",
  "checkpoint.signatures",
  "checkpoint.signer_unknown",
  "checkpoint.signer_not_allowed",
  "checkpoint.signer_not_in_force",
  "checkpoint.signer_revoked_since",
  "consistency.unseen",
  "consistency.cut",
  "consistency.missing",
  "consistency.differs",
  "consistency.proof",
  "consistency.stray",
  "seen.signature",
  "seen.origin",
  "seen.differs",
  "seen.unproven",
  "witness.unseen",
  "witness.uncovered",
  "witness.none",
  "witness.quorum",
  "witness.cosignature",
  "witness.own",
  "witness.not_in_force",
  "witness.revoked_since",
  "seal.signature",
  "seal.signatures",
  "seal.signer_unknown",
  "seal.signer_not_allowed",
  "seal.signer_not_in_force",
  "seal.signer_revoked_since",
  "seal.run",
  "seal.outcome",
  "seal.products",
  "steps.unknown",
  "steps.missing",
  "steps.not_chosen",
  "steps.unfinished",
  "steps.not_started",
  "steps.attempts",
  "steps.skipped_without_cause",
  "steps.before_needs",
  "confinement.host",
  "confinement.argv",
  "confinement.isolation",
  "confinement.refused",
  "confinement.program",
  "confinement.mechanisms",
  "materials.differ",
  "materials.missing",
  "materials.beneath_product",
  "products.undeclared",
  "products.missing",
  "products.published",
  "fetched.differ",
  "fetched.missing",
  "fetched.undeclared",
  "cached.unproven",
  "claims.unbound",
  "claims.unfounded",
  "claims.class",
  "claims.recipients",
  "strength.truncated",
  "strength.not_enforced",
  "evidence.missing",
  "evidence.size",
  "evidence.digest",
  "evidence.unreferenced",
  "evidence.unsealed",
  "evidence.expired",
  "evidence.not_removed",
  "expiry.foreign",
  "expiry.early",
  "expiry.proof",
  "expiry.history",
  "times.backwards",
  "times.future",
  "outcome.status",
  "outcome.steps",
  "outcome.differs",
  "outcome.partial",
  "expect.plan",
  "expect.pipeline",
  "expect.commit",
  "verify.fault",
] as const;

/** A code of a {@linkcode Reason}. */
export type ReasonCode = typeof REASON_CODES[number] | ErrorCode;

/** Why an invariant is not `PASS`. */
export interface Reason {
  /** What scripts and tests match; the sentence may be improved, this stays. */
  code: ReasonCode;
  /** A sentence for people. It may hold text of the bundle: escape it before a terminal sees it. */
  message: string;
  /** Files of the bundle, with a JSON pointer (RFC 6901) where that is known: `plan.json#/steps/0`. */
  pointers: string[];
}

/** One invariant as it was found. */
export interface InvariantResult {
  /** Its name for scripts: `receipts.chain`. */
  id: string;
  /** What is true where it is a `PASS`, in a sentence; that there was nothing to check, where that is so. */
  title: string;
  /** The worst that was found: `FAIL`, then `UNKNOWN`, then `WARN`; else `PASS`. */
  verdict: InvariantVerdict;
  /** In the order in which they were found; empty for a `PASS`. */
  reasons: Reason[];
  /** The files of the bundle that the verdict rests on, sorted. */
  evidence: string[];
}

/**
 * `verified`: true, executed, succeeded. `failed-run`: a true record of a run that did not
 * succeed. `not-verified`: not true, or not provable.
 */
export type ReportVerdict = "verified" | "failed-run" | "not-verified";

/** What a report is about. In a report that is `not-verified` these are claims. */
export interface Subjects {
  /** SHA-256 of its canonical bytes; `null` where it cannot be read. */
  plan: Digest | null;
  /** SHA-256 of its canonical bytes; `null` where it cannot be read. */
  decision: Digest | null;
  /** `tkt_` and a ULID; `null` where the ticket cannot be read. */
  ticket: string | null;
  /** Whose signatures over the ticket count, in the reader's trust. */
  approvers: { owner: string; key: Digest }[];
  /** The key that sealed the run, in the reader's trust. */
  runner: Digest | null;
  /** In plan order, as each ended; one that was not chosen is `skipped`, one without an end is left out. */
  steps: { step: string; status: StepStatus }[];
  /** The caches of packages that its steps filled. */
  fetched: { step: string; cache: CacheKind; tree: Digest }[];
  /** As the seal lists them; empty where it cannot be read. */
  products: { path: string; tree: Digest }[];
}

/** What verify found. */
export interface Report {
  /** Format version; any other is refused. */
  v: 1;
  /** The folder that was read. */
  where: string;
  /** `run_` and a ULID, as the bundle says; `null` where it says none that can be read. */
  run: string | null;
  /** As the runner sealed it; `null` where the seal cannot be read. */
  outcome: RunOutcome | null;
  /** All that there are, in the order of the way, whatever failed before. */
  invariants: InvariantResult[];
  /** `not-verified` unless every invariant is `PASS` or `WARN`. */
  verdict: ReportVerdict;
  /** Exit status of `verify`: 0 `verified`, 1 `failed-run`, 4 `not-verified`. */
  exit: 0 | 1 | 4;
  /** Whose run of what, with which results. */
  subjects: Subjects;
}

const text = z.string();

/** Schema of a {@linkcode Reason}. */
export const ReasonSchema: z.ZodType<Reason> = z.strictObject({
  code: z.enum(
    [...REASON_CODES, ...Object.keys(ERROR_EXIT)] as ReasonCode[],
  ),
  message: text,
  pointers: z.array(text),
});

/** Schema of a {@linkcode Report}. */
export const ReportSchema: z.ZodType<Report> = z.strictObject({
  v: z.literal(1),
  where: text,
  run: text.nullable(),
  outcome: z.enum(["ok", "failed", "cancelled", "indeterminate"]).nullable(),
  invariants: z.array(z.strictObject({
    id: text,
    title: text,
    verdict: z.enum(["PASS", "WARN", "FAIL", "UNKNOWN"]),
    reasons: z.array(ReasonSchema),
    evidence: z.array(text),
  })),
  verdict: z.enum(["verified", "failed-run", "not-verified"]),
  exit: z.union([z.literal(0), z.literal(1), z.literal(4)]),
  subjects: z.strictObject({
    plan: DigestSchema.nullable(),
    decision: DigestSchema.nullable(),
    ticket: text.nullable(),
    approvers: z.array(z.strictObject({ owner: text, key: DigestSchema })),
    runner: DigestSchema.nullable(),
    steps: z.array(z.strictObject({
      step: text,
      status: z.enum(STEP_STATUSES),
    })),
    fetched: z.array(z.strictObject({
      step: text,
      cache: z.enum(CACHES),
      tree: DigestSchema,
    })),
    products: z.array(z.strictObject({ path: text, tree: DigestSchema })),
  }),
}) as z.ZodType<Report>;
