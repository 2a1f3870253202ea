/**
 * Setting up: keys for a person, a runner and a ledger, trust and policy in the workspace, pins.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path/join";
import { canonicalBytes, canonicalText } from "../core/canonical_json.ts";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { formatTime } from "../core/time.ts";
import { DEFAULT_POLICY } from "../policy/default_policy.ts";
import { POLICY_FOLDER, TRUST_FILE } from "../core/workspace_names.ts";
import { loadPolicy } from "../policy/load_policy.ts";
import { type Pins, readPins, writePins } from "../policy/pins.ts";
import { kindOf } from "../plan/open_regular.ts";
import { writePlainFile } from "../policy/plain_file.ts";
import { policyDigest, type PolicySet } from "../policy/policy_set.ts";
import { type KeyringKey, listKeys, newKey } from "./keyring.ts";
import { loadTrust } from "./read_trust.ts";
import { trustText } from "./trust_text.ts";
import type { Trust, TrustedKey } from "./trust.ts";

/** What is needed to set up. */
export interface SetupOptions {
  /** The absolute path of the config folder. */
  config: string;
  /** Its root; policy and trust are proposed in its `policies/`. */
  workspace: string;
  /** The name of the person whose approver key is made. */
  owner: string;
  /** Asked for only where the approver's key is still to be made. */
  passphrase: () => Promise<string>;
  /** Milliseconds since 1970. */
  now: number;
  /** As of `newKey`. */
  workFactor?: number;
}

/** What was made and what was there. */
export interface SetupResult {
  /** `approver`, `runner` and `ledger`, in this order; `made` is `false` for one that was there. */
  keys: (KeyringKey & { made: boolean })[];
  /** Files of the workspace to commit, relative to its root. */
  files: { path: string; made: boolean }[];
  /**
   * What is in force now; `null` where policy or trust were there before and somebody has to
   * look at them first: `trust accept`.
   */
  pins: Pins | null;
  /** Whether this call put it in force. */
  pinned: boolean;
}

/**
 * Makes what is missing. What is there is kept, so that it can be run again after a kill. Policy
 * and trust are put in force only where they are this function's own: a workspace that brings
 * its own must not be believed because somebody set up.
 *
 * @throws {WritError} `keys.unsafe`, `config.unsafe`, `trust.invalid`, `policy.invalid`,
 * `workspace.unsafe`
 */
export async function setUp(options: SetupOptions): Promise<SetupResult> {
  const { config, workspace } = options;
  await requireRealFolder(join(workspace, POLICY_FOLDER));
  const keys = await makeKeys(options);
  const policyFiles = await writePolicy(workspace);
  const { policy } = await loadPolicy(workspace);
  const own = trustOf(keys, policy, options.now);
  const made = await writeNew(join(workspace, TRUST_FILE), trustText(own));
  const trust = await loadTrust(join(workspace, TRUST_FILE));
  const before = await readPins(config, workspace);
  const pins = before ??
    (isOwn(policy, trust, own)
      ? await writePins(config, workspace, {
        policy,
        trust: canonicalBytes(trust),
      }, {
        ledger: keyOf(keys, "ledger").id,
        acceptedAt: formatTime(options.now),
      })
      : null);
  return {
    keys,
    files: [...policyFiles, { path: TRUST_FILE, made }],
    pins,
    pinned: before === null && pins !== null,
  };
}

type SetupKey = SetupResult["keys"][number];

async function makeKeys(options: SetupOptions): Promise<SetupKey[]> {
  const { config, owner, workFactor } = options;
  const there = new Map(
    (await listKeys(config)).map((key) => [key.name, key]),
  );
  const make = async (
    name: string,
    rest: Pick<TrustedKey, "owner" | "kind" | "roles">,
    sealed: boolean,
  ): Promise<SetupKey> => {
    const key = there.get(name);
    if (key !== undefined) return { ...key, made: false };
    const passphrase = sealed ? await options.passphrase() : null;
    return {
      ...await newKey({ config, name, ...rest, passphrase, workFactor }),
      made: true,
    };
  };
  return [
    await make("approver", {
      owner,
      kind: "human",
      roles: ["approver"],
    }, true),
    await make("runner", {
      owner: `${owner}/runner`,
      kind: "system",
      roles: ["runner", "policy"],
    }, false),
    await make("ledger", {
      owner: `${owner}/ledger`,
      kind: "system",
      roles: ["ledger"],
    }, false),
  ];
}

async function writePolicy(
  workspace: string,
): Promise<SetupResult["files"]> {
  // Rules of the default beside rules of the workspace's own would be a policy that nobody wrote.
  const { policy, from } = await loadPolicy(workspace);
  if (from === "workspace") {
    return Object.keys(policy.files).sort().map((name) => ({
      path: join(POLICY_FOLDER, name),
      made: false,
    }));
  }
  await Deno.mkdir(join(workspace, POLICY_FOLDER), { recursive: true });
  const files: SetupResult["files"] = [];
  // The schema first: while only it is there, the folder holds no policy yet.
  for (const name of Object.keys(DEFAULT_POLICY.files).sort().reverse()) {
    const path = join(POLICY_FOLDER, name);
    const made = await writeNew(
      join(workspace, path),
      DEFAULT_POLICY.files[name],
    );
    files.push({ path, made });
  }
  return files.reverse();
}

function trustOf(
  keys: readonly SetupKey[],
  policy: PolicySet,
  now: number,
): Trust {
  return {
    v: 1,
    keys: keys.map(({ id, publicKey, owner, kind, roles }) => ({
      id,
      publicKey,
      owner,
      kind,
      roles,
      notBefore: formatTime(now),
      notAfter: null,
      revokedAt: null,
    })),
    quorum: 1,
    policies: [policyDigest(policy)],
  };
}

/** Whether policy and trust are what this would have written itself, at whatever time. */
function isOwn(policy: PolicySet, trust: Trust, own: Trust): boolean {
  const timeless = (value: Trust) =>
    canonicalText({
      ...value,
      keys: value.keys.map((key) => ({ ...key, notBefore: "" })),
    });
  return policyDigest(policy) === policyDigest(DEFAULT_POLICY) &&
    timeless(trust) === timeless(own);
}

function keyOf(keys: readonly SetupKey[], name: string): SetupKey {
  const key = keys.find((one) => one.name === name);
  if (key === undefined) {
    throw new WritError(
      "writ.fault",
      `Cannot find the key "${name}" just made`,
    );
  }
  return key;
}

async function writeNew(path: string, text: string): Promise<boolean> {
  return await writePlainFile(path, new TextEncoder().encode(text), {
    mode: 0o644,
    replace: false,
  });
}

async function requireRealFolder(path: string): Promise<void> {
  try {
    const info = await Deno.lstat(path);
    if (info.isDirectory) return;
    throw new WritError(
      "workspace.unsafe",
      `Cannot set up in ${quoted(path, 200)}: it is ${
        kindOf(info)
      }, a real folder was expected`,
    );
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
