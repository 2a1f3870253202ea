/**
 * Holding: before a ticket's use is consumed, every step is matched with a backend that can
 * hold it. What cannot be held is refused here, and nothing has run.
 *
 * Edge: the launcher's process.
 *
 * @module
 */
import type { Backend } from "../sandbox/confinement.ts";
import type { SystemFacts } from "../sandbox/confinement.ts";
import { join } from "@std/path/join";
import { type EtcFolders, etcFolders } from "../sandbox/build_etc.ts";
import { type Launcher, startLauncher } from "../sandbox/launcher.ts";
import { probe } from "../sandbox/probe.ts";
import { systemFacts } from "../sandbox/system_facts.ts";
import { chooseSteps } from "./active_run.ts";
import { type FindSecrets, loadPreset } from "../evidence/redact_preset.ts";
import { UsedStages } from "../evidence/used_stages.ts";
import { DenoDirs } from "./deno_dirs.ts";
import type { Proposal } from "./propose.ts";
import type { RunOptions } from "./run.ts";
import { matchSteps } from "./match_steps.ts";
import type { Seal } from "./capture.ts";
import { sealFor } from "./seal_evidence.ts";
import { keptCache } from "./step_caches.ts";
import { takeSecrets } from "./secrets.ts";
import type { World } from "./world.ts";

/** What holds the steps of a run. */
export interface Holding extends AsyncDisposable {
  launcher: Launcher;
  /** The backend of each chosen step. */
  backends: Map<string, Backend>;
  /** The values of the secrets of the chosen steps, by name. */
  secrets: Map<string, string>;
  system: SystemFacts;
  /** The `/etc` of steps in namespaces. */
  etc: EtcFolders;
  denoDirs: DenoDirs;
  /** Stages that are free to serve again. */
  stages: UsedStages;
  /** Finds what looks like a secret, beside Writ's own rules. */
  preset: FindSecrets;
  /** Encrypts what is captured of steps that say so; `null` where none does. */
  seal: Seal | null;
}

/**
 * Starts the launcher, tries the backends, and chooses one for each step.
 *
 * @throws {WritError} `cache.missing`, `sandbox.unavailable`, `sandbox.cannot_hold`,
 * `secret.…`, `evidence.no_recipient`
 */
export async function hold(
  proposal: Proposal,
  options: Pick<RunOptions, "only">,
  world: Pick<World, "state" | "sight" | "blobs">,
): Promise<Holding> {
  const steps = chooseSteps(proposal, options.only).steps;
  const seal = await sealFor(steps, world.sight.trust.file);
  for (const cache of steps.flatMap(({ fetched }) => fetched)) {
    if ("tree" in cache) await keptCache(cache, world.blobs);
  }
  const secrets = takeSecrets(steps, world.sight.env);
  // Loading it costs as much as starting the launcher, and they do not wait for each other.
  const loading = loadPreset();
  const launcher = await startLauncher();
  const etc = etcFolders(join(world.state.root, "etc"));
  try {
    const { backends } = await probe(launcher, {
      etc: await etc({ network: false }),
    });
    return {
      launcher,
      backends: new Map(
        matchSteps(steps, backends, Deno.uid()!).map((match) => {
          if ("error" in match) throw match.error;
          return [match.step, match.backend];
        }),
      ),
      secrets,
      system: await systemFacts(),
      etc,
      denoDirs: new DenoDirs(world.state.denoDirs, world.sight.toolDigests),
      stages: new UsedStages(),
      preset: await loading,
      seal,
      [Symbol.asyncDispose]: () => launcher.close(),
    };
  } catch (error) {
    await launcher.close();
    throw error;
  }
}
