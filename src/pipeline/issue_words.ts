/**
 * What a schema finds wrong, in the sentences that all of Writ uses.
 *
 * @module
 */
import type * as z from "zod";
import { quoted } from "../core/printable.ts";
import { valueText } from "./value_text.ts";

/** What zod says of a value. */
export type Issue = z.core.$ZodIssue;

/** The alternative of a union with the fewest departures, where its outer form fits. */
export function meantBranch(branches: Issue[][]): Issue[] | undefined {
  return branches
    .filter((branch) =>
      branch.every(({ path, code }) =>
        path.length > 0 || code === "unrecognized_keys" || code === "custom"
      )
    )
    .sort((a, b) => a.length - b.length)[0];
}

/** `holder` is how the sentence calls what should have the key. */
export function lacksKey(holder: string, key: string, wanted: string): string {
  return `${holder} has no ${quoted(key)}: ${wanted} was wanted`;
}

/** A key that is not one of those that `holder` may have. */
export function unknownKey(holder: string, key: string): string {
  return `${holder} has the unknown key ${quoted(key)}`;
}

/** A key that the author chooses, and that has not the form of one. */
export function wrongKey(holder: string, key: string, wanted: string): string {
  return `${holder} has the key ${quoted(key)}: ${wanted} was wanted`;
}

/** A value that is not what was wanted; `name` is how the sentence calls its place. */
export function wrongValue(
  name: string,
  found: unknown,
  wanted: string,
): string {
  return `${name} is ${valueText(found)}: ${wanted} was wanted`;
}
