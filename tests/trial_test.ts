/**
 * The steps of the trial, under each backend: in their natural text they do what they should.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { BACKENDS } from "./support/sandbox.ts";
import { TrialWorld } from "./support/trial_world.ts";
import { ROWS } from "./trial/rows.ts";
import { assertDone, story, underBackend } from "./trial/under_backend.ts";

const world = await TrialWorld.open();
Deno.test.afterAll(() => world[Symbol.asyncDispose]());

for (const row of ROWS) {
  for (const { name: which, backend } of BACKENDS) {
    const differs = which === "landlock" ? row.landlock : undefined;
    if (differs === undefined) {
      underBackend(row, row.name, [which, backend], async (place, backend) => {
        const tried = await world.try(place.root, row.steps, backend, row);
        assertDone(row, place, tried);
      });
    } else if ("refused" in differs) {
      const name = `${row.name}: refused for its ${differs.refused}`;
      underBackend(row, name, [which, backend], async (place, backend) => {
        const { refused, ended } = await world.try(
          place.root,
          row.steps,
          backend,
          row,
        );
        assertEquals(refused?.code, "sandbox.cannot_hold");
        assert(refused!.message.includes(differs.refused), refused!.message);
        assertEquals(ended, []);
      });
    } else {
      const name = `${row.name}: fails, and says so`;
      underBackend(row, name, [which, backend], async (place, backend) => {
        const tried = await world.try(place.root, row.steps, backend, row);
        assertEquals(tried.outcome, "failed");
        assertMatch(story(tried), differs.fails);
      });
    }
  }
}
