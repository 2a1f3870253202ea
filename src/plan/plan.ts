/**
 * A plan: what will run, exactly, and nothing else. No policy, no trust, no clock, no
 * path of the machine: the same tree and toolchain give the same bytes anywhere.
 *
 * @module
 */
import * as z from "zod";
import { type Digest, digestOf, DigestSchema } from "../core/digest.ts";
import { type CacheKind, CACHES } from "../pipeline/pipeline.ts";

const text = z.string();
const count = z.int().min(0);

/** The programs and system that a plan was made with. */
export interface Toolchain {
  /** Writ's own version. */
  writ: string;
  /** `Deno.version.deno`, without a `v`. */
  deno: string;
  /** `Deno.version.v8`. */
  v8: string;
  /** `Deno.version.typescript`. */
  typescript: string;
  /** `Deno.build.os`: `linux`. */
  os: string;
  /** `Deno.build.arch`: `x86_64`, `aarch64`. */
  arch: string;
  /** The system view: its version, the distribution, and the digest of its package database (`null` where there is none). */
  system: { view: string; release: string; packages: Digest | null };
}

/** A program or the folder that it needs. */
export interface Tool {
  /** `tar`, `./build.sh`, `npm:zod@4.6.7`: never a path of this machine. */
  name: string;
  /** SHA-256 of the file, or root of the folder's tree; of what a step is still to write, of its path and that step's id. */
  digest: Digest;
  /**
   * What the digest covers: `content` the tool's own bytes, `prefix` a whole tool folder, `system` a
   * program of the system view (its own bytes; the rest is in the toolchain's package digest),
   * `workspace` a declared read.
   */
  tier: "content" | "prefix" | "system" | "workspace";
}

/** What a step reads: a tree of the workspace, or what an earlier step will have written. */
export type Material =
  | { path: string; tree: Digest; files: number; bytes: number }
  | { path: string; from: string };

/** What a step writes. */
export interface Product {
  /** Relative to the workspace root, without a trailing `/`. */
  path: string;
  /** What the step finds there: nothing, an empty folder, or a copy that it updates. */
  starts: "absent" | "folder" | "update";
}

/**
 * A cache of packages that a step is given: what an earlier step will have fetched, or a tree that
 * an earlier run fetched.
 */
export type PlanCache =
  | { cache: CacheKind; from: string }
  | { cache: CacheKind; tree: Digest };

/** One step of a plan. */
export interface PlanStep {
  /** The step's name in the pipeline, unique in the plan. */
  id: string;
  /** `run`: a native program. `deno`: a subcommand of Deno. */
  kind: "run" | "deno";
  /** Ids of the steps that must have succeeded before, sorted. */
  needs: string[];
  /** `run`: program and arguments. `deno`: subcommand and arguments, without the flags that permissions become. */
  argv: string[];
  /** The program that is started; of a `deno` step, Deno itself. */
  executable: Tool;
  /** Further programs and tool folders, sorted by name. */
  tools: Tool[];
  /** A folder, relative to the workspace root; `.` is the root. */
  cwd: string;
  /** Text, or a file among the materials; `null`: it is at its end at once. */
  stdin: { text: string } | { file: string } | null;
  /** The product that takes the standard output; `null`: it is kept as evidence only. */
  stdout: string | null;
  /** Literal values, those bound from the caller's environment, and secrets by name. */
  env: Record<string, string | { secret: string; as?: "file" }>;
  /** The names in `env` that were bound from the caller's environment, sorted. */
  bound: string[];
  /** Sorted by path. */
  materials: Material[];
  /** Sorted by path. */
  products: Product[];
  /** Writable paths that are thrown away, sorted. */
  scratch: string[];
  /** As declared, lists sorted; `true` is everything, `false` nothing. */
  permissions: {
    read: string[];
    write: string[];
    deny: string[];
    net: boolean | string[];
    run: string[];
    sys: boolean | string[];
    ffi: boolean | string[];
    import: string[];
  };
  /** `timeout` and `cpu` in milliseconds, `memory`, `fileSize` and `output` in bytes; `null` where the pipeline sets none. */
  limits: {
    timeout: number | null;
    cpu: number | null;
    memory: number | null;
    processes: number | null;
    openFiles: number | null;
    fileSize: number | null;
    output: number | null;
  };
  /** How often a failed step is tried again. */
  retries: number;
  /** The least that must hold it; a backend that holds less is not taken. */
  isolation: "namespaces" | "kernel";
  /** How what it prints is kept: as it is, or encrypted for trust's recipients. */
  evidence: "public" | "sealed";
  /** The cache that it fills over the network, which is all that leaves it; `null` for all other steps. */
  fetch: CacheKind | null;
  /** The caches that it is given, read-only, sorted by their names. */
  fetched: PlanCache[];
  /** SHA-256 of the canonical bytes of `{toolchain, step}`, the step without this field. */
  digest: Digest;
}

/** What will run, exactly. */
export interface Plan {
  /** Format version; any other is refused. */
  v: 1;
  /** The pipeline's. */
  name: string;
  /** Values of `${params.x}` by name, already replaced in the steps. They are public. */
  params: Record<string, string>;
  /** Invariants of a run that must pass without a warning, sorted. */
  require: string[];
  /** Part of every step's digest: another Deno or system gives another plan. */
  toolchain: Toolchain;
  /** In the order in which they run one by one: what a step needs before it, else as in the file. */
  steps: PlanStep[];
}

/** Schema of a {@linkcode Tool}. */
export const ToolSchema: z.ZodType<Tool> = z.strictObject({
  name: text,
  digest: DigestSchema,
  tier: z.enum(["content", "prefix", "system", "workspace"]),
});

const names = z.array(text);
const namesOrAll = z.union([z.boolean(), names]);
const bound = count.nullable();

/** Schema of a {@linkcode PlanStep}. */
export const PlanStepSchema: z.ZodType<PlanStep> = z.strictObject({
  id: text,
  kind: z.enum(["run", "deno"]),
  needs: names,
  argv: names.min(1),
  executable: ToolSchema,
  tools: z.array(ToolSchema),
  cwd: text,
  stdin: z.union([
    z.strictObject({ text }),
    z.strictObject({ file: text }),
  ]).nullable(),
  stdout: text.nullable(),
  env: z.record(
    text,
    z.union([
      text,
      z.strictObject({ secret: text, as: z.literal("file").optional() }),
    ]),
  ),
  bound: names,
  materials: z.array(z.union([
    z.strictObject({
      path: text,
      tree: DigestSchema,
      files: count,
      bytes: count,
    }),
    z.strictObject({ path: text, from: text }),
  ])),
  products: z.array(
    z.strictObject({
      path: text,
      starts: z.enum(["absent", "folder", "update"]),
    }),
  ),
  scratch: names,
  permissions: z.strictObject({
    read: names,
    write: names,
    deny: names,
    net: namesOrAll,
    run: names,
    sys: namesOrAll,
    ffi: namesOrAll,
    import: names,
  }),
  limits: z.strictObject({
    timeout: bound,
    cpu: bound,
    memory: bound,
    processes: bound,
    openFiles: bound,
    fileSize: bound,
    output: bound,
  }),
  retries: count,
  isolation: z.enum(["namespaces", "kernel"]),
  evidence: z.enum(["public", "sealed"]),
  fetch: z.enum(CACHES).nullable(),
  fetched: z.array(z.union([
    z.strictObject({ cache: z.enum(CACHES), from: text }),
    z.strictObject({ cache: z.enum(CACHES), tree: DigestSchema }),
  ])),
  digest: DigestSchema,
});

/** Schema of a {@linkcode Plan}. */
export const PlanSchema: z.ZodType<Plan> = z.strictObject({
  v: z.literal(1),
  name: text,
  params: z.record(text, text),
  require: names,
  toolchain: z.strictObject({
    writ: text,
    deno: text,
    v8: text,
    typescript: text,
    os: text,
    arch: text,
    system: z.strictObject({
      view: text,
      release: text,
      packages: DigestSchema.nullable(),
    }),
  }),
  steps: z.array(PlanStepSchema),
});

/** The digest of a step: of everything in it but `digest`, and the toolchain. */
export function stepDigest(
  step: Omit<PlanStep, "digest"> & { digest?: Digest },
  toolchain: Toolchain,
): Digest {
  const { digest: _, ...rest } = step;
  return digestOf({ toolchain, step: rest });
}

/** The digest of a plan: SHA-256 of its canonical bytes. */
export function planDigest(plan: Plan): Digest {
  return digestOf(plan);
}
