/**
 * Sight: what is in view of a proposal. The workspace with its proposed policy and trust, and
 * the pins that say which of them are in force. Reading it changes nothing.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path/join";
import { type Digest, EMPTY_DIGEST } from "../core/digest.ts";
import { isWritError, WritError } from "../core/errors.ts";
import { TRUST_FILE } from "../core/workspace_names.ts";
import type { Clock } from "../core/time.ts";
import type { ToolRoots } from "../plan/executables.ts";
import { loadPolicy } from "../policy/load_policy.ts";
import { type Pins, readPins, requirePinned } from "../policy/pins.ts";
import { policyDigest, type PolicySet } from "../policy/policy_set.ts";
import { loadTrust } from "../ticket/read_trust.ts";
import { type Trust, trustDigest } from "../ticket/trust.ts";
import { ToolDigestFile } from "./tool_digest_file.ts";
import { loadToolRoots } from "./tool_roots.ts";

/** What a proposal is made and judged with. */
export interface Sight {
  /** Absolute real path of the workspace. */
  workspace: string;
  /** Absolute path of the config folder; it may not exist yet. */
  config: string;
  policy: { set: PolicySet; digest: Digest; from: "workspace" | "embedded" };
  /** The workspace's trust file; `null` where there is none. */
  trust: { file: Trust; digest: Digest } | null;
  /** What is in force here; `null` before `setup`. */
  pins: Pins | null;
  toolRoots: ToolRoots;
  /** What tools were hashed to before. */
  toolDigests: ToolDigestFile;
  /** Deno's module cache. */
  denoDir: string | null;
  /** The caller's environment, asked by name only for `{ "from": NAME }`. */
  env: (name: string) => string | undefined;
  now: Clock;
}

/** Reads what is in view of a workspace. */
export async function openSight(
  { stateFolder, ...options }:
    & Pick<Sight, "workspace" | "config" | "env" | "now" | "denoDir">
    & {
      /** Absolute path of the state folder; it may not exist yet. */
      stateFolder: string;
    },
): Promise<Sight> {
  // One after the other: of several things that are wrong, the same is told each time.
  const policy = await loadPolicy(options.workspace);
  const trust = await readTrust(join(options.workspace, TRUST_FILE));
  const pins = await readPins(options.config, options.workspace);
  const toolRoots = await loadToolRoots({
    workspace: options.workspace,
    config: options.config,
    state: stateFolder,
  });
  const toolDigests = await ToolDigestFile.open(stateFolder);
  return {
    ...options,
    policy: {
      set: policy.policy,
      digest: policyDigest(policy.policy),
      from: policy.from,
    },
    trust: trust === null ? null : { file: trust, digest: trustDigest(trust) },
    pins,
    toolRoots,
    toolDigests,
  };
}

/** The digest of the trust in view; of none, the digest of nothing. */
export function trustInSight(sight: Sight): Digest {
  return sight.trust?.digest ?? EMPTY_DIGEST;
}

/**
 * Requires that the policy and trust in view are the ones in force.
 *
 * @throws {WritError} `setup.missing`, `trust.missing`, `trust.unpinned`, `policy.unpinned`
 */
export function requireInForce(
  sight: Sight,
): asserts sight is Sight & {
  pins: Pins;
  trust: NonNullable<Sight["trust"]>;
} {
  const problem = notInForce(sight);
  if (problem !== null) throw problem;
}

/** Why the policy and trust in view are not in force; `null` when they are. */
export function notInForce(sight: Sight): WritError | null {
  if (sight.pins !== null && sight.trust === null) {
    return new WritError(
      "trust.missing",
      `Cannot go on: "${TRUST_FILE}" is not there, but a trust file is in force`,
      { hint: "Restore the file; deno task writ trust show shows its keys" },
    );
  }
  try {
    requirePinned(sight.pins, sight.policy.digest, trustInSight(sight));
    return null;
  } catch (error) {
    if (isWritError(error)) return error;
    throw error;
  }
}

/**
 * The trust that a workspace proposes.
 *
 * @throws {WritError} `trust.missing`; `trust.invalid` with every fault
 */
export async function loadProposedTrust(workspace: string): Promise<Trust> {
  return await loadTrust(
    join(workspace, TRUST_FILE),
    "deno task setup writes one",
  );
}

async function readTrust(path: string): Promise<Trust | null> {
  try {
    return await loadTrust(path);
  } catch (error) {
    if (isWritError(error, "trust.missing")) return null;
    throw error;
  }
}
