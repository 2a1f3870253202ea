/**
 * What `show` and `tickets` tell of a ticket and its runs: what it is for, who asked, who signed,
 * and how a run that was cut off goes on.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { writHere } from "./support/in_process.ts";
import { interrupted } from "./support/interrupted.ts";
import { must } from "./support/parties.ts";
import { World } from "./support/world.ts";

/** A cell, and the one before it, with any space between. */
const row = (...cells: string[]) => new RegExp(cells.join("\\s+"));

Deno.test("a ticket and a run that was cut off tell whose they are, and how to go on", async (t) => {
  await using world = await World.make({
    params: { word: "none", other: "same" },
    steps: {
      make: {
        run: ["echo", "${params.word}", "${params.other}"],
        stdout: "made.txt",
      },
      use: {
        run: ["cat", "made.txt"],
        needs: ["make"],
        permissions: { read: ["made.txt"] },
      },
    },
  });
  const writ = (...words: string[]) =>
    must(writHere(words, { cwd: world.workspace, home: world.ann.home }));
  const json = async (...words: string[]) =>
    JSON.parse((await writ(...words, "--json")).stdout);
  const wish = ["--param", "word=a b", "--as", "agent:bot"];
  const ticket = await world.approve([...wish, "--reason", "for the test"]);
  const run = await interrupted(world, "pipeline.json", {
    params: { word: "a b" },
    requester: { kind: "agent", id: "bot", key: null },
  });
  const key = (await json("tickets", "show", ticket)).signers[0].key;
  const told =
    `writ execute PIPELINE --param 'word=a b' --as agent:bot --resume ${run}`;

  await t.step("show", async () => {
    const { stdout, stderr } = await writ("show");
    for (
      const line of [
        "requester agent bot",
        `signed by ann (${key})`,
        "reason    for the test",
      ]
    ) assertStringIncludes(stdout, line);
    assertEquals(row("make", "1", "begun").test(stdout), true, stdout);
    assertEquals(row("use", "not begun").test(stdout), true, stdout);
    assertStringIncludes(stderr, `Next: ${told}`);
    const shown = await json("show");
    assertEquals(
      [shown.pipeline, shown.requester.id, shown.reason, shown.next],
      ["work", "bot", "for the test", told],
    );
    assertEquals(shown.signers, [{ key, owner: "ann" }]);
  });
  await t.step("show --step, --status", async () => {
    const one = (await writ("show", "--step", "use")).stdout;
    assertEquals(row("use", "not begun").test(one), true, one);
    assertEquals(/^make/m.test(one), false, one);
    const none = (await writ("show", "--status", "ok")).stdout;
    assertEquals(none.includes("begun"), false, none);
  });
  await t.step("tickets show", async () => {
    const { stdout, stderr } = await writ("tickets", "show", ticket);
    for (
      const line of [
        "pipeline   work: make, use",
        "requester  agent bot",
        `signed by  ann (${key})`,
        `run        ${run} indeterminate`,
      ]
    ) assertStringIncludes(stdout, line);
    assertStringIncludes(stderr, `Next: ${told}`);
    const shown = await json("tickets", "show", ticket);
    assertEquals(shown.steps, ["make", "use"]);
    assertEquals(shown.runs, [{ run, state: "indeterminate", next: told }]);
    assertEquals(shown.plan, (await json("show")).run.plan);
  });
  await t.step("tickets list", async () => {
    const { stdout } = await writ("tickets", "list");
    assertEquals(row("work", "agent bot", "ann").test(stdout), true, stdout);
    const [listed] = (await json("tickets", "list")).tickets;
    assertEquals([listed.pipeline, listed.signers[0].owner], ["work", "ann"]);
  });
  await t.step("once it went on nothing of that is said any more", async () => {
    const words = ["execute", "pipeline.json", ...wish, "--resume", run];
    await writ(...words);
    const { stdout, stderr } = await writ("show");
    assertEquals(stderr, "");
    assertEquals(stdout.includes("begun"), false, stdout);
    const shown = await json("tickets", "show", ticket);
    assertEquals(shown.runs, [{ run, state: "ok", next: null }]);
    assertEquals((await json("show")).next, null);
  });
});
