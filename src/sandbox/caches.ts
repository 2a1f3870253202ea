/**
 * The caches of packages that steps fill and are given: where a step sees one, what tells its tool
 * of it, and which parts of it are kept.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import type { CacheKind } from "../pipeline/pipeline.ts";
import type { Confinement, HostFacts } from "./confinement.ts";

/** A cache of a step, where it lies on this machine. */
export interface CachePlace {
  cache: CacheKind;
  folder: string;
  /** Whether the step fills it; else it is read-only. */
  fills: boolean;
}

/**
 * What of a cache is kept, relative to it; `.` is all. What is left out is made anew by the tool, or
 * would be believed by it without having been checked: Deno's emitted code, npm's unpacked programs.
 */
export const KEPT: Readonly<Record<CacheKind, readonly string[]>> = {
  cargo: ["git", "registry"],
  deno: ["dl", "npm", "remote"],
  npm: ["_cacache/content-v2", "_cacache/index-v5"],
  pip: ["."],
};

/**
 * The caches of a step with their places.
 *
 * @throws {WritError} `sandbox.cannot_hold` where the places are not those of the step's caches
 */
export function cachePlaces(
  confinement: Confinement,
  host: HostFacts,
): CachePlace[] {
  const given = host.caches.map(({ cache }) => cache);
  const wanted = confinement.caches.map(({ cache }) => cache);
  if (given.join() !== wanted.join()) {
    throw new WritError(
      "sandbox.cannot_hold",
      `Cannot give the step the caches "${given.join('", "')}": its plan has "${
        wanted.join('", "')
      }"`,
    );
  }
  return confinement.caches.map(({ cache, fills }, index) => ({
    cache,
    fills,
    folder: host.caches[index].folder,
  }));
}

/** The variables that tell a tool of its cache; `at` is the folder as the step sees it. */
export function cacheEnvironment(
  cache: CacheKind,
  at: string,
  fills: boolean,
): Record<string, string> {
  switch (cache) {
    case "cargo":
      return { CARGO_HOME: at, ...(!fills && { CARGO_NET_OFFLINE: "true" }) };
    case "deno":
      return { DENO_DIR: at };
    case "npm":
      return {
        npm_config_cache: at,
        npm_config_update_notifier: "false",
        // Its logs would go into the cache.
        ...(!fills && { npm_config_logs_max: "0", npm_config_offline: "true" }),
      };
    case "pip":
      return fills
        ? { PIP_DEST: at, PIP_WHEEL_DIR: at }
        // A list with spaces between; a URL has none.
        : { PIP_FIND_LINKS: `file://${encodeURI(at)}`, PIP_NO_INDEX: "1" };
  }
}
