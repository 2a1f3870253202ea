/**
 * gc that is killed at any moment, runs twice at once, or meets a state of before.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path/join";
import { copyTree, putBack } from "./support/copy_tree.ts";
import {
  collect,
  gcWorld,
  later,
  pieces,
  present,
  verified,
  wholeLedger,
} from "./support/gc_world.ts";
import { gone } from "./support/processes.ts";
import { Running } from "./support/running.ts";
import { refused, runOf, type World } from "./support/world.ts";
import { isThere } from "./support/is_there.ts";

const GONE = "evidence.retention WARN evidence.expired";
const NOW = { public: 0, sealed: 0 };

/** A world with runs whose evidence is due. */
async function dueWorld(
  runs: number,
): Promise<{ world: World; runs: string[] }> {
  const world = await gcWorld(NOW);
  const ids: string[] = [];
  for (let n = 0; n < runs; n++) {
    ids.push(runOf(await world.must(["execute", "pipeline.json"])));
  }
  return { world, runs: ids };
}

/** Each run's evidence is gone, once, and verify says so. */
async function allExpired(world: World, runs: readonly string[]) {
  for (const run of runs) {
    assertEquals(await present(world, run), []);
    assertEquals(await verified(world, 0, run), { exit: 0, found: [GONE] });
  }
  await wholeLedger(world);
  const { stdout } = await later(world, 0, ["log", "--all", "--json"]);
  const expired = [...stdout.matchAll(/"type": ?"evidence\.expired"/g)].length;
  assertEquals(expired, 2 * runs.length);
}

/** Stops a gc in the middle of its work by what it finds there, then puts that right. */
const MOMENTS: [
  what: string,
  stop: (world: World, run: string) => Promise<() => Promise<void>>,
][] = [
  [
    "after the entry, before the bundle tells of it",
    async (world, run) => {
      // A folder that is a link is left.
      const at = world.at(`.writ/runs/${run}`);
      const aside = join(world.root, "aside");
      await Deno.rename(at, aside);
      await Deno.symlink(aside, at);
      return async () => {
        await Deno.remove(at);
        await Deno.rename(aside, at);
      };
    },
  ],
  [
    "after the bundle tells of it, before the bytes go",
    async (world, run) => {
      const at = world.at(`.writ/runs/${run}/evidence/sha256`);
      const aside = join(world.root, "aside");
      await Deno.rename(at, aside);
      await Deno.symlink(aside, at);
      return async () => {
        await Deno.remove(at);
        await Deno.rename(aside, at);
      };
    },
  ],
];

for (const [what, stop] of MOMENTS) {
  Deno.test(`gc that ends ${what} is finished by the next`, async () => {
    const { world, runs } = await dueWorld(1);
    await using _ = world;
    const goOn = await stop(world, runs[0]);
    const ended = await later(world, 0, ["gc", "--json"]);
    assertEquals(ended.status, 3, ended.stderr);
    await goOn();
    assertEquals((await verified(world, 0, runs[0])).exit, 0);
    const size = await wholeLedger(world);
    const next = await collect(world, 0);
    assertEquals([next.expired, next.bundles], [[], runs]);
    assertEquals(await wholeLedger(world), size);
    await allExpired(world, runs);
  });
}

Deno.test("gc that ends between two pieces of evidence is finished by the next", async () => {
  const { world, runs: [run] } = await dueWorld(1);
  await using _ = world;
  const files = (await pieces(world, run)).map(({ inBundle }) => inBundle);
  const kept = new Map(
    [...new Set(files)].map((file) => [file, Deno.readFileSync(file)]),
  );
  await collect(world, 0);
  const [first] = kept.keys();
  await Deno.mkdir(world.at(`.writ/runs/${run}/evidence/sha256`), {
    recursive: true,
  });
  Deno.writeFileSync(first, kept.get(first)!);
  assertEquals(await verified(world, 0, run), {
    exit: 0,
    found: [`${GONE} evidence.not_removed`],
  });
  assertEquals((await collect(world, 0)).bundles, [run]);
  assertEquals(isThere(first), false);
  await allExpired(world, [run]);
});

Deno.test("killed at any moment, gc leaves what verifies, and the next one finishes it", async () => {
  const { world, runs } = await dueWorld(4);
  await using _ = world;
  const began = performance.now();
  await world.must(["gc", "--dry-run"]);
  const whole = performance.now() - began;
  // Later each time, until one was faster than its death.
  let kills = 0;
  for (let wait = 0.4 * whole;; wait += 0.07 * whole) {
    const running = new Running(world.start(["gc"]));
    await new Promise((resolve) => setTimeout(resolve, wait));
    const pids = await running.kill();
    await gone(pids);
    const { status } = await running.ended;
    for (const run of runs) {
      assertEquals((await verified(world, 0, run)).exit, 0, `${wait} ms`);
    }
    await wholeLedger(world);
    if (status === 0) break;
    assertEquals(status, 137);
    kills++;
  }
  assert(kills > 0);
  await collect(world, 0);
  await allExpired(world, runs);
});

Deno.test("of gcs at once each piece of evidence expires by one", async () => {
  const { world, runs } = await dueWorld(3);
  await using _ = world;
  const all = await Promise.all(
    [1, 2, 3].map(() => world.writ(["gc", "--json"])),
  );
  assertEquals(all.map(({ status }) => status), [0, 0, 0], all[0].stderr);
  const expired = all.flatMap(({ stdout }) => JSON.parse(stdout).expired);
  assertEquals(
    expired.map(({ run }: { run: string }) => run).sort(),
    [...runs].sort(),
  );
  await allExpired(world, runs);
});

Deno.test("gc beside runs that come and go breaks none of them", async () => {
  const { world, runs } = await dueWorld(1);
  await using _ = world;
  let more = true;
  const collecting = (async () => {
    while (more) {
      const ended = await world.writ(["gc"]);
      assertEquals(ended.status, 0, ended.stderr);
    }
  })();
  for (let n = 0; n < 3; n++) {
    const ended = await world.execute();
    assertEquals(ended.status, 0, ended.stderr);
    runs.push(runOf(ended));
    world.put({ "in.txt": `what goes in ${n}\n` });
  }
  more = false;
  await collecting;
  await collect(world, 0);
  await allExpired(world, runs);
});

Deno.test("a state of before in which nothing has expired is refused", async () => {
  const { world, runs } = await dueWorld(1);
  await using _ = world;
  const yesterday = join(world.root, "yesterday");
  await copyTree(world.ann.state, yesterday);
  await collect(world, 0);
  const today = join(world.root, "today");
  await copyTree(world.ann.state, today);
  await putBack(yesterday, world.ann.state);
  refused(await later(world, 0, ["gc"]), "ledger.rolled_back");
  refused(await later(world, 0, ["gc", "--dry-run"]), "ledger.rolled_back");
  assertEquals((await verified(world, 0, runs[0])).exit, 0);
  await putBack(today, world.ann.state);
  assertEquals((await collect(world, 0)).expired, []);
});

Deno.test("blobs of before that are put back go again", async () => {
  const { world, runs } = await dueWorld(1);
  await using _ = world;
  const blobs = join(await world.stateOfLedger(), "blobs");
  const copy = join(world.root, "copy");
  await copyTree(blobs, copy);
  await collect(world, 0);
  await putBack(copy, blobs);
  const bundle = world.at(`.writ/runs/${runs[0]}`);
  assertEquals(isThere(join(bundle, "evidence")), false);
  await collect(world, 40);
  assertEquals(await present(world, runs[0]), []);
});
