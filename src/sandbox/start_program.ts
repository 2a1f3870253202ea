/**
 * Starts a program of this folder as a process of its own, with its permissions and nothing else.
 *
 * Edge: processes.
 *
 * @module
 */
import { fromFileUrl } from "@std/path/from-file-url";

/** What a program gets. */
export interface ProgramOptions {
  /** Its permission flags: all that it may do. */
  permissions: readonly string[];
  /** Its own arguments. */
  args?: readonly string[];
  /** The Deno that runs it; the runner's own where absent. */
  deno?: string;
}

/**
 * Starts `name`, a script beside this file, with all three streams piped and an environment that
 * holds nothing of the caller's: no cache either, which a user without a home has not got.
 */
export function startProgram(
  name: string,
  { permissions, args = [], deno = Deno.execPath() }: ProgramOptions,
): Deno.ChildProcess {
  const script = new URL(name, import.meta.url);
  return new Deno.Command(deno, {
    args: [
      "run",
      "-q",
      "--no-prompt",
      ...permissions,
      "--no-config",
      "--no-lock",
      "--no-remote",
      "--no-npm",
      "--cached-only",
      script.protocol === "file:" ? fromFileUrl(script) : script.href,
      ...args,
    ],
    clearEnv: true,
    env: {
      NO_COLOR: "1",
      DENO_NO_UPDATE_CHECK: "1",
      DENO_DIR: "/nonexistent",
    },
    cwd: "/",
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}
