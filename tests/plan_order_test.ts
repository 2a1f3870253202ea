/**
 * The order of the steps in a plan, and which of them made what a later one reads.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { isWithin } from "../src/core/paths.ts";
import { ancestors, executionOrder } from "../src/pipeline/order.ts";
import { planDigest } from "../src/plan/plan.ts";
import { Writers } from "../src/plan/writers.ts";
import { pipelineOf, planIn, Workspace } from "./support/workspaces.ts";

for (const needs of [["a", "b"], ["b", "a"]]) {
  Deno.test(`steps stand in the plan as they are checked, whatever the order of needs: ${needs}`, async () => {
    using workspace = new Workspace();
    const { plan } = await planIn(workspace, { c: { needs }, a: {}, b: {} });
    assertEquals(plan.steps.map(({ id }) => id), ["a", "b", "c"]);
    const { steps } = pipelineOf({ c: { needs }, a: {}, b: {} });
    assertEquals(executionOrder(steps), ["a", "b", "c"]);
  });
}

Deno.test("sorting the needs of a step changes no digest", async () => {
  using workspace = new Workspace();
  const [one, other] = await Promise.all(
    [["a", "b"], ["b", "a"]].map(async (needs) =>
      planDigest((await planIn(workspace, { c: { needs }, a: {}, b: {} })).plan)
    ),
  );
  assertEquals(one, other);
});

const PATHS = [".", "d", "d/e", "d/e/f", "g"];

Deno.test("property: who made a path is the last step before that wrote it", () => {
  const wish = fc.record({
    needs: fc.uniqueArray(fc.nat(9), { maxLength: 3 }),
    write: fc.uniqueArray(fc.constantFrom(...PATHS), { maxLength: 2 }),
  });
  fc.assert(
    fc.property(fc.array(wish, { maxLength: 10 }), (wishes) => {
      const { steps } = pipelineOf(Object.fromEntries(
        wishes.map(({ needs, write }, i) => [`s${i}`, {
          needs: needs.filter((need) => need < i).map((need) => `s${need}`),
          permissions: { write },
        }]),
      ));
      const writers = new Writers(steps);
      for (const step of steps) {
        const before = ancestors(steps, step.id);
        for (const path of PATHS) {
          const last = steps.findLast(({ id, permissions }) =>
            before.has(id) &&
            permissions.write.some((write) => isWithin(path, write))
          );
          assertEquals(writers.maker(step, path)?.step, last?.id);
        }
      }
    }),
  );
});
