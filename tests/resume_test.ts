/**
 * What a resumed run does again, and that it is sealed as its receipts say.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { Receipt } from "../src/ledger/receipt.ts";
import { executeHere, interrupted } from "./support/interrupted.ts";
import { World } from "./support/world.ts";

Deno.test("a step that was tried again when the run broke off is run again, and the run verifies", async () => {
  await using world = await World.make({
    unattended: true,
    steps: { flaky: { run: ["false"], retries: 1 } },
  });
  const run = await interrupted(world, "pipeline.json", { breakOff: 2 });
  await executeHere(world, "pipeline.json", { resume: run });
  const receipts = world.text(`.writ/runs/${run}/receipts.jsonl`)!
    .trim().split("\n").map((line) => JSON.parse(line) as Receipt);
  const ends = receipts.flatMap(({ type, body }) =>
    type === "step.finished" ? [`${body.attempt} ${body.status}`] : []
  );
  assertEquals(ends.slice(0, 2), ["1 failed", "2 indeterminate"]);
  assertEquals(ends.at(-1)!.split(" ")[1], "failed");
  assertEquals(ends.length > 2, true, ends.join());
  const verified = await world.verify(run);
  assertEquals(verified.status, 1, verified.stdout);
});
