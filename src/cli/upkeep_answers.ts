/**
 * What `--json` answers of the machine and of what is kept on it: doctor, gc, the ledger's export.
 *
 * @module
 */
import * as z from "zod";
import { type Digest, DigestSchema } from "../core/digest.ts";
import { TimeSchema } from "../core/time.ts";
import type { Collected } from "../run/collect_garbage.ts";
import type { PermissionUse } from "../sandbox/permission_use.ts";
import { count, PERMISSION_USE, text } from "./answer_parts.ts";
import type { Machine } from "./doctor/machine.ts";
import type { StepMatch } from "./doctor/match_pipeline.ts";

/** Of `doctor`; with `--step` what that step used, with `--sensitive` the names. */
export type DoctorAnswer =
  | DoctorReport
  | { run: string; step: string } & PermissionUse
  | { sensitive: string[] };

/** Something that was looked at. */
export interface Check {
  what: string;
  /** `false`: something that `execute` needs is missing; `null`: nothing is, but it is good to know. */
  good: boolean | null;
  found: string;
  hint: string | null;
}

/** What `doctor` found. */
export interface DoctorReport extends Machine {
  /** Of Writ and of what it runs on. */
  versions: Record<string, string>;
  /** Whether a run can be executed here; with `--for`, whether each step can be held. */
  good: boolean;
  checks: Check[];
  /** `null` without `--for`. */
  steps: StepMatch[] | null;
}

/** Of `gc`: sizes, not files. */
export interface GcAnswer extends Pick<Collected, "bundles" | "left"> {
  dryRun: boolean;
  expired: Collected["expired"];
  /** How many of each, and their bytes; `null`: others use the state folder, and it was left. */
  unneeded: {
    blobs: number;
    trees: number;
    bytes: number;
    /** Runs that left what their steps saw. */
    views: string[];
    denoDirs: number;
    drafts: number;
  } | null;
}

/** Of `demo`. */
export interface DemoAnswer {
  run: string;
  ticket: string;
  /** Of the bundle, and of its tampered copy. */
  verdict: string;
  tampered: string;
}

/** Of `log export`. */
export interface ExportAnswer {
  /** Absolute. */
  folder: string;
  origin: string;
  size: number;
  root: Digest;
  /** The verifier key of the ledger's checkpoints (signed note). */
  key: string;
  /** How many files were written. */
  files: number;
}

/** Of `log witness`. */
export interface WitnessAnswer {
  size: number;
  root: Digest;
  /** The verifier key of the cosignature (signed note). */
  key: string;
  /** The cosigned checkpoint, a signed note. */
  checkpoint: string;
}

const why = { code: text, message: text, hint: text.nullable() };

const report = z.strictObject({
  versions: z.strictObject({
    writ: text,
    deno: text,
    v8: text,
    typescript: text,
    os: text,
    arch: text,
  }),
  good: z.boolean(),
  checks: z.array(z.strictObject({
    what: text,
    good: z.boolean().nullable(),
    found: text,
    hint: text.nullable(),
  })),
  backends: z.array(z.strictObject({
    name: z.enum(["bubblewrap", "landlock"]),
    version: text,
    isolation: z.enum(["namespaces", "kernel"]),
    path: text.nullable(),
    abi: count,
    mechanisms: z.array(text),
  })),
  failures: z.array(text),
  holds: z.array(z.strictObject({
    id: text,
    what: text,
    under: z.record(
      text,
      z.strictObject({
        held: z.enum(["holds", "open", "untried"]),
        by: text.nullable(),
      }),
    ),
  })),
  fixes: z.array(z.strictObject({ missing: text, fix: text })),
  steps: z.array(z.strictObject({
    step: text,
    backend: text.nullable(),
    gaps: z.array(text),
    error: z.strictObject(why).nullable(),
  })).nullable(),
});

const DoctorAnswerSchema: z.ZodType<DoctorAnswer> = z.union([
  report,
  z.strictObject({ run: text, step: text, ...PERMISSION_USE }),
  z.strictObject({ sensitive: z.array(text) }),
]);

const evidenceClass = z.enum(["public", "sealed"]);

const GcAnswerSchema: z.ZodType<GcAnswer> = z.strictObject({
  dryRun: z.boolean(),
  expired: z.array(z.strictObject({
    run: text,
    expired: z.array(z.strictObject({
      class: evidenceClass,
      captured: TimeSchema,
      days: count,
    })),
    kept: z.array(evidenceClass),
    files: count,
    bytes: count,
  })),
  bundles: z.array(text),
  unneeded: z.strictObject({
    blobs: count,
    trees: count,
    bytes: count,
    views: z.array(text),
    denoDirs: count,
    drafts: count,
  }).nullable(),
  left: z.array(z.strictObject({ run: text, why: text })),
});

const DemoAnswerSchema: z.ZodType<DemoAnswer> = z.strictObject({
  run: text,
  ticket: text,
  verdict: text,
  tampered: text,
});

const ExportAnswerSchema: z.ZodType<ExportAnswer> = z.strictObject({
  folder: text,
  origin: text,
  size: count,
  root: DigestSchema,
  key: text,
  files: count,
});

const WitnessAnswerSchema: z.ZodType<WitnessAnswer> = z.strictObject({
  size: count,
  root: DigestSchema,
  key: text,
  checkpoint: text,
});

/** By command. */
export const UPKEEP_ANSWERS = {
  doctor: DoctorAnswerSchema,
  gc: GcAnswerSchema,
  demo: DemoAnswerSchema,
  "log export": ExportAnswerSchema,
  "log witness": WitnessAnswerSchema,
} as const;
