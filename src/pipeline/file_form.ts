/**
 * The form in which an author writes a pipeline.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import type {
  CacheKind,
  EnvValue,
  EvidenceClass,
  Isolation,
  Requirement,
} from "./pipeline.ts";

/** Permissions as an author writes them. */
export interface PermissionsFile {
  read?: string[];
  write?: string[];
  deny?: string[];
  net?: boolean | string[];
  run?: string[];
  sys?: boolean | string[];
  ffi?: boolean | string[];
  import?: string[];
}

/** Limits as an author writes them. */
export interface LimitsFile {
  timeout?: string;
  cpu?: string;
  memory?: string;
  processes?: number;
  openFiles?: number;
  fileSize?: string;
  output?: string;
}

/** A step as an author writes it: exactly one of `run` and `deno`. */
export interface StepFile {
  description?: string;
  run?: string[];
  deno?: string[];
  needs?: string[];
  permissions?: PermissionsFile;
  env?: Record<string, EnvValue>;
  cwd?: string;
  stdin?: { text: string } | { file: string };
  stdout?: string;
  scratch?: string[];
  limits?: LimitsFile;
  retries?: number;
  isolation?: Isolation;
  evidence?: EvidenceClass;
  fetch?: CacheKind;
  fetched?: (CacheKind | { cache: CacheKind; tree: Digest })[];
}

/** A pipeline as an author writes it. */
export interface PipelineFile {
  $schema?: string;
  name: string;
  description?: string;
  params?: Record<string, string>;
  isolation?: Isolation;
  require?: Requirement[];
  steps: Record<string, StepFile>;
}
