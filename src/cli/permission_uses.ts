/**
 * What the deno steps of a run did with their permissions, from the evidence of the run.
 *
 * @module
 */
import { BlobStore } from "../evidence/blobs.ts";
import type { StatePaths } from "../evidence/state_folder.ts";
import type { Receipt } from "../ledger/receipt.ts";
import type { Plan } from "../plan/plan.ts";
import { parseRequests } from "../sandbox/permission_audit.ts";
import {
  type PermissionUse,
  permissionUse,
} from "../sandbox/permission_use.ts";

/** By step, of its last attempt; steps that told nothing, or nothing that can be read here, are left out. */
export async function permissionUses(
  { steps }: Plan,
  receipts: readonly Receipt[],
  state: StatePaths,
): Promise<Map<string, PermissionUse>> {
  const uses = new Map<string, PermissionUse>();
  const blobs = new BlobStore(state);
  for (const receipt of receipts) {
    if (receipt.type !== "step.finished") continue;
    const { step: id, evidence } = receipt.body;
    const told = evidence.find(({ name }) => name === "permissions");
    const step = steps.find((one) => one.id === id);
    if (told === undefined || step === undefined) continue;
    // It may be for others' eyes, or have expired; then nothing is known.
    if (told.sealed !== undefined || !blobs.has(told.digest)) continue;
    const text = new TextDecoder().decode(await blobs.read(told.digest));
    uses.set(id, permissionUse(step, parseRequests(text)));
  }
  return uses;
}

/** `granted 7, used 3; not used: read "lib", net`. */
export function useText(
  { granted, used, unused, denied }: PermissionUse,
): string {
  return [
    `granted ${granted.length}, used ${used.length}`,
    ...(unused.length === 0 ? [] : [`not used: ${grants(unused)}`]),
    ...(denied.length === 0 ? [] : [
      `asked in vain: ${
        grants(
          denied.map(({ permission, value }) => ({
            kind: permission,
            value,
          })),
        )
      }`,
    ]),
  ].join("; ");
}

function grants(
  list: readonly { kind: string; value: string | null }[],
): string {
  const shown = list.slice(0, 5).map(({ kind, value }) =>
    value === null ? kind : `${kind} ${value}`
  );
  return list.length > 5
    ? `${shown.join(", ")} and ${list.length - 5} more`
    : shown.join(", ");
}
