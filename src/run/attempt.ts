/**
 * One attempt of one step: build its view, record the start, launch, judge what came of it.
 *
 * Edge: files of the view.
 *
 * @module
 */
import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import { withoutSlash } from "../core/paths.ts";
import type { TreeEntry } from "../core/tree.ts";
import { collectProducts } from "../evidence/collect.ts";
import { findSecrets } from "../evidence/find_secrets.ts";
import { redactText } from "../evidence/redact.ts";
import { buildStage } from "../evidence/stage.ts";
import { STEP_FOLDERS } from "../evidence/used_stages.ts";
import type { EvidenceRef, StepStatus, TreeRef } from "../ledger/receipt.ts";
import type { Usage } from "../ledger/usage.ts";
import type { Located } from "../plan/executables.ts";
import type { PlanStep } from "../plan/plan.ts";
import type { ViewHint } from "../plan/view_hint.ts";
import { confine } from "../sandbox/confine.ts";
import type { Backend, HostFacts } from "../sandbox/confinement.ts";
import { notEnforced } from "../sandbox/not_enforced.ts";
import type { Captured } from "./capture.ts";
import {
  explainExit,
  explainLeftovers,
  explainSecrets,
  type Explanation,
} from "./explain_failure.ts";
import { launchStep } from "./launch_step.ts";
import { secretsOf } from "./secrets.ts";
import type { Holding } from "./hold.ts";
import {
  fetchRoot,
  layCaches,
  type ListedCache,
  takeCache,
} from "./step_caches.ts";
import type { World } from "./world.ts";

/** A tree with its listing. */
export interface Listed extends TreeRef {
  entries: TreeEntry[];
}

/** What an attempt is made of. */
export interface AttemptInput {
  step: PlanStep;
  /** What the step reads, in the order of its materials. */
  materials: Listed[];
  located: Located;
  /** The caches that it is given. */
  fetched: ListedCache[];
  /** What the plan says that it will not see. */
  hidden: ViewHint | null;
  /** A new folder for the view; removed by the caller. */
  folder: string;
  signal: AbortSignal;
  /** Shows output as it comes. */
  show(stream: "stdout" | "stderr", chunk: Uint8Array): void;
  /** Records the start, durably, before the launch. */
  started(start: {
    backend: Backend;
    host: HostFacts;
    program: string;
    argv: string[];
  }): Promise<void>;
}

/** How an attempt ended. */
export interface AttemptResult {
  status: Extract<StepStatus, "ok" | "failed" | "refused">;
  reason: string | null;
  hint: string | null;
  exit: number | null;
  signal: string | null;
  limits: string[];
  products: Listed[];
  /** The cache that it filled. */
  fetch: ListedCache | null;
  evidence: EvidenceRef[];
  usage: Usage | null;
  /** Its stage can serve again. */
  reusable: boolean;
  notEnforced: string[];
}

/**
 * Runs one attempt. On return nothing of the step is running any more.
 *
 * @throws {WritError} when it could not be launched as asked; the step did not run then
 */
export async function attemptStep(
  input: AttemptInput,
  holding: Holding,
  world: World,
): Promise<AttemptResult> {
  const { step, materials } = input;
  const backend = holding.backends.get(step.id)!;
  const inNamespaces = backend.isolation === "namespaces";
  // Standard output becomes a product by the runner's hand, not by the step's.
  const products = step.products.filter(({ path }) => path !== step.stdout);
  const stage = {
    root: input.folder,
    materials,
    products,
    scratch: step.scratch,
    blobs: world.blobs,
  };
  const { binds } = await buildStage({
    ...stage,
    cwd: step.cwd,
    link: inNamespaces,
    // There its home and its `/tmp` are no folders of this machine.
    folders: inNamespaces ? ["work"] : STEP_FOLDERS,
    used: holding.stages,
  });
  const place = { step, folder: input.folder, blobs: world.blobs };
  const caches = await layCaches(
    place,
    input.fetched,
    inNamespaces,
  );
  const confinement = confine(step);
  const secrets = secretsOf(step, holding.secrets);
  const launched = await launchStep(
    { ...input, confinement, secrets, binds, caches, backend },
    holding,
    world,
  );
  const { exited, limits, captured } = launched;
  const base = {
    exit: exited.exit,
    signal: exited.signal,
    limits,
    evidence: captured.evidence,
    usage: exited.usage,
    reusable: exited.reusable,
    notEnforced: notEnforced(confinement, backend),
  };
  const failed = ({ reason, hint }: Explanation): AttemptResult => ({
    ...base,
    status: "failed",
    // Both may name what the step printed, or a file that it made.
    reason: redactText(reason, secrets),
    hint: hint === null ? null : redactText(hint, secrets),
    products: [],
    fetch: null,
  });
  const cancelled = () =>
    failed({ reason: "the run was cancelled", hint: null });
  if (exited.exit !== 0 || limits.length > 0) {
    if (input.signal.aborted) return cancelled();
    return failed(
      explainExit({ ...exited, limits }, {
        step,
        materials,
        hidden: input.hidden,
        output: launched.tail,
        network: confinement.network,
        denied: launched.denied,
        exists: (path) => isHere(path, world),
        backend: backend.name,
        root: launched.root,
        views: dirname(input.folder),
      }),
    );
  }
  const given = findSecrets(
    join(input.folder, "work"),
    products.map(({ path }) => withoutSlash(path)),
    secrets,
  );
  if (step.fetch !== null) {
    given.push(
      ...findSecrets(join(fetchRoot(input.folder), "work"), [
        step.fetch,
      ], secrets),
    );
  }
  if (given.length > 0) return failed(explainSecrets(given));
  const { signal } = input;
  const collected = await collectProducts({ ...stage, binds, signal })
    .catch((error) => {
      if (signal.aborted && error === signal.reason) return null;
      throw error;
    });
  if (collected === null) return cancelled();
  const wrong = explainLeftovers(collected);
  if (wrong !== null) return failed(wrong);
  const fetch = step.fetch === null
    ? null
    : await takeCache(step.fetch, place, materials);
  if (fetch !== null && "reason" in fetch) return failed(fetch);
  return {
    ...base,
    status: "ok",
    reason: null,
    hint: null,
    fetch,
    products: [
      ...collected.products.map((product) => ({
        ...product,
        path: withoutSlash(product.path),
      })),
      ...await stdoutProduct(step, captured, world),
    ].sort((a, b) => a.path < b.path ? -1 : 1),
  };
}

async function stdoutProduct(
  step: PlanStep,
  { product }: Captured,
  { blobs }: World,
): Promise<Listed[]> {
  if (step.stdout === null || product === null) return [];
  const { digest, bytes } = product;
  const entries: TreeEntry[] = [{ path: ".", mode: "100644", digest }];
  return [{
    path: step.stdout,
    tree: await blobs.putTree(entries),
    files: 1,
    bytes,
    entries,
  }];
}

/** Whether the workspace holds something of that name now. */
function isHere(path: string, world: World): boolean {
  try {
    Deno.lstatSync(join(world.sight.workspace, path));
    return true;
  } catch {
    // Whatever stands in the way, a hint about it would not help.
    return false;
  }
}
