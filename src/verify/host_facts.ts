/**
 * The host facts of a `step.started`, read strictly: what is recorded must be what a backend
 * is given, and must not open the sandbox.
 *
 * @module
 */
import * as z from "zod";
import { CACHES } from "../pipeline/pipeline.ts";
import type { HostFacts } from "../sandbox/confinement.ts";

const text = z.string();
const absolute = text.refine(
  isPlainAbsolute,
  "expected an absolute path below the root, without . and ..",
);
const relative = text.refine(
  (path) => path !== "" && isPlainAbsolute(`/${path}`),
  "expected a path of the workspace",
);

/** What of the system lies beside `/usr`, and may be shown. */
const TOP = /^\/(bin|sbin|lib(32|64|x32)?)$/;

/** Schema of {@linkcode HostFacts} as a truthful runner records them. */
export const HostFactsSchema: z.ZodType<HostFacts> = z.strictObject({
  stage: absolute,
  binds: z.array(z.strictObject({ path: relative, source: absolute })),
  home: absolute,
  tmp: absolute,
  etc: absolute,
  secrets: absolute.nullable(),
  program: absolute,
  roots: z.array(absolute),
  path: z.array(absolute),
  denoDir: absolute.nullable(),
  caches: z.array(z.strictObject({ cache: z.enum(CACHES), folder: absolute })),
  deno: z.strictObject({
    config: relative.nullable(),
    lock: relative.nullable(),
  }).nullable(),
  relay: z.strictObject({ deno: absolute, folder: absolute }).nullable(),
  uid: z.int().min(0),
  gid: z.int().min(0),
  system: z.strictObject({
    arch: z.enum(["x86_64", "aarch64"]),
    top: z.array(z.strictObject({
      path: text.regex(TOP),
      link: text.regex(/^\/?usr\/[a-z0-9]+$/).nullable(),
    })),
    etc: z.array(absolute.startsWith("/etc/")),
    certificates: absolute.nullable(),
  }),
});

function isPlainAbsolute(path: string): boolean {
  return path.startsWith("/") && path.length > 1 &&
    !path.slice(1).split("/").some((segment) =>
      segment === "" || segment === "." || segment === ".."
    );
}
