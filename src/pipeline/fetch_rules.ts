/**
 * Rules of the steps that fill caches over the network, and of those that are given them.
 *
 * @module
 */
import { quoted } from "../core/printable.ts";
import type { JsonDocument } from "./document.ts";
import type { FaultList } from "./faults.ts";
import { type Ordered, orderedBy } from "./order.ts";
import type { StepOutline } from "./outline.ts";
import { label } from "./schema_faults.ts";

/** Adds what is wrong with the `fetch` and `fetched` of one step. */
export function addFetchFaults(
  step: StepOutline,
  document: JsonDocument,
  faults: FaultList,
): void {
  const seen = new Set<string>();
  for (const { value, at } of step.fetched) {
    if (seen.has(value)) {
      faults.add(
        document.place(at),
        `${label(step.at)} is given the ${value} cache twice`,
        "Keep one of the two",
      );
    }
    seen.add(value);
  }
  if (step.fetch === undefined) return;
  const { value: cache, at } = step.fetch;
  const fault = (message: string, hint: string) =>
    faults.add(document.place(at), `${label(step.at)} ${message}`, hint);
  if (step.kinds.length === 1 && step.kinds[0] === "deno") {
    fault(
      'is a "deno" step and has "fetch": Deno\'s permissions do not hold what Deno itself downloads',
      'Start Deno as a program: "run": ["deno", "cache", "--frozen", "main.ts"]',
    );
  }
  if (!step.online) {
    fault(
      `fetches into the ${cache} cache and has no network`,
      'Name the hosts in "permissions": "net": ["registry.example:443"]',
    );
  }
  const written = step.writes[0] ?? step.stdout;
  if (written !== undefined) {
    fault(
      `fetches into the ${cache} cache and writes ${
        quoted(written.value)
      }: the cache is all that may leave it`,
      'Write it in a step that has the cache in "fetched", or name it in "scratch" to throw it away',
    );
  }
  if (seen.has(cache)) {
    fault(
      `fetches into the ${cache} cache and is given one: a cache is filled from nothing`,
      `Take "${cache}" out of "fetched"`,
    );
  }
}

/** Adds a fault for every cache that a step is given where not exactly one step before it fetches that. */
export function addFetchedFaults(
  steps: readonly StepOutline[],
  ordered: readonly Ordered[],
  document: JsonDocument,
  faults: FaultList,
): void {
  const asking = [...steps.entries()].filter(([, { fetched }]) =>
    fetched.some(({ fromThisRun }) => fromThisRun)
  );
  if (asking.length === 0) return;
  const runsBefore = orderedBy(ordered);
  const fetchers = [...steps.entries()].filter(([, { fetch }]) =>
    fetch !== undefined
  );
  for (const [index, step] of asking) {
    for (const { value: cache, at, fromThisRun } of step.fetched) {
      if (!fromThisRun) continue;
      const all = fetchers.filter(([, { fetch }]) => fetch!.value === cache);
      const found = all.filter(([other]) => runsBefore(other, index));
      if (found.length === 1) continue;
      const names = found.map(([, { id }]) => quoted(id)).join(" and ");
      faults.add(
        document.place(at),
        found.length === 0
          ? `${
            label(step.at)
          } is given the ${cache} cache, which no step that it needs fetches`
          : `${
            label(step.at)
          } is given the ${cache} cache, which ${names} fetch`,
        found.length > 1
          ? "Let one step fetch all of it, or need one of them only"
          : all.length > 0
          ? `Add ${quoted(all[0][1].id)} to "needs"`
          : `Fill it in a step with "fetch": "${cache}" and name that in "needs", or name what an earlier run fetched: { "cache": "${cache}", "tree": "sha256:…" }`,
      );
    }
  }
}
