/**
 * The launcher, and what this machine can hold: both are found out while a run is still being
 * planned, since neither depends on the plan and both wait for other processes.
 *
 * Edge: the launcher's process.
 *
 * @module
 */
import { join } from "@std/path/join";
import { type FindSecrets, loadPreset } from "../evidence/redact_preset.ts";
import { type EtcFolders, etcFolders } from "../sandbox/build_etc.ts";
import type { Backend } from "../sandbox/confinement.ts";
import { type Launcher, startLauncher } from "../sandbox/launcher.ts";
import { probe } from "../sandbox/probe.ts";

/** What steps can be held with. */
export interface Sandbox {
  launcher: Launcher;
  /** The strongest that works here, if any does. */
  backends: Backend[];
  /** The `/etc` of steps in namespaces. */
  etc: EtcFolders;
  /** Finds what looks like a secret, beside Writ's own rules. */
  preset: FindSecrets;
}

/** A sandbox that is being made ready; disposing of it ends the launcher. */
export interface SandboxToBe extends AsyncDisposable {
  /** Rejects with `sandbox.unavailable` where no launcher starts. */
  ready: Promise<Sandbox>;
}

/**
 * Starts a launcher and tries the backends with steps that hold nothing of anyone's.
 *
 * @param stateRoot the state folder of a ledger
 */
export function readySandbox(stateRoot: string): SandboxToBe {
  const starting = startLauncher();
  const ready = sandboxOf(starting, join(stateRoot, "etc"));
  // Who is refused before never asks.
  ready.catch(() => {});
  return {
    ready,
    async [Symbol.asyncDispose]() {
      const launcher = await starting.catch(() => null);
      await launcher?.close();
      // A trial that this has ended still takes its folder away.
      await ready.catch(() => {});
    },
  };
}

async function sandboxOf(
  starting: Promise<Launcher>,
  etcRoot: string,
): Promise<Sandbox> {
  const etc = etcFolders(etcRoot);
  const [launcher, tried, preset] = await Promise.all([
    starting,
    etc({ network: false }),
    loadPreset(),
  ]);
  const { backends } = await probe(launcher, {
    etc: tried,
    strongestOnly: true,
  });
  return { launcher, backends, etc, preset };
}
