/**
 * The roles of a key, as options name them.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { type Role, ROLES } from "../ticket/trust.ts";

/**
 * The roles that `--role` named.
 *
 * @throws {WritError} `usage.invalid`
 */
export function rolesOf(words: readonly string[]): Role[] {
  return words.map((word) => {
    const role = ROLES.find((one) => one === word);
    if (role !== undefined) return role;
    throw new WritError(
      "usage.invalid",
      `Cannot use "${word}" for --role: ${ROLES.join(", ")} were expected`,
    );
  });
}
