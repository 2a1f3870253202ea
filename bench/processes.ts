/**
 * Whole processes: medians, as milliseconds and as ratios to a bare `deno run` of an empty file
 * in the same rounds.
 *
 * @module
 */
import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import { measure, type Subject } from "./measure.ts";
import { CONFIG, MAIN, Place } from "./place.ts";
import { printTable } from "./print.ts";

const ROUNDS = 11;
const HELLO = ["greet.ts", "pipeline.json", "words.json"]
  .map((name) => `examples/hello/${name}`);

/** The dry run of `examples/hello`, and `verify.ts` on its bundle. */
export async function benchProcesses(): Promise<void> {
  await using place = await Place.make(HELLO);
  await Deno.writeTextFile(join(place.root, "empty.js"), "");
  const subjects = subjectsOf(place, await runOnce(place));
  const medians = await measure(subjects, ROUNDS);
  const base = medians.get(subjects[0].name)!;
  printTable(
    `whole processes, median of ${ROUNDS} in turn`,
    Array.from(medians, ([name, ms]) => [
      name,
      `${ms.toFixed(0)} ms`,
      `${(ms / base).toFixed(1)} x`,
    ]),
  );
}

function subjectsOf(
  { root, workspace, env }: Place,
  { bundle, trust }: { bundle: string; trust: string },
): Subject[] {
  const config = ["--config", CONFIG];
  return [
    {
      name: "deno run of an empty file",
      command: [Deno.execPath(), "run", join(root, "empty.js")],
    },
    {
      name: "dry run of examples/hello",
      command: [
        ...[Deno.execPath(), "run", "--no-prompt"],
        ...["--v8-flags=--liftoff-only", ...config],
        ...["--allow-read", "--allow-env", "--deny-run", "--deny-ffi"],
        ...["--deny-net", "--deny-write", MAIN],
        ...["run", "examples/hello/pipeline.json"],
      ],
      cwd: workspace,
      env,
    },
    {
      name: "verify.ts on its bundle",
      command: [
        ...[Deno.execPath(), "run", ...config, "--allow-read"],
        ...[join(dirname(CONFIG), "verify.ts"), bundle, "--trust", trust],
      ],
      cwd: root,
    },
  ];
}

/** Executes the example, and returns where its bundle and trust file lie. */
async function runOnce(
  place: Place,
): Promise<{ bundle: string; trust: string }> {
  const executed = await place.writ([
    ...["execute", "examples/hello/pipeline.json", "--json"],
  ]);
  const { bundle } = JSON.parse(executed);
  return { bundle, trust: join(place.workspace, "policies/trust.json") };
}
