/**
 * `kill -9` at every fourth write of a run, from the 1. on: with its three neighbours at every one.
 *
 * @module
 */
import { assert } from "@std/assert";
import { killRounds } from "./support/kill_rounds.ts";

Deno.test("killed at its writes 1, 5, 9, … a run is whole, has lost nothing it said, and goes on", async () => {
  const killed = await killRounds(1, 4);
  assert(killed >= 40, `${killed} rounds`);
});
