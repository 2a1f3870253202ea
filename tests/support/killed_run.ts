/**
 * A run that kills its own process, as `kill -9` does, at its n-th write. What has been acknowledged
 * before is said on standard output, a line each.
 *
 * @module
 */
import { BreakingDisk } from "./breaking_disk.ts";
import { executeRound, type Place } from "./broken_runs.ts";

/** What it is told, as JSON. */
export interface KilledRun {
  place: Place;
  round: number;
  /** The write that it does not live to see; 0: none. */
  at: number;
}

const { place, round, at }: KilledRun = JSON.parse(Deno.args[0]);

const encoder = new TextEncoder();
const say = (line: string) => {
  // A pipe takes a line whole.
  Deno.stdout.writeSync(encoder.encode(`${line}\n`));
};

const disk = new BreakingDisk((n) => {
  if (n === at) Deno.kill(Deno.pid, "SIGKILL");
});

await executeRound(place, round, {
  store: () => disk.store(place.ledger),
  watch: (event) => {
    if (event.type === "admitted") say(`admitted ${event.run}`);
    if (event.type === "finished") say(`finished ${event.step}`);
    if (event.type === "sealed") say(`sealed ${event.run}`);
  },
});
say(`ended after ${disk.writes}`);
