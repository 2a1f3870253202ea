/**
 * Proposing a run again that is resumed: what it has published itself is no change.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { isWithin } from "../core/paths.ts";
import type { TreeEntry } from "../core/tree.ts";
import type { Plan } from "../plan/plan.ts";
import { planChanges } from "./changes.ts";
import { documentOf, readPlan, readReceipt } from "./documents.ts";
import { type Proposal, propose, type Wish } from "./propose.ts";
import type { World } from "./world.ts";

/**
 * Plans from disk, as always. Where the plan differs from that of the run only in what the run's
 * own finished steps wrote (a path that is read and written), it is the run's plan: the blobs of
 * its materials are in the store.
 */
export async function proposeAgain(
  wish: Wish,
  run: string,
  world: World,
): Promise<Proposal> {
  const proposal = await propose(wish, world.sight, world.blobs);
  const record = await world.ledger.run(run);
  if (record === null || record.plan === proposal.plan.digest) return proposal;
  const before = await readPlan(world.ledger, record.plan);
  const trees = await treesOf(before, world);
  const own = await writtenBy(run, world);
  const changes = planChanges(
    before,
    proposal.plan.value,
    (root) => trees.get(root) ?? proposal.planned.trees.get(root) ?? null,
  );
  const isOwn = changes.every(({ path }) =>
    path !== null && own.some((product) => isWithin(path, product))
  );
  if (!isOwn) return proposal;
  return {
    ...proposal,
    planned: { ...proposal.planned, plan: before, trees },
    plan: documentOf(before),
  };
}

async function treesOf(
  plan: Plan,
  { blobs }: World,
): Promise<Map<Digest, TreeEntry[]>> {
  const trees = new Map<Digest, TreeEntry[]>();
  for (const { materials } of plan.steps) {
    for (const material of materials) {
      if ("from" in material || trees.has(material.tree)) continue;
      trees.set(material.tree, await blobs.getTree(material.tree));
    }
  }
  return trees;
}

/** The paths of the products that a run's steps have finished. */
async function writtenBy(run: string, { ledger }: World): Promise<string[]> {
  const paths: string[] = [];
  for await (const bytes of ledger.receipts(run)) {
    const receipt = readReceipt(bytes);
    if (receipt.type !== "step.finished") continue;
    paths.push(...receipt.body.products.map(({ path }) => path));
  }
  return paths;
}
