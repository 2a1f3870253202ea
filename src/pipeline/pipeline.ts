/**
 * A pipeline: what its author wants, parsed, expanded and checked.
 *
 * @module
 */

import type { Digest } from "../core/digest.ts";

/** What a pipeline may ask for beyond what every run must be: these invariants without a warning. */
export const REQUIREMENTS: readonly Requirement[] = [
  "evidence.strength",
  "steps.confinement",
  "steps.materials",
  "times.monotone",
];

/** An invariant that a pipeline may ask to pass without a warning. */
export type Requirement =
  | "evidence.strength"
  | "steps.confinement"
  | "steps.materials"
  | "times.monotone";

/**
 * How what a step prints is kept: `public` as it is, `sealed` encrypted for the recipients whom
 * trust names, and for a shorter time.
 */
export type EvidenceClass = "public" | "sealed";

/** The caches of packages that a step can fill and others use, each laid out as its tool has it. */
export const CACHES: readonly CacheKind[] = ["cargo", "deno", "npm", "pip"];

/** A cache of packages, by the tool whose it is. */
export type CacheKind = "cargo" | "deno" | "npm" | "pip";

/** A cache that a step is given: as a step that it needs fills it, or by the root of its tree. */
export interface FetchedCache {
  /** Which cache it is. */
  cache: CacheKind;
  /** What an earlier run fetched; `null`: what this run fetches. */
  tree: Digest | null;
}

/** The least that must hold a step: what the backends of that name hold. */
export type Isolation = "namespaces" | "kernel";

/**
 * What a step may touch, in Deno's own vocabulary. Paths are relative to the
 * workspace root, with `/`, without `.` or `..` segments; `.` is the root itself.
 * A trailing `/` survives in `write` only, where it means "starts as an empty folder".
 */
export interface Permissions {
  /** Files and folders that the step sees, hashed as its materials. */
  read: string[];
  /** What the step makes, published when it succeeds; a path that `read` has too is updated in place. */
  write: string[];
  /** Paths that are left out of what `read` shows. */
  deny: string[];
  /** `true`: everything. `false`: nothing. A list: exactly these `host` or `host:port`; `localhost` is a private loopback. */
  net: boolean | string[];
  /** `deno` steps: the programs it may start. `run` steps: further programs that must be there. */
  run: string[];
  /** `deno` steps only: the kinds of system information. */
  sys: boolean | string[];
  /** `deno` steps only: libraries that may be loaded, as paths of the workspace. */
  ffi: boolean | string[];
  /** `deno` steps only: modules that are loaded but not readable as data. */
  import: string[];
}

/** A value of the environment: text, bound from the caller's, or a secret by name. */
export type EnvValue = string | { from: string } | SecretValue;

/** A secret by name; as a file, the variable holds the file's path. */
export interface SecretValue {
  /** Its name; the runner's environment has the value. */
  secret: string;
  /** Given as a file; without it, as the variable's value. */
  as?: "file";
}

/** Bounds on a step; `null` where none is set. */
export interface Limits {
  /** Wall time, milliseconds. */
  timeout: number | null;
  /** Processor time of all processes together, milliseconds. */
  cpu: number | null;
  /** Bytes. */
  memory: number | null;
  /** Processes and threads at one time. */
  processes: number | null;
  /** Descriptors that a process may have open at one time. */
  openFiles: number | null;
  /** Bytes of any one file. */
  fileSize: number | null;
  /** Bytes of stdout and stderr together. */
  output: number | null;
}

/** What a step reads on standard input; `null` is a closed one. */
export type Stdin = { text: string } | { file: string } | null;

/** One step. Every field is present; defaults have been filled in, `${params.x}` replaced. */
export interface Step {
  /** Its key in the file: at most 64 letters, digits, `.`, `_` and `-`. */
  id: string;
  /** The author's words, which no plan holds; `null` where there are none. */
  description: string | null;
  /** `run`: a native program. `deno`: a subcommand of Deno. */
  kind: "run" | "deno";
  /** `run`: program and arguments. `deno`: subcommand and arguments. */
  argv: string[];
  /** Ids of the steps that must have succeeded before. */
  needs: string[];
  /** What it may touch; what is not declared does not exist for it. */
  permissions: Permissions;
  /** By name. Beside these it has a few fixed ones (`PATH`, `HOME`, …), and none of the caller's. */
  env: Record<string, EnvValue>;
  /** A folder, relative to the workspace root; `.` is the root. */
  cwd: string;
  /** Text, or a file that `read` covers; `null`: it is at its end at once. */
  stdin: Stdin;
  /** A product that takes the standard output; also listed in `permissions.write`. */
  stdout: string | null;
  /** Writable paths that are thrown away. */
  scratch: string[];
  /** What the author sets; the runner bounds time and output where that is `null`. */
  limits: Limits;
  /** How often a failed step is tried again. */
  retries: number;
  /** The least that must hold it: its own where it names one, else the pipeline's. */
  isolation: Isolation;
  /** How what it prints is kept. */
  evidence: EvidenceClass;
  /** The cache that it fills over the network, which is all that leaves it; `null` for all other steps. */
  fetch: CacheKind | null;
  /** The caches that it is given, read-only; of each kind one. */
  fetched: FetchedCache[];
}

/** A pipeline; its steps in the order of the file. */
export interface Pipeline {
  /** At most 64 letters, digits, `.`, `_` and `-`. */
  name: string;
  /** The author's words, which no plan holds; `null` where there are none. */
  description: string | null;
  /** Values of `${params.x}`, the caller's in the place of the file's. They are public. */
  params: Record<string, string>;
  /** Invariants of a run that must pass without a warning, or it does not count as succeeded. */
  require: Requirement[];
  /** At least one, in the order of the file. */
  steps: Step[];
}
