/**
 * Rounds in which a process that executes is killed at each of its writes.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { BrokenRuns, type Told } from "./broken_runs.ts";
import type { KilledRun } from "./killed_run.ts";

const CHILD = new URL("./killed_run.ts", import.meta.url).pathname;

/**
 * Kills run after run at their writes number `first`, `first + every`, … until one has no such write,
 * and requires of each what {@linkcode BrokenRuns} requires.
 *
 * @returns how many were killed
 */
export async function killRounds(
  first: number,
  every: number,
): Promise<number> {
  await using runs = await BrokenRuns.make(["fresh", "more"]);
  let killed = 0;
  for (let at = first;; at += every) {
    const round = ++killed;
    const { signal, lines } = await run({ place: runs.place, round, at });
    if (signal === null) {
      assert(lines.at(-1)?.startsWith("ended after "), lines.join());
      return killed - 1;
    }
    assertEquals(signal, "SIGKILL");
    await runs.check(round, toldBy(lines));
    await runs.goOn(round, null);
  }
}

async function run(
  task: KilledRun,
): Promise<{ signal: Deno.Signal | null; lines: string[] }> {
  const { signal, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--v8-flags=--liftoff-only",
      CHILD,
      JSON.stringify(task),
    ],
    // What the kill leaves there goes with the world.
    env: { TMPDIR: task.place.temporary },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).output();
  return {
    signal,
    lines: new TextDecoder().decode(stdout).split("\n").slice(0, -1),
  };
}

function toldBy(lines: readonly string[]): Told | null {
  const said = (what: string) =>
    lines.filter((line) => line.startsWith(`${what} `))
      .map((line) => line.slice(what.length + 1));
  const [run] = said("admitted");
  if (run === undefined) return null;
  return { run, steps: said("finished"), sealed: said("sealed").length > 0 };
}
