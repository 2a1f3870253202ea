/**
 * A user who is not root, and whom the machine knows no name and no home of, as in many containers.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { LACKS_USER_NAMESPACE, writIn } from "./support/user_namespace.ts";
import { World } from "./support/world.ts";

const UID = 64321;

function asNobody(world: World, words: readonly string[]) {
  const user = [`--map-user=${UID}`, `--map-group=${UID}`];
  const here = { cwd: world.workspace, home: world.ann.home };
  return writIn(user, [], words, here);
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name: `a user without a name: ${name}${LACKS_USER_NAMESPACE}`,
    ignore: LACKS_USER_NAMESPACE !== "",
    fn,
  });
}

test("the demo goes the whole way", async () => {
  await using world = await World.make();
  const { status, stdout, stderr } = await asNobody(world, ["demo"]);
  assertEquals(status, 0, stderr);
  assertStringIncludes(stdout, ": verified\n");
});

test("a step runs, and leaves its product", async () => {
  await using world = await World.make({
    unattended: true,
    steps: {
      make: {
        run: ["sh", "-c", "echo made > made.txt"],
        permissions: { write: ["made.txt"] },
      },
    },
  });
  const ended = await asNobody(world, ["execute", "pipeline.json"]);
  assertEquals(ended.status, 0, ended.stderr);
  assertEquals(world.text("made.txt"), "made\n");
});

test("doctor tries the sandbox", async () => {
  await using world = await World.make();
  const { status, stdout, stderr } = await asNobody(world, [
    "doctor",
    "--json",
  ]);
  assertEquals(status, 0, stderr);
  const { holds } = JSON.parse(stdout) as {
    holds: { what: string; under: Record<string, { held: string }> }[];
  };
  const row = holds.find(({ what }) => what === "read an undeclared file");
  assertEquals(
    [...new Set(Object.values(row!.under).map(({ held }) => held))],
    ["holds"],
  );
});
