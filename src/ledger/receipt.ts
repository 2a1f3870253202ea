/**
 * Receipts: the events of one run, a hash chain with one writer.
 *
 * @module
 */
import * as z from "zod";
import { type Digest, DigestSchema } from "../core/digest.ts";
import { RUN_ID } from "../core/id.ts";
import { TimeSchema } from "../core/time.ts";
import { type Usage, UsageSchema } from "./usage.ts";
import { type CacheKind, CACHES } from "../pipeline/pipeline.ts";

/** How an attempt of a step ended. */
export type StepStatus =
  | "ok"
  | "failed"
  | "refused"
  | "skipped"
  | "cached"
  | "indeterminate";

/** Every way in which it may have ended. */
export const STEP_STATUSES: readonly StepStatus[] = [
  "ok",
  "failed",
  "refused",
  "skipped",
  "cached",
  "indeterminate",
];

/** Captured bytes in the bundle's `evidence/`. */
export interface EvidenceRef {
  /** What was captured: an output stream, Deno's permission audit, or the connections that were asked for. */
  name: "stdout" | "stderr" | "permissions" | "network";
  /** SHA-256 of the bytes; they lie in `evidence/sha256/<hex>`. */
  digest: Digest;
  /** How many were kept, which is what the file holds. */
  bytes: number;
  /** The output limit cut it off. */
  truncated: boolean;
  /** What was taken out before it was kept. */
  redacted: {
    /** How many secrets there were. */
    count: number;
    /** The first of them: what each was, where its mark stands in the file, how many bytes it had. */
    first: { category: string; at: number; length: number }[];
  };
  /**
   * Left out where it is public. Else the bytes are encrypted with age for these recipients (SHA-256
   * of their raw public keys, sorted), digest and size are those of what is encrypted, and of what
   * was taken out only the count is told.
   */
  sealed?: { recipients: Digest[] };
}

/** A tree as it was found or written. */
export interface TreeRef {
  /** Relative to the workspace root, without a trailing `/`. */
  path: string;
  /** RFC 6962 root over the entries, sorted by path. */
  tree: Digest;
  /** How many plain files it has; links and empty folders do not count. */
  files: number;
  /** Size of those files together. */
  bytes: number;
}

/** A cache of packages as it was fetched or given. */
export interface CacheRef extends Omit<TreeRef, "path"> {
  /** Which cache it is. */
  cache: CacheKind;
}

/** The bodies of receipts, by type. */
export interface ReceiptBodies {
  /** The first receipt, written in one commit with the ledger's entry `run.admitted`. */
  "run.opened": {
    plan: Digest;
    decision: Digest;
    ticket: string;
    /** SHA-256 of the ticket's envelope: who had signed when the run was admitted. */
    envelope: Digest;
    /** SHA-256 of the author's file, with its comments. */
    pipeline: Digest;
    /** The ledger entry `run.admitted`. */
    entry: { seq: number; hash: Digest };
    /** The steps chosen by `--only`, at least one, or `null` for all. */
    only: string[] | null;
  };
  /** A runner took an interrupted run over; `entry` is the ledger's `run.resumed`. */
  "run.resumed": { entry: { seq: number; hash: Digest } };
  /** Durable before the launch. `attempt` counts from 1 and goes on after a resume. */
  "step.started": {
    step: string;
    attempt: number;
    backend: {
      name: "bubblewrap" | "landlock";
      version: string;
      abi: number;
      path: string | null;
      mechanisms: string[];
    };
    /** `HostFacts` of the sandbox. */
    host: Record<string, unknown>;
    /** The launch as it was handed over: program, argv. */
    program: string;
    argv: string[];
  };
  /** The end of an attempt; `attempt` is 0 where nothing was launched. */
  "step.finished": {
    step: string;
    attempt: number;
    status: StepStatus;
    /** Why, in a sentence, where the status is not `ok`. */
    reason: string | null;
    exit: number | null;
    signal: string | null;
    /** Limits that ended it: `timeout`, `output`, `memory`, … */
    limits: string[];
    materials: TreeRef[];
    products: TreeRef[];
    /** The cache that it filled; `null` where the plan has it fill none, or it did not succeed. */
    fetch: CacheRef | null;
    /** The caches that it was given, in the order of the plan. */
    fetched: CacheRef[];
    evidence: EvidenceRef[];
    /** `null` where nothing was launched, or nobody saw it end: `reason` says so. */
    usage: Usage | null;
    /** What the backend could not hold of what the plan asks, in sentences. */
    notEnforced: string[];
  };
  /** The products of a step that succeeded now lie in the workspace. */
  "step.published": { step: string; products: TreeRef[] };
  /** The last receipt: nothing may follow it. */
  "run.sealed": {
    outcome: RunOutcome;
    /** Status of every chosen step, in plan order. */
    steps: { step: string; status: StepStatus }[];
    /** What the runner found of the invariants that can be decided before the seal. */
    invariants: {
      id: string;
      verdict: "PASS" | "WARN" | "FAIL" | "UNKNOWN";
      /** Codes of the reasons, each once, sorted. */
      codes: string[];
    }[];
  };
}

/** The end of a step of which nothing was seen: it was not launched, or its runner ended before it did. */
export function unseenEnd(
  step: string,
  attempt: number,
  status: StepStatus,
  reason: string | null,
): ReceiptBodies["step.finished"] {
  return {
    step,
    attempt,
    status,
    reason,
    exit: null,
    signal: null,
    limits: [],
    materials: [],
    products: [],
    fetch: null,
    fetched: [],
    evidence: [],
    usage: null,
    notEnforced: [],
  };
}

/** How a run ended. */
export type RunOutcome = "ok" | "failed" | "cancelled" | "indeterminate";

/** A type of receipt. */
export type ReceiptType = keyof ReceiptBodies;

/** Who acted. */
export interface Actor {
  /** A person, an AI agent, or software such as the runner. */
  kind: "human" | "agent" | "system";
  /** Of the runner, the id of its key: `sha256:<hex>`. */
  id: string;
}

/** A receipt. Its hash is the leaf hash of its canonical bytes; `prev` is that of the one before. */
export type Receipt = {
  [T in ReceiptType]: {
    v: 1;
    /** `run_` and a ULID. */
    run: string;
    /** Counts from 0 without a gap. */
    seq: number;
    /** Hash of the receipt before; of the first, `null`. */
    prev: Digest | null;
    at: string;
    type: T;
    actor: Actor;
    body: ReceiptBodies[T];
  };
}[ReceiptType];

const text = z.string();
const count = z.int().min(0);
const treeRef = z.strictObject({
  path: text,
  tree: DigestSchema,
  files: count,
  bytes: count,
});
const cacheRef = z.strictObject({
  cache: z.enum(CACHES),
  tree: DigestSchema,
  files: count,
  bytes: count,
});
const entryRef = z.strictObject({ seq: count, hash: DigestSchema });
const status = z.enum(STEP_STATUSES);

function receipt<T extends ReceiptType>(type: T, body: z.ZodType) {
  return z.strictObject({
    v: z.literal(1),
    run: z.string().regex(RUN_ID),
    seq: count,
    prev: DigestSchema.nullable(),
    at: TimeSchema,
    type: z.literal(type),
    actor: z.strictObject({
      kind: z.enum(["human", "agent", "system"]),
      id: text,
    }),
    body,
  });
}

/** Schema of a {@linkcode Receipt}. */
export const ReceiptSchema: z.ZodType<Receipt> = z.discriminatedUnion("type", [
  receipt(
    "run.opened",
    z.strictObject({
      plan: DigestSchema,
      decision: DigestSchema,
      ticket: text,
      envelope: DigestSchema,
      pipeline: DigestSchema,
      entry: entryRef,
      only: z.array(text).min(1).nullable(),
    }),
  ),
  receipt("run.resumed", z.strictObject({ entry: entryRef })),
  receipt(
    "step.started",
    z.strictObject({
      step: text,
      attempt: z.int().min(1),
      backend: z.strictObject({
        name: z.enum(["bubblewrap", "landlock"]),
        version: text,
        abi: count,
        path: text.nullable(),
        mechanisms: z.array(text),
      }),
      host: z.record(text, z.unknown()),
      program: text,
      argv: z.array(text),
    }),
  ),
  receipt(
    "step.finished",
    z.strictObject({
      step: text,
      attempt: count,
      status,
      reason: text.nullable(),
      exit: z.int().nullable(),
      signal: text.nullable(),
      limits: z.array(text),
      materials: z.array(treeRef),
      products: z.array(treeRef),
      fetch: cacheRef.nullable(),
      fetched: z.array(cacheRef),
      evidence: z.array(z.strictObject({
        name: z.enum(["stdout", "stderr", "permissions", "network"]),
        digest: DigestSchema,
        bytes: count,
        truncated: z.boolean(),
        redacted: z.strictObject({
          count,
          first: z.array(z.strictObject({
            category: text,
            at: count,
            length: count,
          })),
        }),
        sealed: z.strictObject({ recipients: z.array(DigestSchema).min(1) })
          .optional(),
      })),
      usage: UsageSchema.nullable(),
      notEnforced: z.array(text),
    }),
  ),
  receipt(
    "step.published",
    z.strictObject({ step: text, products: z.array(treeRef) }),
  ),
  receipt(
    "run.sealed",
    z.strictObject({
      outcome: z.enum(["ok", "failed", "cancelled", "indeterminate"]),
      steps: z.array(z.strictObject({ step: text, status })),
      invariants: z.array(z.strictObject({
        id: text,
        verdict: z.enum(["PASS", "WARN", "FAIL", "UNKNOWN"]),
        codes: z.array(text),
      })),
    }),
  ),
]) as unknown as z.ZodType<Receipt>;
