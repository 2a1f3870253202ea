/**
 * Options that would mean nothing beside others.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { optionName } from "./parameters.ts";

/**
 * Refuses every option of `others` that was given: what is asked with `shown` does not look at
 * it, and whoever gave it expects that it does.
 *
 * @param shown the option, or the want of one, that makes them meaningless: `with --verify`
 * @throws {WritError} `usage.invalid`
 */
export function refuseBeside(
  shown: string,
  others: Readonly<Record<string, unknown>>,
): void {
  const given = Object.entries(others).filter(([, value]) =>
    Array.isArray(value) ? value.length > 0 : value !== null && value !== false
  ).map(([key]) => optionName(key));
  if (given.length === 0) return;
  throw new WritError(
    "usage.invalid",
    `Cannot use ${given.join(" and ")} ${shown}: ${
      given.length === 1 ? "it means" : "they mean"
    } nothing then`,
  );
}
