/**
 * `steps.materials`: each step read what the plan says and wrote what the plan says.
 *
 * @module
 */
import type { TreeRef } from "../../ledger/receipt.ts";
import { withoutSlash } from "../../core/paths.ts";
import type { PlanStep } from "../../plan/plan.ts";
import { chosenSteps, endOf } from "../chosen.ts";
import type { Findings, Invariant } from "../invariant.ts";
import { stepInvariant } from "../step_invariant.ts";
import {
  type Event,
  finalOf,
  receiptPointer,
  type StepRun,
} from "../step_runs.ts";

/**
 * Recorded materials are the plan's trees and the products of the steps that they come from;
 * products are the declared ones, whole when the step is `ok`, and what was published is them.
 */
export const stepsMaterials: Invariant = stepInvariant(
  {
    id: "steps.materials",
    title: "Each step read and wrote what the plan says",
  },
  ({ plan, receipts, runs }, found) => {
    const succeeded = [...chosenSteps(plan, receipts)].every((id) => {
      const end = endOf(runs.get(id));
      return end === "ok" || end === "cached";
    });
    for (const step of plan.steps) {
      const run = runs.get(step.id);
      for (const event of run?.finished ?? []) {
        checkMaterials(step, event, runs, found);
        checkProducts(step, event, found);
      }
      if (run !== undefined) checkPublished(step, run, succeeded, found);
    }
  },
);

/** Whether the attempt got as far as having read everything. */
function hasRead({ body }: Event<"step.finished">): boolean {
  return body.status === "ok" || body.status === "cached" ||
    body.status === "failed";
}

function checkMaterials(
  step: PlanStep,
  event: Event<"step.finished">,
  runs: ReadonlyMap<string, StepRun>,
  found: Findings,
): void {
  const at = `${receiptPointer(event.seq)}/body/materials`;
  const recorded = new Map(
    event.body.materials.map((ref) => [ref.path, ref]),
  );
  if (recorded.size !== event.body.materials.length) {
    found.fail(
      "materials.differ",
      `The step "${step.id}" recorded a material twice`,
      at,
    );
  }
  for (const material of step.materials) {
    const ref = recorded.get(material.path);
    recorded.delete(material.path);
    if (ref === undefined) {
      if (hasRead(event)) {
        found.fail(
          "materials.missing",
          `The step "${step.id}" did not record "${material.path}", which the plan has it read`,
          at,
        );
      }
    } else if ("from" in material) {
      checkFrom(step, ref, runs.get(material.from), at, found);
    } else if (
      ref.tree !== material.tree || ref.files !== material.files ||
      ref.bytes !== material.bytes
    ) {
      found.fail(
        "materials.differ",
        `The step "${step.id}" read "${ref.path}" as ${ref.tree}, the plan says ${material.tree}`,
        at,
      );
    }
  }
  for (const path of recorded.keys()) {
    found.fail(
      "materials.differ",
      `The step "${step.id}" read "${path}", which the plan does not have it read`,
      at,
    );
  }
}

/** What was read is what an earlier step had written before. */
function checkFrom(
  step: PlanStep,
  ref: TreeRef,
  maker: StepRun | undefined,
  at: string,
  found: Findings,
): void {
  const products = finalOf(maker)?.body.products ?? [];
  const same = products.find(({ path }) => withoutSlash(path) === ref.path);
  if (same !== undefined) {
    if (same.tree !== ref.tree) {
      found.fail(
        "materials.differ",
        `The step "${step.id}" read "${ref.path}" as ${ref.tree}, "${
          maker!.step
        }" had written ${same.tree}`,
        at,
        receiptPointer(finalOf(maker)!.seq),
      );
    }
    return;
  }
  if (products.some(({ path }) => ref.path.startsWith(withSlash(path)))) {
    found.warn(
      "materials.beneath_product",
      `The step "${step.id}" read "${ref.path}" out of a product of "${
        maker!.step
      }": that it is the same is the runner's word`,
      at,
    );
    return;
  }
  found.fail(
    "materials.differ",
    `The step "${step.id}" read "${ref.path}", which "${
      maker?.step ?? "no step"
    }" did not write`,
    at,
  );
}

function withSlash(path: string): string {
  return path === "." ? "" : `${withoutSlash(path)}/`;
}

function checkProducts(
  step: PlanStep,
  event: Event<"step.finished">,
  found: Findings,
): void {
  const at = `${receiptPointer(event.seq)}/body/products`;
  const declared = new Set(step.products.map(({ path }) => path));
  const done = event.body.status === "ok" || event.body.status === "cached";
  for (const { path } of event.body.products) {
    if (!declared.delete(path)) {
      found.fail(
        "products.undeclared",
        `The step "${step.id}" has the product "${path}", which the plan does not have, or twice`,
        at,
      );
    }
  }
  for (const path of done ? declared : []) {
    found.fail(
      "products.missing",
      `The step "${step.id}" is recorded as ${event.body.status} without its product "${path}"`,
      at,
    );
  }
}

/** What was published is what the step had written, all of it, and only when it was good. */
function checkPublished(
  step: PlanStep,
  run: StepRun,
  succeeded: boolean,
  found: Findings,
): void {
  const final = finalOf(run);
  const good = final?.body.status === "ok" || final?.body.status === "cached";
  const written = good ? final.body.products : [];
  for (const { seq, body } of run.published) {
    if (!sameTrees(written, body.products)) {
      found.fail(
        "products.published",
        `What was published of the step "${step.id}" is not what it had written`,
        `${receiptPointer(seq)}/body/products`,
      );
    }
  }
  // A run that did not succeed may have ended on the refusal to publish.
  if (succeeded && written.length > 0 && run.published.length === 0) {
    found.fail(
      "products.published",
      `What the step "${step.id}" had written was not published`,
      receiptPointer(final!.seq),
    );
  }
}

function sameTrees(a: readonly TreeRef[], b: readonly TreeRef[]): boolean {
  const trees = new Map(a.map(({ path, tree }) => [path, tree]));
  return a.length === b.length &&
    new Set(b.map(({ path }) => path)).size === b.length &&
    b.every(({ path, tree }) => trees.get(path) === tree);
}
