/**
 * What Writ makes in a workspace stays out of commits, and nothing else does.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { runProgram } from "./support/run_writ.ts";
import { World } from "./support/world.ts";

/** What `git add --all` would take. */
async function added(world: World): Promise<string[]> {
  const { status, stdout, stderr } = await runProgram("git", [
    "add",
    "--all",
    "--dry-run",
    "--",
    ".writ",
  ], { cwd: world.workspace, home: world.ann.home });
  assertEquals(status, 0, stderr);
  return stdout.split("\n").filter((line) => line !== "");
}

async function inGit(): Promise<World> {
  const world = await World.make({
    unattended: true,
    steps: { hi: { run: ["echo", "hi"], stdout: "hi.txt" } },
  });
  const { status, stderr } = await runProgram("git", ["init", "--quiet"], {
    cwd: world.workspace,
    home: world.ann.home,
  });
  assertEquals(status, 0, stderr);
  return world;
}

Deno.test("bundles and requests stay out of commits, what else lies beside them does not", async () => {
  await using world = await inGit();
  world.put({ ".writ/notes.txt": "ours\n" });
  // Control: what Writ has not said anything of is taken.
  assertEquals(await added(world), ["add '.writ/notes.txt'"]);
  await world.must(["request", "pipeline.json"]);
  await world.must(["execute", "pipeline.json"]);
  assertEquals(await added(world), ["add '.writ/notes.txt'"]);
  await Deno.remove(world.at(".writ/.gitignore"));
  assertEquals((await added(world)).length > 2, true);
});

Deno.test("a .gitignore that is there already is kept, and none is followed", async () => {
  await using world = await inGit();
  world.put({ ".writ/.gitignore": "/notes.txt\n" });
  await world.must(["execute", "pipeline.json"]);
  assertEquals(world.text(".writ/.gitignore"), "/notes.txt\n");
  await Deno.remove(world.at(".writ/.gitignore"));
  await Deno.symlink("../elsewhere", world.at(".writ/.gitignore"));
  await world.must(["execute", "pipeline.json"]);
  assertEquals(world.text("elsewhere"), null);
});
