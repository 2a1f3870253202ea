/**
 * What gc sweeps and what it must leave: all that a run which goes on, can go on, or may begin needs.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path/join";
import {
  collect,
  DAY,
  expiredIn,
  gcWorld,
  later,
  pieces,
  present,
  STEPS,
  verified,
  wholeLedger,
} from "./support/gc_world.ts";
import { gone } from "./support/processes.ts";
import { Running } from "./support/running.ts";
import { refused, runOf, snapshot, TRUST, World } from "./support/world.ts";
import { isThere } from "./support/is_there.ts";

/** It waits until it is killed, or until a file is there that the test makes. */
const WAIT = {
  ...STEPS,
  wait: {
    run: ["sh", "-c", "cat in.txt; sleep 600"],
    needs: ["open", "closed"],
    permissions: { read: ["in.txt"] },
  },
};

/** How many files of blobs there are, and of listings. */
async function storedIn(
  world: World,
): Promise<{ blobs: number; trees: number }> {
  const state = await world.stateOfLedger();
  const count = (folder: string) =>
    Object.entries(snapshot(join(state, folder))).filter(([name, text]) =>
      /^[0-9a-f]{2}\//.test(name) && !text.startsWith("folder")
    ).length;
  return { blobs: count("blobs"), trees: count("trees") };
}

Deno.test("what runs of before read and wrote goes with their evidence, and nothing that is new", async () => {
  await using world = await gcWorld();
  await world.must(["execute", "pipeline.json"]);
  // What was sealed is gone by then; nobody else has the same bytes.
  const { unneeded } = await collect(world, 29);
  assertEquals([unneeded!.blobs, unneeded!.trees], [2, 0]);
  assert((await storedIn(world)).trees > 0);
  await collect(world, 31);
  assertEquals(await storedIn(world), { blobs: 0, trees: 0 });
  // Nothing is missed by what comes after.
  const run = runOf(await world.must(["execute", "pipeline.json"]));
  assertEquals((await world.verify(run)).status, 0);
  await wholeLedger(world);
});

Deno.test("what was planned and never approved goes at once", async () => {
  await using world = await World.make({
    files: { "in.txt": "what goes in\n" },
    steps: { open: STEPS.open },
  });
  refused(await world.execute(), "ticket.missing");
  assert((await storedIn(world)).blobs > 0);
  await collect(world, 0);
  assertEquals(await storedIn(world), { blobs: 0, trees: 0 });
});

Deno.test("what an approved pipeline rests on stays while its ticket holds", async () => {
  await using world = await World.make({
    files: { "in.txt": "what goes in\n" },
    steps: { open: STEPS.open },
  });
  await world.approve();
  const before = await storedIn(world);
  assertEquals((await collect(world, 0)).unneeded!.blobs, 0);
  assertEquals(await storedIn(world), before);
  // By its listing the file is named that is another.
  world.put({ "in.txt": "what else goes in\n" });
  const changed = await world.execute();
  refused(changed, "ticket.missing");
  assertStringIncludes(changed.stderr, '"in.txt" changed');
  world.put({ "in.txt": "what goes in\n" });
  await collect(world, 0);
  await world.must(["execute", "pipeline.json"]);
  // A day later a ticket can no longer be used.
  await using other = await World.make({
    files: { "in.txt": "what goes in\n" },
    steps: { open: STEPS.open },
  });
  await other.approve();
  await collect(other, 1);
  assertEquals(await storedIn(other), { blobs: 0, trees: 0 });
});

Deno.test("where a listing cannot be read this once gc removes nothing", async () => {
  await using world = await World.make({
    files: { "in.txt": "what goes in\n" },
    steps: { open: STEPS.open },
  });
  await world.approve();
  const trees = join(await world.stateOfLedger(), "trees");
  const listings = Object.keys(snapshot(trees))
    .filter((name) => /^[0-9a-f]{2}\/[0-9a-f]{62}$/.test(name))
    .map((name) => join(trees, name));
  assert(listings.length > 0);
  const before = await storedIn(world);
  for (const path of listings) {
    await Deno.rename(path, `${path}.kept`);
    await Deno.symlink(path, path);
  }
  const ended = await later(world, 0, ["gc", "--json"]);
  assert(ended.status !== 0, ended.stdout);
  for (const path of listings) await Deno.rename(`${path}.kept`, path);
  assertEquals(await storedIn(world), before);
  await world.must(["execute", "pipeline.json"]);
});

Deno.test("while a run is going, gc leaves all that it has, and its evidence however old", async () => {
  await using world = await gcWorld({ public: 0, sealed: 0 });
  const before = runOf(await world.must(["execute", "pipeline.json"]));
  world.putPipeline(WAIT);
  const running = new Running(world.start(["execute", "pipeline.json"]));
  await running.said("wait started");
  const run = /run_[0-9A-Z]{26}/.exec(
    (await later(world, 0, ["log", "--runs", "--json"])).stdout,
  )![0];

  const ended = await later(world, 60, ["gc", "--json"]);
  assertEquals(ended.status, 0);
  assertStringIncludes(ended.stderr, "Others plan or run at this moment");
  const answer = JSON.parse(ended.stdout);
  assertEquals(expiredIn(answer), [`${before} public`, `${before} sealed`]);
  assertEquals(answer.unneeded, null);
  // The earlier run's bytes are out of its bundle; in the store they wait for the next gc.
  assertEquals(await present(world, before), ["public store", "sealed store"]);

  running.child.kill("SIGINT");
  assertEquals((await running.ended).status, 130);
  assertEquals((await verified(world, 0, run)).exit, 1);
  await collect(world, 60);
  assertEquals(await present(world, before), []);
  assertEquals(await present(world, run), []);
  assertEquals((await verified(world, 60, run)).exit, 1);
  await wholeLedger(world);
});

Deno.test("a run that was killed can go on after gc, until its evidence is due", async () => {
  await using world = await gcWorld(undefined, WAIT);
  const kill = async () => {
    const running = new Running(world.start(["execute", "pipeline.json"]));
    await running.said("wait started");
    await gone(await running.kill());
    const { stdout } = await later(world, 0, ["log", "--runs", "--json"]);
    return /run_[0-9A-Z]{26}/.exec(stdout)![0];
  };
  const run = await kill();
  const answer = await collect(world, 6);
  assertEquals([answer.expired, answer.unneeded!.views], [[], [run]]);
  assertEquals(answer.unneeded!.blobs, 0);
  const resumed = new Running(
    world.start(["execute", "pipeline.json", "--resume", run]),
  );
  await resumed.said("wait started");
  resumed.child.kill("SIGINT");
  assertEquals((await resumed.ended).status, 130);
  assertEquals((await verified(world, 0, run)).exit, 1);

  const other = await kill();
  assertEquals(
    expiredIn(await collect(world, 40)).sort(),
    [
      ...[`${run} public`, `${run} sealed`],
      ...[`${other} public`, `${other} sealed`],
    ].sort(),
  );
  assertEquals(await storedIn(world), { blobs: 0, trees: 0 });
  refused(
    await world.execute(["--resume", other]),
    "run.not_resumable",
  );
  await wholeLedger(world);
});

Deno.test("what killed processes left goes: views, drafts of bundles, unfinished and unused caches", async () => {
  await using world = await gcWorld();
  await world.must(["execute", "pipeline.json"]);
  const state = await world.stateOfLedger();
  const old = new Date(Date.now() - 31 * DAY);
  const left = [
    join(state, "views/run_01KEYHQ8000000000000000000/s-1/work"),
    join(state, "deno-dirs/new-1"),
    join(state, "deno-dirs/unused"),
    join(state, "etc/.etc-abc"),
    world.at(".writ/runs/.bundle-abc"),
    world.at(".writ/runs/.gone-abc/sha256"),
  ];
  const used = join(state, "deno-dirs/used");
  for (const path of [...left, used]) {
    await Deno.mkdir(path, { recursive: true });
    await Deno.writeTextFile(join(path, "file"), "left");
  }
  await Deno.utime(join(state, "deno-dirs/unused"), old, old);
  const draft = world.at(".writ/runs/.expired-abc");
  await Deno.writeTextFile(draft, "left");
  const { unneeded } = await collect(world, 0);
  assertEquals(
    [unneeded!.denoDirs, unneeded!.drafts],
    [2, 3],
  );
  assert(unneeded!.views.includes("run_01KEYHQ8000000000000000000"));
  assertEquals([...left, draft].filter(isThere), []);
  assertEquals(isThere(used), true);
});

/** What lies where a bundle's evidence is expected, and leads elsewhere. */
const LINKS: [what: string, path: (run: string) => string][] = [
  ["the evidence", (run) => `.writ/runs/${run}/evidence`],
  ["the folder of digests", (run) => `.writ/runs/${run}/evidence/sha256`],
  ["the bundle", (run) => `.writ/runs/${run}`],
];

for (const [what, path] of LINKS) {
  Deno.test(`gc follows no link in the place of ${what}`, async () => {
    await using world = await gcWorld();
    const run = runOf(await world.must(["execute", "pipeline.json"]));
    const other = runOf(await world.must(["execute", "pipeline.json"]));
    const elsewhere = join(world.root, "elsewhere");
    await Deno.rename(world.at(path(run)), elsewhere);
    await Deno.symlink(elsewhere, world.at(path(run)));
    const before = snapshot(elsewhere);
    const ended = await later(world, 40, ["gc", "--json"]);
    assertEquals(ended.status, 3, ended.stderr);
    const answer = JSON.parse(ended.stdout);
    assertEquals(answer.left.map((one: { run: string }) => one.run), [run]);
    assertStringIncludes(ended.stderr, `left in the bundle of ${run}: Cannot`);
    assertEquals(snapshot(elsewhere), before);
    // The others are not kept by it.
    assertEquals(answer.bundles, [other]);
    assertEquals((await verified(world, 40, other)).exit, 0);
  });
}

Deno.test("what somebody put in the place of an expiry is replaced by the ledger's", async () => {
  await using world = await gcWorld();
  const run = runOf(await world.must(["execute", "pipeline.json"]));
  await collect(world, 40);
  const told = world.at(`.writ/runs/${run}/expired.json`);
  const good = Deno.readTextFileSync(told);
  const elsewhere = join(world.root, "elsewhere.json");
  for (
    const spoil of [
      () => Deno.writeTextFileSync(told, ""),
      () => Deno.writeTextFileSync(told, '{"v":1,"v":1}'),
      () => Deno.writeTextFileSync(told, good.replace("public", "sealed")),
      () => Deno.symlinkSync(elsewhere, told),
    ]
  ) {
    Deno.removeSync(told);
    spoil();
    assertEquals((await collect(world, 40)).bundles, [run]);
    assertEquals(Deno.lstatSync(told).isFile, true);
    assertEquals((await verified(world, 40, run)).exit, 0);
  }
  assertEquals(isThere(elsewhere), false);
});

Deno.test("a bundle in another workspace is cleared where it lies", async () => {
  await using world = await gcWorld();
  const run = runOf(await world.must(["execute", "pipeline.json"]));
  const copy = join(world.root, "copy");
  await Deno.rename(world.workspace, copy);
  await Deno.mkdir(join(world.workspace, ".writ"), { recursive: true });
  await Deno.mkdir(world.at("policies"));
  for (const { name } of Deno.readDirSync(join(copy, "policies"))) {
    await Deno.copyFile(
      join(copy, "policies", name),
      world.at(`policies/${name}`),
    );
  }
  assertEquals(expiredIn(await collect(world, 40)).length, 2);
  await Deno.remove(world.workspace, { recursive: true });
  await Deno.rename(copy, world.workspace);
  // It was whole, and is true as long as it holds all that it lists.
  assertEquals(await verified(world, 40, run), { exit: 0, found: [] });
  const answer = await collect(world, 40);
  assertEquals([answer.expired, answer.bundles], [[], [run]]);
  assertEquals(
    (await pieces(world, run)).some((one) => isThere(one.inBundle)),
    false,
  );
  assertEquals((await verified(world, 40, run)).exit, 0);
});

Deno.test("a run's bundle stays true under a trust file that is read elsewhere", async () => {
  await using world = await gcWorld();
  const run = runOf(await world.must(["execute", "pipeline.json"]));
  await collect(world, 40);
  const trust = join(world.root, "trust.json");
  await Deno.copyFile(world.at(TRUST), trust);
  const moved = join(world.root, "bundle");
  await Deno.rename(world.at(`.writ/runs/${run}`), moved);
  const ended = await later(world, 40, ["verify", moved, "--trust", trust]);
  assertEquals(ended.status, 0, ended.stdout);
});
