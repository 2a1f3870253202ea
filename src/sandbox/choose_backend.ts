/**
 * Which backend a step runs under: the strongest that there is, never one below its minimum.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { bubblewrap } from "./bubblewrap.ts";
import type { Backend, Confinement, HostFacts, Launch } from "./confinement.ts";
import { landlock, requireHeldNetwork } from "./landlock.ts";

const INSTALL = "Install bubblewrap (apt-get install bubblewrap)";

/**
 * The backend for a step whose plan asks for at least `isolation`.
 *
 * @throws {WritError} `sandbox.unavailable` when there is none, `sandbox.cannot_hold` when the
 * one that there is cannot give what the step needs.
 */
export function chooseBackend(
  backends: Backend[],
  isolation: "namespaces" | "kernel",
  confinement: Confinement,
): Backend {
  const strongest = backends.find(({ isolation }) =>
    isolation === "namespaces"
  );
  if (strongest !== undefined) return strongest;
  const kernel = backends.find(({ isolation }) => isolation === "kernel");
  if (kernel === undefined) {
    throw new WritError(
      "sandbox.unavailable",
      "Cannot sandbox the step: neither bubblewrap nor Landlock works on this machine",
      { hint: `${INSTALL}, or use Linux 5.13 or newer with Landlock enabled` },
    );
  }
  if (isolation === "namespaces") {
    throw new WritError(
      "sandbox.unavailable",
      'Cannot sandbox the step: it asks for "namespaces", and bubblewrap does not work on this machine',
      { hint: INSTALL },
    );
  }
  requireHeldNetwork(confinement);
  return kernel;
}

/** How a backend starts a step. */
export function launchUnder(
  backend: Backend,
  confinement: Confinement,
  host: HostFacts,
): Launch {
  return backend.name === "bubblewrap"
    ? bubblewrap(confinement, host, backend)
    : landlock(confinement, host, backend);
}
