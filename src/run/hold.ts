/**
 * Holding: before a ticket's use is consumed, every step is matched with a backend that can
 * hold it. What cannot be held is refused here, and nothing has run.
 *
 * Edge: the user that this process runs as.
 *
 * @module
 */
import type { Backend, SystemFacts } from "../sandbox/confinement.ts";
import { systemFacts } from "../sandbox/system_facts.ts";
import { chooseSteps } from "./active_run.ts";
import { UsedStages } from "../evidence/used_stages.ts";
import { DenoDirs } from "./deno_dirs.ts";
import type { Proposal } from "./propose.ts";
import type { RunOptions } from "./run.ts";
import { matchSteps } from "./match_steps.ts";
import type { Seal } from "./capture.ts";
import type { Sandbox } from "./ready_sandbox.ts";
import { sealFor } from "./seal_evidence.ts";
import { keptCache } from "./step_caches.ts";
import { takeSecrets } from "./secrets.ts";
import type { World } from "./world.ts";

/** What holds the steps of a run. */
export interface Holding extends Omit<Sandbox, "backends"> {
  /** The backend of each chosen step. */
  backends: Map<string, Backend>;
  /** The values of the secrets of the chosen steps, by name. */
  secrets: Map<string, string>;
  system: SystemFacts;
  denoDirs: DenoDirs;
  /** Stages that are free to serve again. */
  stages: UsedStages;
  /** Encrypts what is captured of steps that say so; `null` where none does. */
  seal: Seal | null;
}

/**
 * Chooses a backend for each step.
 *
 * @throws {WritError} `cache.missing`, `sandbox.unavailable`, `sandbox.cannot_hold`,
 * `secret.…`, `evidence.no_recipient`
 */
export async function hold(
  proposal: Proposal,
  options: Pick<RunOptions, "only">,
  sandbox: Promise<Sandbox>,
  world: Pick<World, "state" | "sight" | "blobs">,
): Promise<Holding> {
  const steps = chooseSteps(proposal, options.only).steps;
  const seal = await sealFor(steps, world.sight.trust.file);
  for (const cache of steps.flatMap(({ fetched }) => fetched)) {
    if ("tree" in cache) await keptCache(cache, world.blobs);
  }
  const secrets = takeSecrets(steps, world.sight.env);
  const { backends, ...rest } = await sandbox;
  return {
    ...rest,
    backends: new Map(
      matchSteps(steps, backends, Deno.uid()!).map((match) => {
        if ("error" in match) throw match.error;
        return [match.step, match.backend];
      }),
    ),
    secrets,
    system: await systemFacts(),
    denoDirs: new DenoDirs(world.state.denoDirs, world.sight.toolDigests),
    stages: new UsedStages(),
    seal,
  };
}
