/**
 * What steps used, in the words of a table.
 *
 * @module
 */
import type { Usage } from "../ledger/usage.ts";
import { duration } from "./watch_run.ts";

const MIB = 1024 * 1024;

/** The heads of {@linkcode usedCells}. */
export const USED_HEAD: readonly string[] = ["time", "cpu", "memory"];

/** Wall time, processor time and peak of memory: `?` where one is not known, empty where nothing ran. */
export function usedCells(usage: Usage | null): string[] {
  if (usage === null) return USED_HEAD.map(() => "");
  const { wallMs, userMs, systemMs, peakMemoryBytes } = usage;
  return [
    duration(wallMs),
    userMs === null || systemMs === null ? "?" : duration(userMs + systemMs),
    peakMemoryBytes === null
      ? "?"
      : `${(peakMemoryBytes / MIB).toFixed(1)} MiB`,
  ];
}

/** Why something is not known, a line for each reason. */
export function unknownLines(usages: readonly (Usage | null)[]): string[] {
  const reasons = usages.flatMap((usage) => {
    if (usage === null) return [];
    const { notes, ...figures } = usage;
    return Object.entries(notes)
      .filter(([name]) => figures[name as keyof typeof figures] === null)
      .map(([, note]) => note);
  });
  return [...new Set(reasons)].map((reason) => `? ${reason}`);
}
