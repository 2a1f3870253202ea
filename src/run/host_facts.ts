/**
 * Where things lie on this machine for one attempt of one step.
 *
 * Edge: files of the view; asks the system for the user's id.
 *
 * @module
 */
import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import type { Located } from "../plan/executables.ts";
import type { Secrets } from "../evidence/redact.ts";
import type { PlanStep } from "../plan/plan.ts";
import type {
  Backend,
  Confinement,
  HostFacts,
} from "../sandbox/confinement.ts";
import { findDenoFiles } from "../sandbox/deno_dir.ts";
import { VIEW } from "../sandbox/view_paths.ts";
import type { Holding } from "./hold.ts";

/** Without mounts, secrets that are given as files lie in the attempt's folder until it is removed. */
async function secretFiles(
  folder: string,
  confinement: Confinement,
  secrets: Secrets,
): Promise<string | null> {
  const files = confinement.secrets.filter(({ as }) => as === "file");
  if (files.length === 0) return null;
  await Deno.mkdir(folder, { mode: 0o700 });
  for (const { secret } of files) {
    await Deno.writeTextFile(join(folder, secret), secrets.get(secret)!, {
      mode: 0o400,
    });
  }
  return folder;
}

/** What is known of the attempt's place. */
export interface Place extends Pick<HostFacts, "binds" | "caches" | "relay"> {
  step: PlanStep;
  located: Located;
  /** The folder of the attempt. */
  folder: string;
  backend: Backend;
}

/** The facts for one attempt; what the step's sandbox needs of files is made. */
export async function hostFacts(
  { step, located, folder, binds, caches, backend, relay }: Place,
  confinement: Confinement,
  secrets: Secrets,
  holding: Holding,
): Promise<HostFacts> {
  const stage = join(folder, "work");
  const namespaces = backend.isolation === "namespaces";
  const isDeno = step.kind === "deno";
  return {
    stage,
    binds,
    home: join(folder, "home"),
    tmp: join(folder, "tmp"),
    etc: await holding.etc({ network: confinement.network === "host" }),
    program: typeof located.program === "string"
      ? located.program
      : join(namespaces ? VIEW.work : stage, located.program.workspace),
    roots: located.roots,
    path: located.path,
    denoDir: located.deno === null ? null : await holding.denoDirs.of(
      dirname(folder),
      located.deno,
      step.tools,
      namespaces,
    ),
    caches,
    deno: isDeno ? await findDenoFiles(stage) : null,
    secrets: namespaces
      ? null
      : await secretFiles(join(folder, "secrets"), confinement, secrets),
    relay,
    uid: Deno.uid()!,
    gid: Deno.gid()!,
    system: holding.system,
  };
}
