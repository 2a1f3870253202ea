/**
 * What this machine holds, tried, as `doctor` shows it.
 *
 * @module
 */
import type { Backend } from "../../sandbox/confinement.ts";
import { type Fix, fixesFor, lookHere } from "../../sandbox/fixes.ts";
import { startLauncher } from "../../sandbox/launcher.ts";
import { probe } from "../../sandbox/probe.ts";
import { type TrialRow, tryBackends } from "../../sandbox/try_backends.ts";
import type { Terminal } from "../terminal.ts";

/** What was found. */
export interface Machine {
  backends: Backend[];
  /** Why others do not hold, or not in their fullest form. */
  failures: string[];
  /** What was tried of each. */
  holds: TrialRow[];
  fixes: Fix[];
}

/** Starts every backend and tries it. */
export async function lookAtMachine(): Promise<Machine> {
  const launcher = await startLauncher();
  try {
    const { backends, failures } = await probe(launcher);
    return {
      backends,
      failures,
      holds: await tryBackends(launcher, backends),
      fixes: fixesFor(backends, failures, lookHere),
    };
  } finally {
    await launcher.close();
  }
}

/** The table, and what would make it better. */
export function machineLines(
  { backends, failures, holds, fixes }: Machine,
  terminal: Pick<Terminal, "paint" | "table">,
): string[] {
  const { paint } = terminal;
  const cell = (row: TrialRow, { name }: Backend) => {
    const { held, by } = row.under[name];
    if (held === "untried") return "not possible here anyway";
    return held === "holds"
      ? `${paint("good", "stopped")}${by === null ? "" : ` by ${by}`}`
      : paint("bad", "not stopped");
  };
  return [
    ...(backends.length === 0 ? [] : [
      "",
      ...terminal.table({
        head: [
          "can a step",
          ...backends.map(({ name, version }) => `${name} ${version}`),
        ],
        rows: holds.map((row) => [
          row.what,
          ...backends.map((backend) => cell(row, backend)),
        ]),
      }),
    ]),
    ...fixes.flatMap(({ missing, fix }) => [
      "",
      `${paint("care", "Not held here:")} ${missing}`,
      `  fix: ${fix}`,
    ]),
    ...failures.map((failure) => `  ${failure}`),
  ];
}
