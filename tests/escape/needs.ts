/**
 * What acts need of the machine: `null` where it is there, else the reason to ignore them.
 *
 * @module
 */
import { fromFileUrl } from "@std/path/from-file-url";
import { BACKENDS } from "../support/sandbox.ts";
import { NUMBERS } from "./numbers.ts";
import { cgroupVersion } from "../../src/sandbox/held_limits.ts";
import { works } from "../support/works.ts";

/** Controls have a mount namespace of their own, so that nothing that they mount is left. */
export const OWN_MOUNTS: readonly string[] =
  await works("unshare", "--mount", "--propagation", "private", "true")
    ? ["unshare", "--mount", "--propagation", "private"]
    : [];

const OWN_USERS = ["unshare", "--user", "--map-root-user", "--mount"];

/** Starts a process as root: of the machine or, for whoever is not, of a user namespace of its own. */
export const AS_ROOT: readonly string[] = OWN_MOUNTS.length > 0
  ? OWN_MOUNTS
  : await works(OWN_USERS[0], ...OWN_USERS.slice(1), "true")
  ? OWN_USERS
  : [];

/** What a machine lacks where nobody can be that. */
export const SOME_ROOT: string | null = AS_ROOT.length > 0
  ? null
  : "root, or user namespaces";

/** Starts a process as a step has it: with the same user and, where that is root, without capabilities. */
export const PLAIN: readonly string[] =
  Deno.uid() === 0 && await works("setpriv", "--bounding-set", "-all", "true")
    ? ["setpriv", "--bounding-set", "-all"]
    : [];

/** All that a machine's administrator may do; without a mount namespace nobody tries it. */
export const ROOT: string | null = Deno.uid() === 0 && OWN_MOUNTS.length > 0
  ? null
  : "root with all its capabilities";

/** A file, folder or device. */
export function there(path: string): string | null {
  try {
    Deno.lstatSync(path);
    return null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return path;
    if (error instanceof Deno.errors.PermissionDenied) return path;
    throw error;
  }
}

/** A file that can be opened for reading; a file that can be for writing. Nothing is written. */
export function opens(path: string, mode: "read" | "write"): string | null {
  try {
    const file = Deno.openSync(path, {
      read: mode === "read",
      append: mode === "write",
    });
    file.close();
    return null;
  } catch (error) {
    if (error instanceof Error) {
      return `${path} to be ${mode === "read" ? "read" : "written"}`;
    }
    throw error;
  }
}

/** A program on the path. */
export async function program(name: string): Promise<string | null> {
  return await works("sh", "-c", `command -v ${name}`) ? null : name;
}

/** A backend that holds a limit by a cgroup. */
export function cgroup(limit: "memory" | "processes"): string | null {
  return BACKENDS.some(({ backend }) =>
      backend !== null && cgroupVersion(backend, limit) !== null
    )
    ? null
    : `a cgroup for ${limit}`;
}

/** That some try works here at all, told by an act's own control. */
export async function tried(
  what: string,
  script: string,
): Promise<string | null> {
  return await works(
      OWN_MOUNTS[0] ?? "env",
      ...OWN_MOUNTS.slice(1),
      "sh",
      "-c",
      script,
    )
    ? null
    : what;
}

/** That a call is not denied already by what this machine runs tests in, as some containers do. */
export function callable(name: string, words: string): Promise<string | null> {
  const call = `syscall(${NUMBERS[name] ?? -1}, ${words})`;
  return tried(
    `the call ${name}`,
    `perl -e 'my $r = "\\0" x 256; exit(${call} < 0 && ($!{EPERM} || $!{ENOSYS}))'`,
  );
}

/** Where the suite's files are. */
export function beside(name: string): string {
  return fromFileUrl(new URL(name, import.meta.url));
}
