/**
 * The escape suite: Deno steps. The backends are tried with flags that allow everything, the flags
 * without a backend.
 *
 * @module
 */
import { assert } from "@std/assert";
import { DENO_STEPS } from "./deno_steps.ts";
import { judge, testActs } from "./test_acts.ts";
import { tryFlags, tryFree } from "./try_act.ts";

testActs(DENO_STEPS);

for (const act of DENO_STEPS.acts) {
  const verdict = act.flags!;
  const does = verdict.claim === "stopped" ? "stop" : "do not cover";
  Deno.test(`the flags of Deno alone ${does} ${act.what}`, async () => {
    const free = await tryFree(act);
    assert(free.begun && free.done, `the control: ${free.said}`);
    judge(await tryFlags(act), verdict);
  });
}
