/**
 * Runs the command line in a user namespace of its own.
 *
 * @module
 */
import {
  type Ended,
  type RunOptions,
  runProgram,
  writArguments,
} from "./run_writ.ts";

/** What a test's name says where no user namespace can be made; empty where one can. */
export const LACKS_USER_NAMESPACE: string = await canUnshare()
  ? ""
  : ": this machine cannot unshare a user namespace";

/** Runs `writ` under `unshare --user` with these flags, after the words of `before`. */
export function writIn(
  flags: readonly string[],
  before: readonly string[],
  words: readonly string[],
  options: RunOptions,
): Promise<Ended> {
  const args = [
    "--user",
    ...flags,
    ...before,
    Deno.execPath(),
    ...writArguments(words, options),
  ];
  return runProgram("unshare", args, options);
}

async function canUnshare(): Promise<boolean> {
  const { success } = await new Deno.Command("unshare", {
    args: ["--user", "--map-root-user", "true"],
    stderr: "null",
  }).output().catch(() => ({ success: false }));
  return success;
}
