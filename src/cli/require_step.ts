/**
 * A step of a run, by the name that somebody gave.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { didYouMean } from "../core/nearest.ts";
import { quoted } from "../core/printable.ts";
import type { RunRecord } from "../ledger/records.ts";
import type { Plan } from "../plan/plan.ts";

/**
 * Refuses what is no step of the run: nothing would be shown of it, as of one that did nothing.
 *
 * @throws {WritError} `reference.unknown`
 */
export function requireStep(
  step: string,
  { run, only }: Pick<RunRecord, "run" | "only">,
  { steps }: Plan,
): void {
  const planned = steps.map(({ id }) => id);
  const known = only ?? planned;
  if (known.includes(step)) return;
  const all = `Its steps are ${known.join(", ")}`;
  const near = didYouMean(step, known);
  throw new WritError(
    "reference.unknown",
    `Cannot show step ${quoted(step)}: ${run} ${
      planned.includes(step)
        ? "left it out, by --only"
        : "has none of that name"
    }`,
    { hint: near === undefined ? all : `${near} ${all}` },
  );
}
