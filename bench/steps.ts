/**
 * What a governed native step costs beside a bare bubblewrap of the same namespaces and mounts,
 * which a loop of the shell starts.
 *
 * @module
 */
import { join } from "@std/path/join";
import { measureRounds, median, type Subject } from "./measure.ts";
import { CONFIG, MAIN, Place } from "./place.ts";
import { printTable } from "./print.ts";

/** Rounds of single steps, and of many. */
const ROUNDS = 11;
const ROUNDS_OF_MANY = 3;
/** Steps over which the cost of one more is spread. */
const MORE = 100;
const MANY = 1_000;
const AT_ONCE = [1, 2];
const BWRAP = "/usr/bin/bwrap";

/** Prints the cost of one more step, and of many in one run, under each backend. */
export async function benchSteps(): Promise<void> {
  await using place = await Place.make([]);
  for (const count of [1, 1 + MORE, MANY]) {
    await Deno.writeTextFile(
      join(place.workspace, `${count}.json`),
      JSON.stringify(pipeline(count)),
    );
  }
  const bare = await bareBubblewrap(place);
  const single = await measureRounds([
    loops("bare", bare, MORE, 1),
    run("one", place, "bubblewrap", 1, 1),
    run("more", place, "bubblewrap", 1 + MORE, 1),
    run("kernel one", place, "landlock", 1, 1),
    run("kernel more", place, "landlock", 1 + MORE, 1),
  ], ROUNDS);
  const more = (name: string, one: string) =>
    single.get(name)!.map((ms, round) => (ms - single.get(one)![round]) / MORE);
  const base = single.get("bare")!.map((ms) => ms / MORE);
  printTable(
    `one more no-op step, one at a time, median of ${ROUNDS} in turn`,
    [
      row("bare bwrap, started by a shell's loop", base, base),
      row("under bubblewrap", more("more", "one"), base),
      row("under Landlock", more("kernel more", "kernel one"), base),
    ],
  );
  for (const atOnce of AT_ONCE) await benchMany(place, bare, atOnce);
}

/** A whole run of many steps, so many at a time. */
async function benchMany(
  place: Place,
  bare: string[],
  atOnce: number,
): Promise<void> {
  const many = await measureRounds([
    loops("bare", bare, MANY, atOnce),
    run("run", place, "bubblewrap", MANY, atOnce),
    run("kernel run", place, "landlock", MANY, atOnce),
  ], ROUNDS_OF_MANY);
  const all = many.get("bare")!;
  printTable(
    `${
      MANY.toLocaleString("en")
    } no-op steps, ${atOnce} at a time, median of ${ROUNDS_OF_MANY} in turn`,
    [
      row(
        `bare bwrap, started by ${
          atOnce === 1 ? "a shell's loop" : `the loops of ${atOnce} shells`
        }`,
        all,
        all,
      ),
      row("one run under bubblewrap", many.get("run")!, all),
      row("one run under Landlock", many.get("kernel run")!, all),
    ],
  );
}

/** Times of rounds, and how they compare to others of the same rounds. */
function row(name: string, each: readonly number[], base: readonly number[]) {
  const ratios = each.map((ms, round) => ms / base[round]);
  return [
    name,
    `${median(each).toFixed(2)} ms`,
    `${median(ratios).toFixed(2)} x`,
  ];
}

function pipeline(count: number) {
  return {
    name: "steps",
    steps: Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`step-${i}`, { run: ["true"] }]),
    ),
  };
}

/** A whole run. Landlock is what is left where bubblewrap cannot be started. */
function run(
  name: string,
  { workspace, env }: Place,
  backend: "bubblewrap" | "landlock",
  count: number,
  jobs: number,
): Subject {
  const hidden = [
    ...[BWRAP, "--dev-bind", "/", "/"],
    ...["--ro-bind", "/dev/null", BWRAP, "--"],
  ];
  return {
    name,
    command: [
      ...(backend === "landlock" ? hidden : []),
      ...[Deno.execPath(), "run", "-A", "--v8-flags=--liftoff-only"],
      ...["--config", CONFIG, MAIN],
      ...["execute", `${count}.json`, "--jobs", `${jobs}`],
    ],
    cwd: workspace,
    env,
  };
}

/** How the runner starts a step, without what needs descriptors of the launcher's. */
async function bareBubblewrap(place: Place): Promise<string[]> {
  const { bundle } = JSON.parse(
    await place.writ(["execute", "1.json", "--json"]),
  );
  const receipts = await Deno.readTextFile(join(bundle, "receipts.jsonl"));
  const started = receipts.trim().split("\n")
    .map((line) => JSON.parse(line))
    .find(({ type }) => type === "step.started");
  const { argv, host } = started.body;
  const stage = join(place.root, "stage");
  await Deno.mkdir(stage);
  argv[argv.indexOf(host.stage)] = stage;
  for (const option of ["--seccomp", "--json-status-fd"]) {
    argv.splice(argv.indexOf(option), 2);
  }
  return argv;
}

/** So many starts of a command by loops of the shell. */
function loops(
  name: string,
  command: string[],
  count: number,
  atOnce: number,
): Subject {
  const script = `
    loop() { i=0; while [ $i -lt ${count / atOnce} ]; do
      "$@" || exit 1; i=$((i+1)); done; }
    ${'loop "$@" & '.repeat(atOnce - 1)} loop "$@"; wait`;
  return { name, command: ["/bin/sh", "-c", script, "sh", ...command] };
}
