/**
 * The name that goes on a key or on what is done, where the machine does not say it.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { World } from "./support/world.ts";

Deno.test("without a user's name each command says which option gives it, and changes nothing", async () => {
  await using world = await World.make({ steps: { hi: { run: ["true"] } } });
  await world.approve();
  const status = async () =>
    JSON.parse(
      (await world.must(["tickets", "show", "latest", "--json"])).stdout,
    )
      .status;
  for (
    const [words, what, hint] of [
      [
        ["tickets", "revoke", "latest", "--yes"],
        "Cannot tell who revokes the ticket",
        "--by NAME",
      ],
      [
        ["keys", "new", "other", "--open"],
        "Cannot tell whose key it is",
        "--owner NAME",
      ],
    ] as const
  ) {
    const ended = await world.writ(words);
    assertEquals(ended.status, 2, ended.stderr);
    assertStringIncludes(ended.stderr, what);
    assertStringIncludes(ended.stderr, hint);
  }
  assertEquals(await status(), "open");
  const { keys } = JSON.parse(
    (await world.must(["keys", "list", "--json"])).stdout,
  );
  assertEquals(
    keys.filter(({ name }: { name: string }) => name === "other"),
    [],
  );
  // The control: with a name both are done.
  await world.must(["tickets", "revoke", "latest", "--yes", "--by", "ann"]);
  await world.must(["keys", "new", "other", "--open", "--owner", "ann"]);
  assertEquals(await status(), "revoked");
});
