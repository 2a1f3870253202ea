/**
 * What other tools execute, written below a path that did not say so: not unless a person
 * approved the step.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { endsOf, World } from "./support/world.ts";

const sh = (script: string) => ["sh", "-c", script];

const made = (
  script: string,
  permissions: Record<string, string[]>,
  files: Record<string, string> = {},
) =>
  World.make({
    unattended: true,
    files,
    steps: { build: { run: sh(script), permissions } },
  });

/** How the one step ended, and whether the verifier finds it so. */
async function executed(world: World): Promise<string> {
  const { status } = await world.execute();
  assertEquals((await world.verify()).status, status);
  return endsOf(await world.show()).build;
}

const REASON = (path: string) =>
  `failed: it wrote "${path}", which other tools execute; nobody reviewed that`;

Deno.test("what tools execute is not published unattended, and is once a person approved it", async () => {
  await using world = await made("mkdir dist && echo {} > dist/package.json", {
    write: ["dist"],
  });
  assertEquals(await executed(world), REASON("dist/package.json"));
  assertEquals(world.text("dist/package.json"), null);

  const ticket = await world.approve();
  assertEquals(await executed(world), "ok");
  assertEquals((await world.show()).run.ticket, ticket);
  assertEquals(world.text("dist/package.json"), "{}\n");

  // The ticket was for one run.
  assertEquals(await executed(world), REASON("dist/package.json"));
});

Deno.test("what a step leaves as it was it did not write", async () => {
  await using world = await made("echo 2 > web/a", {
    read: ["web"],
    write: ["web"],
  }, { "web/package.json": "{}\n", "web/a": "1\n" });
  assertEquals(await executed(world), "ok");
  assertEquals(world.text("web/a"), "2\n");
});

for (
  const [what, script, path] of [
    ["changed", "echo 2 > web/package.json", "web/package.json"],
    ["made a program", "chmod +x web/package.json", "web/package.json"],
    ["moved", "mv web/package.json web/a/package.json", "web/a/package.json"],
  ] as const
) {
  Deno.test(`what a step ${what} it wrote`, async () => {
    await using world = await made(script, { read: ["web"], write: ["web"] }, {
      "web/package.json": "{}\n",
      "web/a/b": "1\n",
    });
    assertEquals(await executed(world), REASON(path));
    assertEquals(world.text("web/package.json"), "{}\n");
  });
}

Deno.test("a folder of tools that is written as such was seen by policy", async () => {
  await using world = await made(
    "mkdir node_modules && echo 1 > node_modules/a",
    {
      write: ["node_modules"],
    },
  );
  assertEquals((await world.execute()).status, 3);
  await world.approve();
  assertEquals(await executed(world), "ok");
});
