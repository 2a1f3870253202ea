/**
 * What changed between the plan that was approved and the plan that would run now.
 *
 * @module
 */
import { canonicalText } from "../core/canonical_json.ts";
import type { Digest } from "../core/digest.ts";
import { joinPath } from "../core/paths.ts";
import type { TreeEntry } from "../core/tree.ts";
import type { Plan, PlanStep } from "../plan/plan.ts";

/** One change: where, and what it is, as a sentence's end. */
export interface Change {
  step: string | null;
  /** The workspace path that changed, where it is a file. */
  path: string | null;
  what: string;
}

/** Listing of a tree by its root; `null` where it is not known. */
export type Trees = (root: Digest) => TreeEntry[] | null;

/** All changes from `before` to `after`, materials by file where the listings are known. */
export function planChanges(before: Plan, after: Plan, trees: Trees): Change[] {
  const changes: Change[] = [];
  if (before.name !== after.name) {
    changes.push(whole(`the name "${before.name}" became "${after.name}"`));
  }
  changes.push(...objectChanges("param", before.params, after.params));
  changes.push(
    ...objectChanges("toolchain", before.toolchain, after.toolchain),
  );
  if (differ(before.require, after.require)) {
    changes.push(whole('it has another "require"'));
  }
  const old = new Map(before.steps.map((step) => [step.id, step]));
  for (const step of after.steps) {
    const was = old.get(step.id);
    if (was === undefined) changes.push(at(step, "is new"));
    else changes.push(...stepChanges(was, step, trees));
    old.delete(step.id);
  }
  for (const step of old.values()) changes.push(at(step, "is gone"));
  return changes;
}

function stepChanges(
  before: PlanStep,
  after: PlanStep,
  trees: Trees,
): Change[] {
  const changes = [
    ...materialChanges(before, after, trees),
    ...toolChanges(before, after),
  ];
  const fields = Object.keys(after) as (keyof PlanStep)[];
  for (const field of fields) {
    if (["materials", "tools", "digest"].includes(field)) continue;
    if (differ(before[field], after[field])) {
      changes.push(at(after, `has another "${field}"`));
    }
  }
  return changes;
}

/** By name: of two tools of one name, which a step may have, at least that there is another. */
function toolChanges(before: PlanStep, after: PlanStep): Change[] {
  const keys = ({ tools }: PlanStep) =>
    new Map(tools.map((tool) => [canonicalText(tool), tool.name]));
  const old = keys(before);
  const now = keys(after);
  const names = new Set([
    ...[...now].filter(([key]) => !old.has(key)).map(([, name]) => name),
    ...[...old].filter(([key]) => !now.has(key)).map(([, name]) => name),
  ]);
  const was = new Set(old.values());
  const is = new Set(now.values());
  return [...names].map((name) =>
    at(
      after,
      !was.has(name)
        ? `has the tool "${name}" anew`
        : !is.has(name)
        ? `has no tool "${name}" any more`
        : `has another "${name}" among its tools`,
    )
  );
}

function materialChanges(
  before: PlanStep,
  after: PlanStep,
  trees: Trees,
): Change[] {
  const changes: Change[] = [];
  const old = new Map(before.materials.map((m) => [m.path, m]));
  for (const material of after.materials) {
    const was = old.get(material.path);
    old.delete(material.path);
    if (was === undefined) {
      changes.push(file(after, material.path, "is a new material"));
    } else if ("from" in material || "from" in was) {
      if (differ(material, was)) {
        changes.push(file(after, material.path, "comes from elsewhere"));
      }
    } else if (was.tree !== material.tree) {
      changes.push(...treeChanges(after, material.path, [
        trees(was.tree),
        trees(material.tree),
      ]));
    }
  }
  for (const path of old.keys()) {
    changes.push(file(after, path, "is no material any more"));
  }
  return changes;
}

function treeChanges(
  step: PlanStep,
  path: string,
  [before, after]: [TreeEntry[] | null, TreeEntry[] | null],
): Change[] {
  if (before === null || after === null) {
    return [file(step, path, "changed")];
  }
  const name = (entry: TreeEntry) => joinPath(path, entry.path);
  const old = new Map(before.map((entry) => [entry.path, entry]));
  const changes: Change[] = [];
  for (const entry of after) {
    const was = old.get(entry.path);
    old.delete(entry.path);
    if (was === undefined) changes.push(file(step, name(entry), "is new"));
    else if (was.digest !== entry.digest) {
      changes.push(file(step, name(entry), "changed"));
    } else if (was.mode !== entry.mode) {
      changes.push(
        file(step, name(entry), `changed its mode to ${entry.mode}`),
      );
    }
  }
  for (const entry of old.values()) {
    changes.push(file(step, name(entry), "is gone"));
  }
  return changes;
}

function objectChanges(what: string, before: object, after: object): Change[] {
  const a = new Map(Object.entries(before));
  const b = new Map(Object.entries(after));
  return [...new Set([...a.keys(), ...b.keys()])].filter((key) =>
    differ(a.get(key) ?? null, b.get(key) ?? null)
  ).map((key) => whole(`the ${what} "${key}" changed`));
}

/** A plan that was stored has its keys in another order. */
const differ = (a: unknown, b: unknown) =>
  canonicalText(a) !== canonicalText(b);
const whole = (what: string): Change => ({ step: null, path: null, what });
const at = (step: PlanStep, what: string): Change => ({
  step: step.id,
  path: null,
  what,
});
const file = (step: PlanStep, path: string, what: string): Change => ({
  step: step.id,
  path,
  what,
});
