/**
 * Files that other tools execute, found in a product whose path did not say so: policy could
 * not see them before, so what was allowed unattended must not publish them.
 *
 * @module
 */
import type { PlanStep } from "../plan/plan.ts";
import type { Verdict } from "../policy/decision.ts";
import { sensitiveWrites } from "../policy/sensitive_paths.ts";
import type { Listed } from "./attempt.ts";

/** Their paths, relative to the workspace; none where people reviewed the step. */
export function unreviewedWrites(
  step: PlanStep,
  products: readonly Listed[],
  outcome: Verdict,
): string[] {
  if (outcome !== "allow") return [];
  const declared = new Set(
    sensitiveWrites(step.products.map(({ path }) => path)),
  );
  return products.filter(({ path }) => !declared.has(path))
    .flatMap(({ path, entries }) =>
      sensitiveWrites(
        entries.map((entry) =>
          entry.path === "." ? path : `${path}/${entry.path}`
        ),
      )
    );
}
