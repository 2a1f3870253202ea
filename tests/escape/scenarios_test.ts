/**
 * The escape suite: what happens while a run is on, and what is refused before there is one.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { codeOf, World } from "../support/world.ts";
import { Machine, RUNNERS } from "./machine.ts";
import { REFUSALS } from "./refusals.ts";
import { SCENARIOS } from "./scenarios.ts";
import { DOES } from "./test_acts.ts";

for (const { what, world, act, control, under, needs = [] } of SCENARIOS.acts) {
  for (const { name, lacks } of RUNNERS) {
    const lack = [lacks, ...needs].find((lack) => lack !== null);
    Deno.test({
      name: `${name} ${DOES[under[name].claim]} ${what}${
        lack === undefined ? "" : `: this machine lacks ${lack}`
      }`,
      ignore: lack !== undefined,
      fn: async () => {
        await using free = await Machine.make(name, world);
        assert(await control(free), "the control");
        await using machine = await Machine.make(name, world);
        assertEquals(await act(machine), false);
      },
    });
  }
}

const FILES = {
  "src/main.ts": "",
  "src/evil.ts": "",
  "src/evil.json": "{}",
  "leads-in": { link: "src" },
  "leads-out": { link: "/etc" },
};
const PARAMS = { flag: "-A", quiet: "--quiet" };

let asking: Promise<World> | undefined;
Deno.test.afterAll(async () => await (await asking)?.[Symbol.asyncDispose]());

for (const { what, code, steps, granted } of REFUSALS.acts) {
  Deno.test(`Writ refuses ${what}`, async () => {
    const world = await (asking ??= World.make({ files: FILES }));
    world.putPipeline(granted, PARAMS);
    await world.must(["run", "pipeline.json"]);
    world.putPipeline(steps, PARAMS);
    const ended = await world.writ(["run", "pipeline.json"]);
    assertEquals(codeOf(ended), code, ended.stderr);
    assert(ended.status === 2 || ended.status === 3, `${ended.status}`);
  });
}
