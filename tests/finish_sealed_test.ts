/**
 * A run that is sealed is finished from the ledger, whatever has become of the workspace.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { removeTree } from "../src/evidence/remove_tree.ts";
import { writHere } from "./support/in_process.ts";
import { codeOf, refused, runOf, World } from "./support/world.ts";

const env = { API_TOKEN: "s3cret-and-long-enough" };

const STEPS = {
  good: {
    run: ["sh", "-c", "cat in.txt; cp in.txt out.txt"],
    permissions: { read: ["in.txt"], write: ["out.txt"] },
    env: { TOKEN: { secret: "API_TOKEN" } },
  },
};

const namesIn = (folder: string) =>
  Array.from(Deno.readDirSync(folder), ({ name }) => name);

/** What becomes of the workspace after the run. */
const CHANGED: [name: string, change: (world: World) => void][] = [
  ["what it read has changed", (world) => world.put({ "in.txt": "other\n" })],
  ["what it read is gone", (world) => Deno.removeSync(world.at("in.txt"))],
  [
    "its pipeline is another one",
    (world) => world.putPipeline({ other: { run: ["true"] } }),
  ],
  [
    "its pipeline is none any more",
    (world) => world.put({ "pipeline.json": "{" }),
  ],
  ["nothing has changed", () => {}],
];

Deno.test("the bundle of a run that was closed is written again", async (t) => {
  await using world = await World.make({
    files: { "in.txt": "what goes in\n" },
    steps: STEPS,
  });
  const pipeline = world.text("pipeline.json")!;
  await world.approve();
  const ended = await world.execute([], world.ann, env);
  assertEquals(ended.status, 0, ended.stderr);
  const run = runOf(ended);
  const bundle = world.at(`.writ/runs/${run}`);
  const size = async () =>
    JSON.parse((await world.must(["log", "--verify", "--json"])).stdout).report
      .head.size;
  const before = await size();
  for (const [name, change] of CHANGED) {
    await t.step(
      `though ${name}, with nothing run and nothing asked for`,
      async () => {
        await removeTree(bundle);
        change(world);
        world.put({ "out.txt": "mine\n" });
        const again = await world.execute(["--resume", run]);
        assertEquals(again.status, 0, again.stderr);
        assertEquals(world.text("out.txt"), "mine\n");
        assertEquals((await world.verify(run)).status, 0);
        assertEquals(await size(), before);
        // No mark of a run that is under way is left beside it.
        assertEquals(namesIn(world.at(".writ/runs")), [run]);
        world.put({ "in.txt": "what goes in\n", "pipeline.json": pipeline });
      },
    );
  }
  await t.step("though its ticket has expired", async () => {
    await removeTree(bundle);
    const late = await writHere(
      ["execute", "pipeline.json", "--resume", run],
      {
        cwd: world.workspace,
        home: world.ann.home,
        now: () => Date.now() + 7_200_000,
      },
    );
    assertEquals(late.status, 0, late.stderr);
    assertEquals((await world.verify(run)).status, 0);
    assertEquals(await size(), before);
  });
  await t.step("but only where it is missing", async () => {
    refused(await world.execute(["--resume", run]), "run.not_resumable");
  });
  await t.step("but not under another policy than its own", async () => {
    await removeTree(bundle);
    world.put({ "policies/more.cedar": "// None.\n" });
    await world.accept(world.ann);
    refused(await world.execute(["--resume", run]), "ticket.decision");
    assertEquals(world.text(`.writ/runs/${run}/bundle.json`), null);
  });
});

Deno.test("the bundle of a run that failed is written again, and it still has failed", async () => {
  await using world = await World.make({
    unattended: true,
    steps: { bad: { run: ["sh", "-c", "echo no >&2; exit 3"] } },
  });
  const run = runOf(await world.execute());
  await removeTree(world.at(`.writ/runs/${run}`));
  const mark = `.writ/runs/.open-${run}`;
  world.put({ [mark]: "" });
  world.putPipeline({ other: { run: ["true"] } });
  const again = await world.execute(["--resume", run]);
  assertEquals([again.status, codeOf(again)], [1, null], again.stderr);
  assertStringIncludes(again.stdout, "1 failed");
  assertEquals((await world.verify(run)).status, 1);
  assertEquals(world.text(mark), null);
});
