/**
 * gc: evidence expires when it is due and not before, the ledger says so first, and verify tells.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path/join";
import { canonicalBytes } from "../src/core/canonical_json.ts";
import {
  collect,
  expiredIn,
  gcWorld,
  keep,
  later,
  pieces,
  present,
  verified,
  wholeLedger,
} from "./support/gc_world.ts";
import { runProgram } from "./support/run_writ.ts";
import { ROOT } from "./support/source_files.ts";
import { runOf, TRUST } from "./support/world.ts";
import { isThere } from "./support/is_there.ts";

const ALL = ["public bundle", "public store", "sealed bundle", "sealed store"];
const GONE = "evidence.retention WARN evidence.expired";

Deno.test("sealed evidence goes after a week, public evidence after a month, and verify tells", async () => {
  await using world = await gcWorld();
  const run = runOf(await world.must(["execute", "pipeline.json"]));
  const bundle = world.at(`.writ/runs/${run}`);
  const index = Deno.readTextFileSync(`${bundle}/bundle.json`);
  const size = await wholeLedger(world);

  const shownBefore = await later(world, 0, ["show", run]);
  assertStringIncludes(
    shownBefore.stdout,
    "evidence  public, 2 pieces, 13 B, kept until ",
  );

  assertEquals(expiredIn(await collect(world, 6.9)), []);
  assertEquals(await present(world, run), ALL);
  assertEquals(await verified(world, 6.9), { exit: 0, found: [] });
  assertEquals(await wholeLedger(world), size);

  const first = await collect(world, 7.1);
  assertEquals(expiredIn(first), [`${run} sealed`]);
  assertEquals(first.expired[0].kept, ["public"]);
  assertEquals(first.bundles, [run]);
  assertEquals(await present(world, run), ["public bundle", "public store"]);
  assertEquals(await verified(world, 7.1), { exit: 0, found: [GONE] });
  assertEquals(await wholeLedger(world), size + 1);

  assertEquals(expiredIn(await collect(world, 29.9)), []);
  assertEquals(expiredIn(await collect(world, 30.1)), [`${run} public`]);
  assertEquals(await present(world, run), []);
  assertEquals(await verified(world, 30.1), { exit: 0, found: [GONE] });
  assertEquals(await wholeLedger(world), size + 2);

  const again = await collect(world, 365);
  assertEquals([again.expired, again.bundles], [[], []]);
  assertEquals(await wholeLedger(world), size + 2);
  // What the bundle lists is what it listed.
  assertEquals(Deno.readTextFileSync(`${bundle}/bundle.json`), index);
  assertEquals(isThere(`${bundle}/evidence`), false);
  const shown = await later(world, 31, ["show", run]);
  assertStringIncludes(
    shown.stdout,
    "evidence  public, 2 pieces, 13 B, expired",
  );
  assertStringIncludes(shown.stdout, "for 1 recipient, expired");
  const log = await later(world, 31, ["log"]);
  assertStringIncludes(log.stdout, "evidence.expired");
  assertStringIncludes(log.stdout, `${run} sealed, captured by`);
});

Deno.test("gc in one workspace keeps what the trust of another keeps longer, whether that is there or not", async () => {
  await using world = await gcWorld({ public: null, sealed: 90 });
  const longer = join(world.root, "longer");
  await Deno.mkdir(join(longer, "policies"), { recursive: true });
  await Deno.copyFile(world.at(TRUST), join(longer, TRUST));
  await world.accept(world.ann, longer);
  // Here what was decided is due at once.
  await keep(world, { public: 0, sealed: 0 });
  const run = runOf(await world.must(["execute", "pipeline.json"]));
  assertEquals(expiredIn(await collect(world, 89, "--dry-run")), []);
  assertEquals(expiredIn(await collect(world, 89)), []);
  assertEquals(await present(world, run), ALL);
  await Deno.remove(longer, { recursive: true });
  assertEquals(expiredIn(await collect(world, 91)), [`${run} sealed`]);
  assertEquals(await present(world, run), ["public bundle", "public store"]);
  const shown = await later(world, 91, ["show", run]);
  assertStringIncludes(shown.stdout, "kept for ever");
  // The control: another ledger's workspaces have no say.
  const pins = join(world.ann.config, "pins");
  for (const { name } of Array.from(Deno.readDirSync(pins))) {
    if (!name.endsWith(".json")) continue;
    const path = join(pins, name);
    const pinned = JSON.parse(Deno.readTextFileSync(path));
    if (pinned.workspace !== longer) continue;
    const other = { ...pinned, ledger: `sha256:${"0".repeat(64)}` };
    Deno.writeFileSync(path, canonicalBytes(other));
  }
  assertEquals(expiredIn(await collect(world, 91)), [`${run} public`]);
});

Deno.test("from outside: gc, verify and verify.ts", async () => {
  await using world = await gcWorld({ public: 0, sealed: 0 });
  const run = runOf(await world.must(["execute", "pipeline.json"]));
  const before = world.everything();
  const dry = await world.must(["gc", "--dry-run"]);
  assertStringIncludes(dry.stdout, `${run}  public evidence of`);
  assertStringIncludes(
    dry.stdout,
    "evidence of 1 run would be expired, 1 bundle would be cleared",
  );
  assertStringIncludes(dry.stdout, "Nothing was changed");
  assertEquals(world.everything(), before);

  const ended = await world.must(["gc"]);
  assertStringIncludes(
    ended.stdout,
    "evidence of 1 run expired, 1 bundle cleared",
  );
  assertEquals(await present(world, run), []);
  const report = await world.verify();
  assertEquals(report.status, 0, report.stdout);
  const alone = await runProgram(Deno.execPath(), [
    ...["run", "--quiet", "--config", `${ROOT}/deno.json`, "--allow-read"],
    ...[`${ROOT}/verify.ts`, `.writ/runs/${run}`, "--trust", TRUST],
  ], { cwd: world.workspace, home: world.ann.home });
  assertEquals(alone.status, 0, alone.stdout + alone.stderr);
  assertStringIncludes(
    alone.stdout,
    "WARN     evidence.retention   What is said to have expired was due to go",
  );
  assertStringIncludes(alone.stdout, "evidence.expired  evidence/sha256/");

  // Without a trust file nobody's word on an expiry counts.
  const nobody = await world.writ(["verify", run, "--json"]);
  assertEquals(nobody.status, 4);
  assert(
    JSON.parse(nobody.stdout).invariants.some((
      { id, verdict }: { id: string; verdict: string },
    ) => id === "evidence.retention" && verdict === "UNKNOWN"),
  );
});

Deno.test("what has gone without an entry, or without what proves it, is not verified", async () => {
  await using world = await gcWorld();
  const run = runOf(await world.must(["execute", "pipeline.json"]));
  const other = runOf(await world.must(["execute", "pipeline.json"]));
  const [piece] = await pieces(world, run);
  const bytes = Deno.readFileSync(piece.inBundle);
  Deno.removeSync(piece.inBundle);
  const gone = await verified(world, 40, run);
  assertEquals(gone, {
    exit: 4,
    found: [
      "invariants.sealed FAIL invariants.differ",
      "bundle.complete FAIL bundle.file_missing",
      "evidence.true FAIL evidence.missing",
    ],
  });
  Deno.writeFileSync(piece.inBundle, bytes);
  assertEquals((await verified(world, 40, run)).exit, 0);

  await collect(world, 40);
  assertEquals((await verified(world, 40, run)).exit, 0);
  const told = world.at(`.writ/runs/${run}/expired.json`);
  const good = Deno.readTextFileSync(told);
  Deno.removeSync(told);
  assertEquals((await verified(world, 40, run)).exit, 4);
  const foreign = Deno.readTextFileSync(
    world.at(`.writ/runs/${other}/expired.json`),
  );
  Deno.writeTextFileSync(told, foreign);
  assertEquals((await verified(world, 40, run)).exit, 4);
  Deno.writeTextFileSync(told, good);
  assertEquals((await verified(world, 40, run)).exit, 0);
  // Whoever reads before it was due is told of an expiry that cannot have been.
  const early = await verified(world, 5, run);
  assertEquals(early.exit, 4);
  assert(
    early.found.some((line) => line.includes("expiry.early")),
    early.found.join("\n"),
  );
});

Deno.test("what trust in force keeps longer is kept longer, also for runs of before", async () => {
  await using world = await gcWorld({ public: 1, sealed: 1 });
  const run = runOf(await world.must(["execute", "pipeline.json"]));
  await keep(world, { public: 10, sealed: null });
  assertEquals(expiredIn(await collect(world, 2)), []);
  assertEquals(expiredIn(await collect(world, 11)), [`${run} public`]);
  // Nothing that is kept for ever goes.
  assertEquals(expiredIn(await collect(world, 30_000)), []);
  assertEquals(await present(world, run), ["sealed bundle", "sealed store"]);
  assertEquals((await verified(world, 12, run)).exit, 0);
});

Deno.test("what trust in force keeps shorter holds for runs to come", async () => {
  await using world = await gcWorld({ public: 20, sealed: null });
  const before = runOf(await world.must(["execute", "pipeline.json"]));
  await keep(world, { public: 0, sealed: 0 });
  const after = runOf(await world.must(["execute", "pipeline.json"]));
  assertEquals(expiredIn(await collect(world, 1)), [
    `${after} public`,
    `${after} sealed`,
  ]);
  // Both printed the same: the bytes are kept for the one that keeps them longer.
  assertEquals(await present(world, before), ALL);
  assertEquals((await verified(world, 1, before)).found, [
    "trust.same WARN trust.differs",
  ]);
  assertEquals(await verified(world, 1, after), { exit: 0, found: [GONE] });
});

Deno.test("a clock that goes back expires nothing", async () => {
  await using world = await gcWorld();
  const run = runOf(await world.must(["execute", "pipeline.json"]));
  assertEquals(expiredIn(await collect(world, -400)), []);
  assertEquals(await present(world, run), ALL);
});

Deno.test("a bundle that was cleaned away is made again without what has expired", async () => {
  await using world = await gcWorld();
  const run = runOf(await world.must(["execute", "pipeline.json"]));
  const bundle = world.at(`.writ/runs/${run}`);
  const index = Deno.readTextFileSync(`${bundle}/bundle.json`);
  await Deno.remove(world.at(".writ"), { recursive: true });
  world.put({ ".writ": { folder: true } });
  await collect(world, 40);
  await world.must(["execute", "pipeline.json", "--resume", run]);
  assertEquals(Deno.readTextFileSync(`${bundle}/bundle.json`), index);
  assertEquals(await verified(world, 40, run), { exit: 0, found: [GONE] });
  assertEquals((await collect(world, 40)).bundles, []);
});

for (
  const [what, words] of [
    ["a word too many", ["gc", "now"]],
    ["an option that there is not", ["gc", "--force"]],
  ] as const
) {
  Deno.test(`gc is refused with ${what}`, async () => {
    await using world = await gcWorld();
    assertEquals((await later(world, 0, words)).status, 2);
  });
}

Deno.test("gc is refused where nothing is in force", async () => {
  await using world = await gcWorld();
  const stranger = world.person("eve");
  const ended = await world.writ(["gc"], stranger);
  assertEquals(ended.status, 3);
  assertStringIncludes(ended.stderr, "error[setup.missing]");
});
