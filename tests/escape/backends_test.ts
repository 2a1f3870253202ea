/**
 * The escape suite: a backend that this machine could have is not missing. Else all that it claims
 * would be ignored.
 *
 * @module
 */
import { assertNotEquals } from "@std/assert";
import { BACKENDS, withLauncher } from "../support/sandbox.ts";
import { tried } from "./needs.ts";

const LACKS = {
  bubblewrap: await tried(
    "a bwrap that can start a program",
    "bwrap --unshare-user --ro-bind / / true",
  ),
  landlock: await withLauncher(({ offer }) =>
    Promise.resolve(offer.landlock > 0 ? null : "a kernel with Landlock")
  ),
};

for (const { name, backend } of BACKENDS) {
  const lacks = LACKS[name];
  Deno.test({
    name: `${name} works${
      lacks === null ? "" : `: this machine lacks ${lacks}`
    }`,
    ignore: lacks !== null,
    fn: () => assertNotEquals(backend, null),
  });
}
