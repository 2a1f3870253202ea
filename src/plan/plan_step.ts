/**
 * One step as it stands in the plan, from its draft and the digests of what it uses.
 *
 * @module
 */
import { digestOf } from "../core/digest.ts";
import { withoutSlash } from "../core/paths.ts";
import type { Step } from "../pipeline/pipeline.ts";
import type { Draft } from "./draft.ts";
import type { ToolSource } from "./located.ts";
import type { Tree } from "./materials.ts";
import {
  type Material,
  type PlanStep,
  type Product,
  stepDigest,
  type Tool,
  type Toolchain,
} from "./plan.ts";
import type { FileRead } from "./read_files.ts";
import type { ToolDigests } from "./tool_digests.ts";
import { isUpdate } from "./writers.ts";

/** A tool with its digest. `read` answers for files of the workspace, by absolute path. */
export async function toolOf(
  source: ToolSource,
  digests: ToolDigests,
  read: ReadonlyMap<string, FileRead>,
): Promise<Tool> {
  const { name, tier } = source;
  if ("folder" in source) {
    return { name, tier, digest: await digests.tree(source.folder) };
  }
  if ("file" in source) {
    return { name, tier, digest: await digests.file(source.file) };
  }
  if ("material" in source) {
    return { name, tier, digest: read.get(source.material)!.digest };
  }
  // Its bytes do not exist yet; the material says from which step they come.
  const { path, from } = source;
  return { name, tier, digest: digestOf({ path, from }) };
}

/** A step of the plan. `trees` answers by the key of a request. */
export function planStep(
  draft: Draft,
  executable: Tool,
  tools: readonly Tool[],
  trees: ReadonlyMap<string, Tree>,
  toolchain: Toolchain,
): PlanStep {
  const { step, reads } = draft;
  const { permissions } = step;
  const materials: Material[] = [
    ...reads.trees.map((request) => {
      const { root, files, bytes } = trees.get(request.key)!;
      return { path: request.path, tree: root, files, bytes };
    }),
    ...reads.made,
  ];
  const planned: Omit<PlanStep, "digest"> = {
    id: step.id,
    kind: step.kind,
    needs: sorted(step.needs),
    argv: step.argv,
    executable,
    tools: distinct(tools),
    cwd: step.cwd,
    stdin: step.stdin,
    stdout: step.stdout,
    env: draft.env,
    bound: draft.bound,
    materials: materials.sort(byPath),
    products: productsOf(step),
    scratch: sorted(step.scratch.map(withoutSlash)),
    permissions: {
      read: sorted(permissions.read.map(withoutSlash)),
      write: sorted(permissions.write.map(withoutSlash)),
      deny: sorted(permissions.deny.map(withoutSlash)),
      net: sortedList(permissions.net),
      run: sorted(permissions.run),
      sys: sortedList(permissions.sys),
      ffi: sortedList(permissions.ffi),
      import: sorted(permissions.import),
    },
    limits: step.limits,
    retries: step.retries,
    isolation: step.isolation,
    evidence: step.evidence,
    fetch: step.fetch,
    fetched: draft.fetched,
  };
  return { ...planned, digest: stepDigest(planned, toolchain) };
}

function productsOf(step: Step): Product[] {
  const products = new Map<string, Product>();
  for (const write of step.permissions.write) {
    const path = withoutSlash(write);
    const starts = isUpdate(step, write)
      ? "update"
      : write.endsWith("/")
      ? "folder"
      : "absent";
    if (products.get(path)?.starts !== "folder") {
      products.set(path, { path, starts });
    }
  }
  return [...products.values()].sort(byPath);
}

/** Sorted by name, each once. */
function distinct(tools: readonly Tool[]): Tool[] {
  const once = new Map(
    tools.map((tool) => [`${tool.name}\0${tool.digest}`, tool]),
  );
  return [...once].sort(([a], [b]) => a < b ? -1 : 1).map(([, tool]) => tool);
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

function sortedList(value: boolean | string[]): boolean | string[] {
  return typeof value === "boolean" ? value : sorted(value);
}

function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
