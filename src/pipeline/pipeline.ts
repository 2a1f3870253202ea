/**
 * A pipeline: what its author wants, parsed, expanded and checked.
 *
 * @module
 */

/** The least that must hold a step: what the backends of that name hold. */
export type Isolation = "namespaces" | "kernel";

/**
 * What a step may touch, in Deno's own vocabulary. Paths are relative to the
 * workspace root, with `/`, without `.` or `..` segments; `.` is the root itself.
 * A trailing `/` survives in `write` only, where it means "starts as an empty folder".
 */
export interface Permissions {
  read: string[];
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
export type EnvValue = string | { from: string } | { secret: string };

/** Bounds on a step; `null` where none is set. */
export interface Limits {
  /** Wall time, milliseconds. */
  timeout: number | null;
  /** Bytes. */
  memory: number | null;
  /** Processes and threads at one time. */
  processes: number | null;
  /** Bytes of stdout and stderr together. */
  output: number | null;
}

/** What a step reads on standard input; `null` is a closed one. */
export type Stdin = { text: string } | { file: string } | null;

/** One step. Every field is present; defaults have been filled in, `${params.x}` replaced. */
export interface Step {
  id: string;
  description: string | null;
  kind: "run" | "deno";
  /** `run`: program and arguments. `deno`: subcommand and arguments. */
  argv: string[];
  needs: string[];
  permissions: Permissions;
  env: Record<string, EnvValue>;
  /** A folder, relative to the workspace root; `.` is the root. */
  cwd: string;
  stdin: Stdin;
  /** A product that takes the standard output; also listed in `permissions.write`. */
  stdout: string | null;
  /** Writable paths that are thrown away. */
  scratch: string[];
  limits: Limits;
  /** How often a failed step is tried again. */
  retries: number;
  isolation: Isolation;
}

/** A pipeline; its steps in the order of the file. */
export interface Pipeline {
  name: string;
  description: string | null;
  params: Record<string, string>;
  steps: Step[];
}
