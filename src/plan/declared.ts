/**
 * Which paths a step reads: what it declares, and what its kind implies.
 *
 * @module
 */
import { joinPath, normalizePath, withoutSlash } from "../core/paths.ts";
import { scriptIndex } from "../pipeline/deno_arguments.ts";
import type { Step } from "../pipeline/pipeline.ts";

/** One path that a step reads. */
export interface Declared {
  path: string;
  /** Which field of the step says so. */
  field: "read" | "stdin" | "import" | "ffi" | "script" | "implied";
  /** Whether the step cannot be planned without it. */
  required: boolean;
}

/** Files of the workspace root that Deno looks for by itself. */
const DENO_FILES: readonly string[] = [
  "deno.json",
  "deno.jsonc",
  "deno.lock",
  "package.json",
  ".npmrc",
];

/** The paths that a step reads, each once, the outer before the inner. A local module graph is not guessed. */
export function declaredReads(
  step: Step,
  implied: readonly string[] = [],
): Declared[] {
  const { read, import: modules, ffi } = step.permissions;
  const all: Declared[] = [
    ...read.map((path) => declared(path, "read")),
    ...modules.map((path) => declared(path, "import")),
    ...(Array.isArray(ffi) ? ffi.map((path) => declared(path, "ffi")) : []),
  ];
  if (step.stdin !== null && "file" in step.stdin) {
    all.push(declared(step.stdin.file, "stdin"));
  }
  if (step.kind === "deno") {
    const script = scriptOf(step);
    if (script !== null) all.push(declared(script, "script"));
    for (const path of [...DENO_FILES, ...implied]) {
      all.push({ path, field: "implied", required: false });
    }
  }
  const once = new Map<string, Declared>();
  for (const each of all) {
    if (!once.get(each.path)?.required) once.set(each.path, each);
  }
  return [...once.values()].sort(outerFirst);
}

/** The script of `deno run SCRIPT`, as a path of the workspace; `null` where there is none. */
export function scriptOf(step: Step): string | null {
  if (step.kind !== "deno" || step.argv[0] !== "run") return null;
  const word = step.argv[scriptIndex(step.argv)];
  return word === undefined || /^[a-z][a-z+.-]+:/i.test(word)
    ? null
    : fromFolder(step.cwd, word);
}

/** A relative path as seen from a folder of the workspace; `null` when it leads out or is none. */
export function fromFolder(cwd: string, word: string): string | null {
  if (word === "" || word.startsWith("/")) return null;
  const normal = normalizePath(joinPath(cwd, word));
  return "path" in normal ? withoutSlash(normal.path) : null;
}

function outerFirst(a: Declared, b: Declared): number {
  if (a.path === ".") return -1;
  if (b.path === ".") return 1;
  return a.path < b.path ? -1 : 1;
}

function declared(path: string, field: Declared["field"]): Declared {
  return { path: withoutSlash(path), field, required: true };
}
