/**
 * A plan: what will run, exactly, and nothing else. No policy, no trust, no clock, no
 * path of the machine: the same tree and toolchain give the same bytes anywhere.
 *
 * @module
 */
import * as z from "zod";
import { type Digest, digestOf, DigestSchema } from "../core/digest.ts";

const text = z.string();
const count = z.int().min(0);

/** The programs and system that a plan was made with. */
export interface Toolchain {
  writ: string;
  deno: string;
  v8: string;
  typescript: string;
  os: string;
  arch: string;
  /** The system view: its version, the distribution, and the digest of its package database (`null` where there is none). */
  system: { view: string; release: string; packages: Digest | null };
}

/**
 * A program or the folder that it needs. `tier` says what the digest covers: `content` the
 * program's bytes, `prefix` a whole tool folder, `system` a program of the system view (its
 * own bytes; the rest is in the toolchain's package digest), `workspace` a declared read.
 */
export interface Tool {
  name: string;
  digest: Digest;
  tier: "content" | "prefix" | "system" | "workspace";
}

/** What a step reads: a tree of the workspace, or what an earlier step will have written. */
export type Material =
  | { path: string; tree: Digest; files: number; bytes: number }
  | { path: string; from: string };

/** What a step writes, and how the path starts: `absent`, an empty `folder`, or as a copy to `update`. */
export interface Product {
  path: string;
  starts: "absent" | "folder" | "update";
}

/** One step of a plan. `digest` covers everything else in it and the toolchain. */
export interface PlanStep {
  id: string;
  kind: "run" | "deno";
  needs: string[];
  argv: string[];
  executable: Tool;
  /** Further programs and tool folders, sorted by name. */
  tools: Tool[];
  cwd: string;
  stdin: { text: string } | { file: string } | null;
  stdout: string | null;
  /** Literal values, those bound from the caller's environment, and secrets by name. */
  env: Record<string, string | { secret: string }>;
  /** The names in `env` that were bound from the caller's environment, sorted. */
  bound: string[];
  /** Sorted by path. */
  materials: Material[];
  /** Sorted by path. */
  products: Product[];
  scratch: string[];
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
  limits: {
    timeout: number | null;
    memory: number | null;
    processes: number | null;
    output: number | null;
  };
  retries: number;
  isolation: "namespaces" | "kernel";
  digest: Digest;
}

/** A plan; its steps in execution order (dependencies first, else the order of the file). */
export interface Plan {
  v: 1;
  name: string;
  params: Record<string, string>;
  toolchain: Toolchain;
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
  env: z.record(text, z.union([text, z.strictObject({ secret: text })])),
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
    memory: bound,
    processes: bound,
    output: bound,
  }),
  retries: count,
  isolation: z.enum(["namespaces", "kernel"]),
  digest: DigestSchema,
});

/** Schema of a {@linkcode Plan}. */
export const PlanSchema: z.ZodType<Plan> = z.strictObject({
  v: z.literal(1),
  name: text,
  params: z.record(text, text),
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
