/**
 * One check, which may break.
 *
 * @module
 */
import type { BundleParts } from "../bundle/parse_bundle.ts";
import { asWritError } from "../core/as_writ_error.ts";
import { Findings, type Invariant, type VerifyOptions } from "./invariant.ts";

/**
 * A check that breaks has checked nothing: that is told as unknown, never passed over.
 *
 * @throws the error of a missing permission of Deno, which says nothing of the bundle
 */
export async function checkOne(
  invariant: Invariant,
  parts: BundleParts,
  options: VerifyOptions,
  before: ReadonlyMap<string, Findings>,
): Promise<Findings> {
  try {
    return await invariant.check(parts, options, before);
  } catch (error) {
    if (asWritError(error).code === "writ.permission") throw error;
    const found = new Findings();
    const why = error instanceof Error ? error.message : String(error);
    found.unknown("verify.fault", `The check itself broke: ${why}`);
    return found;
  }
}
