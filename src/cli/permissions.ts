/**
 * The first act of every command: to drop what its row of the table does not grant.
 *
 * Deno can take a kind of permission back as a whole, for good, but cannot narrow a broad
 * grant to some paths or names. So kinds are dropped whole; the named variables of the
 * environment are read beforehand, and the environment then closed. Where a row may write in
 * some folders only, a process that was started with leave to write anywhere keeps that: the
 * tasks and the installed program are started with the row's own flags, `deno task writ` is
 * not, and its help says so. Imports stay: commands are modules that are loaded after this,
 * and no specifier in Writ is made at run time.
 *
 * Edge: revokes Deno's permissions and reads the environment.
 * @module
 */
import type { Profile } from "./profile.ts";

/** Reads variables of the environment by name; `undefined` where not set or not granted. */
export type Env = (name: string) => string | undefined;

/** Drops all that `profile` does not grant, and returns what is left of the environment. */
export function dropTo(profile: Profile): Env {
  const named = profile.env === "any"
    ? null
    : new Map(profile.env.map((name) => [name, readEnv(name)]));
  const dropped: Deno.PermissionName[] = ["net", "ffi"];
  if (named !== null) dropped.push("env");
  if (profile.write === "none") dropped.push("write");
  if (!profile.run) dropped.push("run");
  if (profile.sys.length === 0) dropped.push("sys");
  for (const name of dropped) {
    Deno.permissions.revokeSync({ name } as Deno.PermissionDescriptor);
  }
  return named === null ? readEnv : (name) => named.get(name);
}

/** Whether nothing narrows where this process may write. */
export function mayWriteAnywhere(): boolean {
  return Deno.permissions.querySync({ name: "write" }).state === "granted";
}

/** A variable; `undefined` where it is not set or may not be read. */
export function readEnv(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}
