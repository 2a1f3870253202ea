/**
 * A runner for tests: starts the launch that `LAUNCH` holds, prints what it says. With `GATE` set
 * its gate never opens.
 *
 * @module
 */
import { startLauncher } from "../../src/sandbox/launcher.ts";

const { launch, limits } = JSON.parse(Deno.env.get("LAUNCH")!);
const launcher = await startLauncher();
const show = (chunk: Uint8Array) => void Deno.stdout.writeSync(chunk);
await launcher.spawn(launch, {
  stdin: null,
  stdout: show,
  stderr: show,
  limits,
  secrets: new Map(),
  audit: () => {},
  gate: Deno.env.has("GATE") ? new Promise(() => {}) : undefined,
});
await launcher.close();
