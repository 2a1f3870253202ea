/**
 * What `--json` answers on the way from a plan to a verified run, and the schemas of all answers, of
 * which `schemas/answers/` is made. The answer of `verify` is a report, and has its schema where that
 * is.
 *
 * @module
 */
import * as z from "zod";
import { type Digest, DigestSchema } from "../core/digest.ts";
import type { ErrorDocument } from "../core/error_document.ts";
import { ERROR_EXIT, EXIT } from "../core/errors.ts";
import { TimeSchema } from "../core/time.ts";
import type { LedgerReport } from "../ledger/check_ledger.ts";
import { type Entry, EntrySchema } from "../ledger/entry.ts";
import type { TreeHead } from "../ledger/merkle.ts";
import {
  type Receipt,
  ReceiptSchema,
  STEP_STATUSES,
} from "../ledger/receipt.ts";
import {
  RUN_RECORD_FIELDS,
  type RunRecord,
  RunRecordSchema,
  type RunState,
} from "../ledger/records.ts";
import type { Head } from "../ledger/store.ts";
import type { Standing } from "../ledger/tree_reader.ts";
import { type Plan, PlanSchema } from "../plan/plan.ts";
import type { ViewHint } from "../plan/view_hint.ts";
import {
  type Decision,
  DecisionSchema,
  type Requester,
  RequesterSchema,
  type Verdict,
} from "../policy/decision.ts";
import type { RunResult } from "../run/run.ts";
import type { PermissionUse } from "../sandbox/permission_use.ts";
import { ReasonSchema, ReportSchema } from "../verify/report.ts";
import {
  count,
  OUTCOMES,
  PERMISSION_USE,
  RUN_STATES,
  text,
} from "./answer_parts.ts";
import type { KeptEvidence } from "./kept_evidence.ts";
import { PEOPLE_ANSWERS } from "./people_answers.ts";
import type { ShownRun } from "./run_table.ts";
import type { ShownSigner } from "./shown_ticket.ts";
import type { CommandName } from "./profile.ts";
import { UPKEEP_ANSWERS } from "./upkeep_answers.ts";

/** Of `run`. */
export interface RunAnswer {
  plan: Plan;
  planDigest: Digest;
  decision: Decision;
  verdict: Verdict;
  /** Whether the policy and trust of the workspace are those that were accepted. */
  inForce: boolean;
  /** Why what policy allows waits for people all the same; `null` where it does not. */
  waits: string | null;
  /** By step, what of its folder it will not see. */
  hidden: Record<string, ViewHint>;
  /** The command to give next, or what to do. */
  next: string;
}

/** Of `show`. */
export interface ShowAnswer {
  run: RunRecord;
  state: RunState;
  /** The name of the pipeline. */
  pipeline: string;
  requester: Requester;
  /** Why it was approved, in the words of whoever did; may be empty. */
  reason: string;
  /** Whose keys had signed its ticket when it was admitted. */
  signers: ShownSigner[];
  /** The command that lets it go on; `null` where it has ended or is held. */
  next: string | null;
  /** By step, where its evidence can be read. */
  permissions: Record<string, PermissionUse>;
  evidence: KeptEvidence[];
  receipts: Receipt[];
}

/** Of `log`: entries; with `--runs` and what filters them, runs; else whether the ledger holds. */
export type LogAnswer =
  | { ledger: Digest; head: Head; entries: Entry[] }
  | { ledger: Digest; runs: ShownRun[] }
  | LogVerdict;

/** Of `log --verify` and `log --consistent-with`. */
export interface LogVerdict {
  /** Whether all that was asked is so. */
  holds: boolean;
  /** `null` without `--verify`. */
  report: LedgerReport | null;
  /** `null` without `--consistent-with`. The proof is that of RFC 9162 section 2.1.4. */
  consistency: {
    standing: Standing;
    from: TreeHead;
    to: TreeHead;
    proof: Digest[];
  } | null;
}

const place = z.strictObject({
  file: text,
  line: z.int().optional(),
  column: z.int().optional(),
});
const treeHead = z.strictObject({ size: count, root: DigestSchema });
const head = z.strictObject({ size: count, hash: DigestSchema.nullable() });

const shownRun: z.ZodType<ShownRun> = z.strictObject({
  ...RUN_RECORD_FIELDS,
  state: z.enum(RUN_STATES),
  pipeline: text,
  requester: text,
  here: z.boolean(),
});

const RunAnswerSchema: z.ZodType<RunAnswer> = z.strictObject({
  plan: PlanSchema,
  planDigest: DigestSchema,
  decision: DecisionSchema,
  verdict: z.enum(["allow", "review", "deny"]),
  inForce: z.boolean(),
  waits: text.nullable(),
  hidden: z.record(
    text,
    z.strictObject({
      folder: text,
      seen: count,
      total: count,
      hidden: z.array(text),
      above: z.array(text),
      links: z.array(z.strictObject({ path: text, target: text })),
    }),
  ),
  next: text,
});

const ExecuteAnswerSchema: z.ZodType<RunResult> = z.strictObject({
  run: text,
  ticket: text,
  outcome: z.enum(OUTCOMES),
  steps: z.array(z.strictObject({
    step: text,
    status: z.enum(STEP_STATUSES),
    reason: text.nullable(),
  })),
  products: z.array(z.strictObject({ path: text, tree: text })),
  poison: z.array(z.strictObject({
    id: text,
    reasons: z.array(ReasonSchema),
  })),
  bundle: text,
});

const ShowAnswerSchema: z.ZodType<ShowAnswer> = z.strictObject({
  run: RunRecordSchema,
  state: z.enum(RUN_STATES),
  pipeline: text,
  requester: RequesterSchema,
  reason: text,
  signers: z.array(z.strictObject({ key: text, owner: text.nullable() })),
  next: text.nullable(),
  permissions: z.record(
    text,
    z.strictObject(PERMISSION_USE),
  ),
  evidence: z.array(z.strictObject({
    class: z.enum(["public", "sealed"]),
    pieces: count,
    bytes: count,
    keptUntil: TimeSchema.nullable(),
    expired: z.boolean(),
    recipients: z.array(DigestSchema),
  })),
  receipts: z.array(ReceiptSchema),
});

const LogAnswerSchema = z.union([
  z.strictObject({
    ledger: DigestSchema,
    head,
    entries: z.array(EntrySchema),
  }),
  z.strictObject({
    ledger: DigestSchema,
    runs: z.array(shownRun),
  }),
  z.strictObject({
    holds: z.boolean(),
    report: z.strictObject({
      ledger: DigestSchema,
      head,
      tree: treeHead,
      checkpoint: count.nullable(),
      tickets: count,
      runs: count,
      receipts: count,
      faults: z.array(z.strictObject({
        code: text,
        message: text,
        place: place.optional(),
        hint: text.optional(),
      })),
    }).nullable(),
    consistency: z.strictObject({
      standing: z.enum(["holds", "shorter", "differs"]),
      from: treeHead,
      to: treeHead,
      proof: z.array(DigestSchema),
    }).nullable(),
  }),
]);

/** What every command answers where it cannot do what it was asked. */
export const ErrorSchema: z.ZodType<ErrorDocument> = z.strictObject({
  error: z.strictObject({
    code: z.enum(Object.keys(ERROR_EXIT)),
    exit: z.union(Object.values(EXIT).map((status) => z.literal(status))),
    message: text,
    place: place.nullable(),
    hint: text.nullable(),
    faults: z.array(z.strictObject({
      message: text,
      place: place.nullable(),
      hint: text.nullable(),
    })),
  }),
});

/** The answers, by command. */
export const ANSWERS: Readonly<Record<CommandName, z.ZodType>> = {
  ...PEOPLE_ANSWERS,
  ...UPKEEP_ANSWERS,
  run: RunAnswerSchema,
  execute: ExecuteAnswerSchema,
  verify: ReportSchema,
  show: ShowAnswerSchema,
  log: LogAnswerSchema,
};
