/**
 * The order of steps that need each other. All of it is linear in steps and needs, except
 * where it says otherwise, and none of it recurses.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { printable, quoted } from "../core/printable.ts";
import type { Step } from "./pipeline.ts";

/** What of a step its order depends on. */
export type Ordered = Pick<Step, "id" | "needs">;

/** Dependencies of each step as indexes, in file order; unknown needs are left out. */
function indexed(steps: readonly Ordered[]): number[][] {
  const index = new Map(steps.map((step, position) => [step.id, position]));
  return steps.map((step) =>
    step.needs.flatMap((need) => index.get(need) ?? []).sort((a, b) => a - b)
  );
}

/**
 * The ids of steps in the order in which they run one by one: what a step needs stands
 * before it, otherwise the order of the file.
 *
 * @throws {WritError} `pipeline.invalid` when steps need each other in a circle, or one that is not there.
 */
export function executionOrder(steps: readonly Ordered[]): string[] {
  const ids = new Set(steps.map((step) => step.id));
  for (const step of steps) {
    for (const need of step.needs) {
      if (!ids.has(need)) {
        throw new WritError(
          "pipeline.invalid",
          `Cannot order the steps: ${quoted(step.id)} needs ${
            quoted(need)
          }, which is not there`,
        );
      }
    }
  }
  const { order, cycles } = walk(steps);
  if (cycles.length > 0) {
    throw new WritError(
      "pipeline.invalid",
      `Cannot order the steps: they need each other in a circle: ${
        cycles[0].map(printable).join(" -> ")
      }`,
    );
  }
  return order;
}

/**
 * Circles of steps that have no step in common, each from its first step in the file back to it:
 * `["a", "b", "a"]` when `a` needs `b` and `b` needs `a`.
 */
export function findCycles(steps: readonly Ordered[]): string[][] {
  return walk(steps).cycles;
}

/** Walks depth first in file order: a finished step stands after all that it needs. */
function walk(
  steps: readonly Ordered[],
): { order: string[]; cycles: string[][] } {
  const needs = indexed(steps);
  const state = new Uint8Array(steps.length); // 0 new, 1 on the trail, 2 done
  const reported = new Uint8Array(steps.length);
  const order: string[] = [];
  const cycles: string[][] = [];
  for (let start = 0; start < steps.length; start++) {
    if (state[start] !== 0) continue;
    const trail = [start];
    const next = [0];
    state[start] = 1;
    while (trail.length > 0) {
      const here = trail[trail.length - 1];
      const need = needs[here][next[next.length - 1]++];
      if (need === undefined) {
        state[here] = 2;
        order.push(steps[here].id);
        trail.pop();
        next.pop();
      } else if (state[need] === 0) {
        state[need] = 1;
        trail.push(need);
        next.push(0);
      } else if (state[need] === 1 && !reported[here] && !reported[need]) {
        const circle = trail.slice(trail.lastIndexOf(need));
        // Only one circle through a step is told: mending it shows the next.
        for (const step of circle) reported[step] = 1;
        const least = circle.reduce((a, b) => Math.min(a, b));
        const first = circle.indexOf(least);
        const turned = [...circle.slice(first), ...circle.slice(0, first)];
        cycles.push([...turned, turned[0]].map((step) => steps[step].id));
      }
    }
  }
  return { order, cycles };
}

/** All steps that a step needs, and that those need, and so on; itself only in a circle. */
export function ancestors(
  steps: readonly Ordered[],
  id: string,
): Set<string> {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const found = new Set<string>();
  const open = [...byId.get(id)?.needs ?? []];
  for (let need = open.pop(); need !== undefined; need = open.pop()) {
    const step = byId.get(need);
    if (step === undefined || found.has(need)) continue;
    found.add(need);
    open.push(...step.needs);
  }
  return found;
}

/**
 * Answers in constant time whether the step at one index runs after that at another, since
 * it needs it, directly or not. Takes n²/8 bytes for n steps: 12.5 MB for 10,000.
 */
export function orderedBy(
  steps: readonly Ordered[],
): (earlier: number, later: number) => boolean {
  const index = new Map(steps.map((step, position) => [step.id, position]));
  const needs = indexed(steps);
  const words = Math.ceil(steps.length / 32);
  const before = new Uint32Array(words * steps.length);
  for (const id of walk(steps).order) {
    const step = index.get(id)!;
    const row = step * words;
    for (const need of needs[step]) {
      for (let word = 0; word < words; word++) {
        before[row + word] |= before[need * words + word];
      }
      before[row + (need >> 5)] |= 1 << (need & 31);
    }
  }
  return (earlier, later) =>
    (before[later * words + (earlier >> 5)] >>> (earlier & 31) & 1) === 1;
}
