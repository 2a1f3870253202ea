/**
 * What travels with a request or a ticket: the plan, the decision, and what the plan's trees hold.
 *
 * @module
 */
import * as z from "zod";
import { type Digest, DigestSchema } from "../core/digest.ts";
import { type ErrorCode, WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { type TreeEntry, TreeEntrySchema, treeRoot } from "../core/tree.ts";
import { type Plan, planDigest, stepDigest } from "../plan/plan.ts";
import type { Decision } from "../policy/decision.ts";

/** The entries of trees, by root. */
export type Trees = Record<Digest, TreeEntry[]>;

/** Schema of {@linkcode Trees}. */
export const TreesSchema: z.ZodType<Trees> = z.record(
  DigestSchema,
  z.array(TreeEntrySchema),
) as z.ZodType<Trees>;

/** Plan, decision and trees that say they belong together. */
export interface Subject {
  plan: Plan;
  decision: Decision;
  trees: Trees;
}

/**
 * Requires that plan, decision and trees belong together: the decision is about this plan and has
 * one answer a step, the plan's own digests are right, and each of its trees is there, no other.
 *
 * @param what how a sentence calls it: `a request`
 * @throws {WritError} `code`
 */
export function checkSubject(
  { plan, decision, trees }: Subject,
  what: string,
  code: ErrorCode,
): void {
  const refuse = (why: string, cause?: unknown) =>
    new WritError(code, `Cannot accept ${what}: ${why}`, { cause });
  if (decision.plan !== planDigest(plan)) {
    throw refuse(
      `its decision is about plan ${decision.plan}, the plan in it is ${
        planDigest(plan)
      }`,
    );
  }
  const steps = plan.steps.map(({ id }) => id);
  const answered = decision.outcomes.map(({ step }) => step);
  if (
    new Set(steps).size !== steps.length ||
    steps.length !== answered.length ||
    steps.some((step, index) => step !== answered[index])
  ) throw refuse("its decision does not answer each step of the plan once");
  for (const step of plan.steps) {
    if (step.digest !== stepDigest(step, plan.toolchain)) {
      throw refuse(`the digest of step ${quoted(step.id)} is not its own`);
    }
  }
  checkTrees(plan, trees, refuse);
}

function checkTrees(
  plan: Plan,
  trees: Trees,
  refuse: (why: string, cause?: unknown) => WritError,
): void {
  const wanted = new Set<string>();
  for (const step of plan.steps) {
    for (const material of step.materials) {
      if ("tree" in material) wanted.add(material.tree);
    }
  }
  for (const [root, entries] of Object.entries(trees)) {
    if (!wanted.delete(root)) {
      throw refuse(`the tree ${root} in it is not one of the plan`);
    }
    let found: Digest;
    try {
      found = treeRoot(entries);
    } catch (cause) {
      throw refuse(`the entries of tree ${root} are out of order`, cause);
    }
    if (found !== root) {
      throw refuse(`the entries of tree ${root} come to ${found}`);
    }
  }
  const [missing] = wanted;
  if (missing !== undefined) {
    throw refuse(`the entries of tree ${missing} are not in it`);
  }
}
