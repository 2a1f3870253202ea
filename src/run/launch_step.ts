/**
 * The launch of one attempt: what the sandbox needs beside it is started and ended, everything that
 * is told of the step becomes evidence, without its secrets.
 *
 * @module
 */
import { isWritError, WritError } from "../core/errors.ts";
import { largestFile } from "../evidence/largest_file.ts";
import { redactText, type Secrets } from "../evidence/redact.ts";
import { launchUnder } from "../sandbox/choose_backend.ts";
import type {
  Backend,
  Confinement,
  HostFacts,
  StepLimits,
} from "../sandbox/confinement.ts";
import { capturedOf } from "../sandbox/captured.ts";
import { type DeniedTarget, deniedTargets } from "../sandbox/denied_targets.ts";
import { startProxy } from "../sandbox/host_proxy.ts";
import type { Exited } from "../sandbox/launcher.ts";
import { PermissionAudit, requestLine } from "../sandbox/permission_audit.ts";
import { VIEW } from "../sandbox/view_paths.ts";
import type { AttemptInput } from "./attempt.ts";
import { Capture, type Captured } from "./capture.ts";
import type { Holding } from "./hold.ts";
import { hostFacts } from "./host_facts.ts";
import { stdinOf } from "./stdin_of.ts";
import type { World } from "./world.ts";

/** What is launched, in a stage that is built. */
export interface LaunchInput extends AttemptInput {
  confinement: Confinement;
  secrets: Secrets;
  binds: HostFacts["binds"];
  caches: HostFacts["caches"];
  backend: Backend;
}

/** How it ended. */
export interface Launched {
  exited: Exited;
  /** All limits that were met. */
  limits: string[];
  captured: Captured;
  /** The end of what was printed. */
  tail: string;
  /** The last that it asked its proxy for in vain. */
  denied: DeniedTarget[];
  /** Where the step saw the workspace root, absolute. */
  root: string;
}

/**
 * Records the start, launches, and waits until nothing of the step is running any more.
 *
 * @throws {WritError} when it could not be launched as asked; the step did not run then
 */
export async function launchStep(
  input: LaunchInput,
  holding: Holding,
  world: World,
): Promise<Launched> {
  const { step, materials, confinement, secrets, backend } = input;
  const { limits } = confinement;
  using capture = new Capture({
    blobs: world.blobs,
    show: input.show,
    names: capturedOf(confinement),
    secrets,
    preset: holding.preset,
    product: step.stdout !== null,
    seal: step.evidence === "sealed" ? holding.seal : null,
  });
  await using proxy = confinement.network === "hosts"
    ? await startProxy(
      confinement.hosts,
      (chunk) => capture.take("network", chunk),
    )
    : null;
  const host = await hostFacts(
    { ...input, relay: proxy?.relay ?? null },
    confinement,
    secrets,
    holding,
  );
  const launch = launchUnder(backend, confinement, host);
  const { program, argv } = launch;
  const stdin = await stdinOf(step, materials, world);
  // The sandbox is built while that is written; nothing of the step runs before it is.
  const started = input.started({ backend, host, program, argv });
  const root = backend.isolation === "namespaces" ? VIEW.work : host.stage;
  const audit = new PermissionAudit(root, step.cwd);
  const exited = await holding.launcher.spawn(launch, {
    stdin,
    stdout: (chunk) => capture.take("stdout", chunk),
    stderr: (chunk) => capture.take("stderr", chunk),
    audit: (chunk) => audit.take(chunk),
    limits,
    secrets,
    signal: input.signal,
    gate: started,
  }).catch(async (error) => {
    await started;
    throwWithout(secrets, error);
  });
  await proxy?.close();
  for (const request of step.kind === "deno" ? audit.requests : []) {
    capture.take("permissions", requestLine(request));
  }
  const captured = await capture.close({
    ...exited.truncated,
    permissions: audit.truncated,
  });
  return {
    exited,
    limits: limitsMet(exited.limits, limits, host.stage),
    captured,
    tail: capture.tail,
    denied: deniedTargets(capture.connections),
    root,
  };
}

/** What a tool said of its own failure may hold what it was given. */
function throwWithout(secrets: Secrets, error: unknown): never {
  if (!isWritError(error)) throw error;
  throw new WritError(error.code, redactText(error.message, secrets), {
    hint: error.hint,
  });
}

/** A writer may have died of its file's size without the step's own program telling. */
function limitsMet(
  limits: string[],
  { fileSize }: StepLimits,
  stage: string,
): string[] {
  const name = "limit.fileSize";
  if (fileSize === null || limits.includes(name)) return limits;
  return largestFile(stage) > fileSize ? [...limits, name] : limits;
}
