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
import { buildEtc } from "../sandbox/build_etc.ts";
import { type Launcher, startLauncher } from "../sandbox/launcher.ts";
import { probe } from "../sandbox/probe.ts";
import { systemFacts } from "../sandbox/system_facts.ts";
import { chooseSteps } from "./active_run.ts";
import { type FindSecrets, loadPreset } from "../evidence/redact_preset.ts";
import { WritError } from "../core/errors.ts";
import { DenoDirs } from "./deno_dirs.ts";
import type { Proposal } from "./propose.ts";
import type { RunOptions } from "./run.ts";
import { matchSteps } from "./match_steps.ts";
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
  denoDirs: DenoDirs;
  /** Finds what looks like a secret, beside Writ's own rules. */
  preset: FindSecrets;
}

/**
 * Starts the launcher, tries the backends, and chooses one for each step.
 *
 * @throws {WritError} `sandbox.unavailable`, `sandbox.cannot_hold`, `secret.…`
 */
export async function hold(
  proposal: Proposal,
  options: Pick<RunOptions, "only">,
  world: Pick<World, "state" | "sight">,
): Promise<Holding> {
  const steps = chooseSteps(proposal, options.only).steps;
  const sealed = steps.find(({ evidence }) => evidence === "sealed");
  if (sealed !== undefined) {
    throw new WritError(
      "sandbox.cannot_hold",
      `Cannot seal what step "${sealed.id}" prints: this version keeps it as it is`,
      { hint: 'Remove "evidence" from the step' },
    );
  }
  const secrets = takeSecrets(steps, world.sight.env);
  // Loading it costs as much as starting the launcher, and they do not wait for each other.
  const loading = loadPreset();
  const launcher = await startLauncher();
  try {
    const { backends } = await probe(launcher, {
      etc: await buildEtc(join(world.state.root, "etc"), { network: false }),
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
      denoDirs: new DenoDirs(world.state.denoDirs, world.sight.toolDigests),
      preset: await loading,
      [Symbol.asyncDispose]: () => launcher.close(),
    };
  } catch (error) {
    await launcher.close();
    throw error;
  }
}
