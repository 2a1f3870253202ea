/**
 * Files that other tools execute, found in a product whose path did not say so: policy could
 * not see them before, so what was allowed unattended must not publish them.
 *
 * @module
 */
import { joinPath } from "../core/paths.ts";
import type { PlanStep } from "../plan/plan.ts";
import { sensitiveWrites } from "../policy/sensitive_paths.ts";
import type { Listed } from "./attempt.ts";

/**
 * Their paths, relative to the workspace, for a step that policy allowed unattended. What is
 * the same as in the step's `materials` was not written by it.
 */
export function unreviewedWrites(
  step: PlanStep,
  materials: readonly Listed[],
  products: readonly Listed[],
): string[] {
  const declared = new Set(
    sensitiveWrites(step.products.map(({ path }) => path)),
  );
  const before = new Set(materials.flatMap(filesOf).map(keyOf));
  return products.filter(({ path }) => !declared.has(path))
    .flatMap((product) => {
      const changed = filesOf(product).filter((file) =>
        !before.has(keyOf(file))
      );
      return sensitiveWrites(changed.map(({ path }) => path));
    });
}

interface File {
  path: string;
  mode: string;
  digest: string;
}

/** What is in a tree, with paths of the workspace. */
function filesOf({ path, entries }: Listed): File[] {
  return entries.map((entry) => ({
    ...entry,
    path: joinPath(path, entry.path),
  }));
}

function keyOf({ path, mode, digest }: File): string {
  return `${mode} ${digest} ${path}`;
}
