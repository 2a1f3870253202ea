/**
 * Which run `latest` and `#N` name: for every command the same one of the workspace, whether it
 * was closed or not, and whatever runs other workspaces have in the ledger.
 *
 * @module
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path/join";
import { copyTree } from "./support/copy_tree.ts";
import { gone } from "./support/processes.ts";
import { Running } from "./support/running.ts";
import { runWrit } from "./support/run_writ.ts";
import { codeOf, runOf, TRUST, World } from "./support/world.ts";

const QUICK = { make: { run: ["echo", "made"], stdout: "made.txt" } };
const SLOW = { wait: { run: ["sleep", "600"] } };

Deno.test("after a kill the newest run is the one that was killed, for verify as for show", async () => {
  await using world = await World.make({ unattended: true, steps: QUICK });
  const first = runOf(await world.execute());
  assertEquals(marks(world), []);
  world.putPipeline(SLOW);
  const running = new Running(world.start(["execute", "pipeline.json"]));
  await running.said("wait started");
  await gone(await running.kill());

  const shown = await world.show();
  assertEquals(shown.state, "indeterminate");
  const killed = shown.run.run;
  assertEquals((await world.show("#2")).run.run, first);
  for (const newest of ["latest", "#1", killed, killed.slice(0, -2)]) {
    const refused = await world.writ(["verify", newest, "--trust", TRUST]);
    assertEquals([refused.status, refused.stdout], [4, ""]);
    assertEquals(codeOf(refused), "bundle.unreadable");
    assertStringIncludes(refused.stderr, `Cannot verify ${killed}: `);
    assertStringIncludes(refused.stderr, `show ${killed} tells`);
    assertStringIncludes(refused.stderr, `verify ${first} is of the one`);
  }
  // The controls: the one before can be verified by its id and its place.
  assertEquals((await world.verify(first)).status, 0);
  assertEquals(JSON.parse((await world.verify("#2")).stdout).run, first);

  // Once it has its bundle, whatever it came to, that is what is judged.
  const resumed = new Running(
    world.start(["execute", "pipeline.json", "--resume", killed]),
  );
  await resumed.said("wait started");
  resumed.child.kill("SIGINT");
  assertEquals((await resumed.ended).status, 130);
  const report = await world.verify();
  assertEquals([report.status, JSON.parse(report.stdout).run], [1, killed]);
  assertEquals(marks(world), []);
});

Deno.test("a mark that a kill left beside the bundle misleads nobody, and gc removes it", async () => {
  await using world = await World.make({ unattended: true, steps: QUICK });
  const run = runOf(await world.execute());
  world.put({ [`.writ/runs/.open-${run}`]: "" });
  assertEquals(JSON.parse((await world.verify()).stdout).run, run);
  await world.must(["gc"]);
  assertEquals(marks(world), []);
  assertEquals((await world.verify()).status, 0);
});

Deno.test("two workspaces of one ledger each count their own runs", async () => {
  await using world = await World.make({ unattended: true, steps: QUICK });
  const other = join(world.root, "other");
  await copyTree(world.workspace, other);
  await world.accept(world.ann, other);
  const there = (...words: string[]) =>
    runWrit(words, { cwd: other, home: world.ann.home });
  const none = await there("show");
  assertEquals([none.status, codeOf(none)], [2, "reference.unknown"]);
  const mine = runOf(await world.execute());
  const theirs = runOf(await there("execute", "pipeline.json"));

  assertEquals((await world.show()).run.run, mine);
  assertEquals(JSON.parse((await world.verify()).stdout).run, mine);
  const shown = await there("show", "latest", "--json");
  assertEquals(JSON.parse(shown.stdout).run.run, theirs);
  // By its id a run of the ledger is found from everywhere.
  assertEquals((await world.show(theirs)).run.run, theirs);

  const log = await world.must(["log", "--runs", "--json"]);
  assertEquals(
    JSON.parse(log.stdout).runs.map((
      { run, here }: { run: string; here: boolean },
    ) => [run, here]),
    [[theirs, false], [mine, true]],
  );
  const text = await world.must(["log", "--runs"]);
  assertMatch(text.stdout, new RegExp(`^${mine} .* yes\\s*$`, "m"));
});

Deno.test("a run of the workspace that the ledger does not know is told", async () => {
  await using world = await World.make({ unattended: true, steps: QUICK });
  runOf(await world.execute());
  const strange = "run_7ZZZZZZZZZZZZZZZZZZZZZZZZZ";
  world.put({ [`.writ/runs/.open-${strange}`]: "", ".writ/runs/.open-x": "" });
  const shown = await world.writ(["show"]);
  assertEquals([shown.status, codeOf(shown)], [2, "reference.unknown"]);
  assertStringIncludes(shown.stderr, `${strange} of this workspace`);
});

function marks(world: World): string[] {
  return Array.from(
    Deno.readDirSync(world.at(".writ/runs")),
    (each) => each.name,
  ).filter((name) => !name.startsWith("run_"));
}
