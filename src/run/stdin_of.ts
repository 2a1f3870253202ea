/**
 * What a step reads on standard input.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { isWithin } from "../core/paths.ts";
import type { PlanStep } from "../plan/plan.ts";
import type { Listed } from "./attempt.ts";
import type { World } from "./world.ts";

/** The bytes of standard input; `null` when it is closed. */
export async function stdinOf(
  { id, stdin }: PlanStep,
  materials: readonly Listed[],
  world: World,
): Promise<Uint8Array | null> {
  if (stdin === null) return null;
  if ("text" in stdin) return new TextEncoder().encode(stdin.text);
  for (const { path, entries } of materials) {
    if (!isWithin(stdin.file, path)) continue;
    const below = stdin.file === path
      ? "."
      : path === "."
      ? stdin.file
      : stdin.file.slice(path.length + 1);
    const entry = entries.find((one) => one.path === below);
    if (entry?.mode.startsWith("100")) {
      return await world.blobs.read(entry.digest);
    }
  }
  throw new WritError(
    "plan.material_missing",
    `Cannot give "${stdin.file}" to step "${id}" as its standard input: it is no file among its materials`,
  );
}
