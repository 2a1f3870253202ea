/**
 * Who is meant by a name on the command line.
 *
 * @module
 */
import { join } from "@std/path/join";
import { isWritError } from "../core/errors.ts";
import { TRUST_FILE } from "../core/workspace_names.ts";
import { sameOwner } from "../ticket/owner.ts";
import { loadTrust } from "../ticket/read_trust.ts";

/**
 * The ids that receipts and tickets know somebody by: the word itself, as the name of a requester
 * or the id of a key, and the keys that the workspace's trust says are theirs. A name may be
 * spelt as `--as` wants it: `agent:claude` is `claude`.
 */
export async function actorIds(
  who: string,
  workspace: string,
): Promise<string[]> {
  const name = who.replace(/^(human|agent|system):(?=.)/, "");
  const ids = new Set([who, name]);
  try {
    const trust = await loadTrust(join(workspace, TRUST_FILE));
    for (const { id, owner } of trust.keys) {
      if (sameOwner(owner, name)) ids.add(id);
    }
  } catch (error) {
    // Names are a convenience: without them ids are still found.
    if (!isWritError(error)) throw error;
  }
  return [...ids];
}
