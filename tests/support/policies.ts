/**
 * Policies made by hand, and what must be refused.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { type ErrorCode, WritError } from "../../src/core/errors.ts";
import { DEFAULT_POLICY } from "../../src/policy/default_policy.ts";
import type { PolicySet } from "../../src/policy/policy_set.ts";

/** The schema of Writ. */
export const SCHEMA = DEFAULT_POLICY.files["writ.cedarschema"];

/** A rule that permits everything. */
export const PERMIT = `@id("all") permit(principal, action, resource);`;

/** The schema of Writ with other rules. */
export function rules(...texts: string[]): PolicySet {
  return {
    files: { "writ.cedarschema": SCHEMA, "rules.cedar": texts.join("\n") },
  };
}

/** Requires that an act is refused with a code. */
export async function refused(
  code: ErrorCode,
  act: () => Promise<unknown>,
): Promise<WritError> {
  const error = await assertRejects(act, WritError);
  assertEquals(error.code, code, error.message);
  return error;
}
