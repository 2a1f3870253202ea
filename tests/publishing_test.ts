import { assertEquals } from "@std/assert";
import { removeTree } from "../src/evidence/remove_tree.ts";
import { publish } from "../src/run/publish.ts";
import { Publishing } from "../src/run/publishing.ts";
import {
  type Bench,
  onBench,
  STATES,
  type Tree,
} from "./support/publish_bench.ts";

const PATHS = Array.from({ length: 30 }, (_, n) => `out/${n}`);

const of = (bench: Bench) => new Publishing(bench.state, bench.workspace);

const allOf = (what: string): Tree =>
  Object.fromEntries(PATHS.map((path) => [path, what]));

async function productsOf(bench: Bench, what: string) {
  const entries = await bench.entries({ ".": what });
  return PATHS.map((path) => ({ path, entries }));
}

/** Publishes as a runner that is killed after some of its products were moved in. */
async function killedHalfWay(bench: Bench, publishing: Publishing) {
  const products = await productsOf(bench, "killed");
  await bench.kill((pause) =>
    publish({
      workspace: bench.workspace,
      products,
      blobs: bench.blobs,
      journalPath: publishing.journalOf("run_1", "s"),
      pause: (point) =>
        point === `look: move ${PATHS[9]}` ? pause(point) : undefined,
    }), 0);
}

Deno.test("of two that publish the same paths at once one is whole, time after time", () =>
  onBench(async (bench) => {
    using one = of(bench);
    using other = of(bench);
    for (let round = 0; round < 10; round++) {
      const [a, b] = [`a${round}`, `b${round}`];
      await Promise.all([
        one.publish("run_1", "s", await productsOf(bench, a), bench.blobs),
        other.publish("run_2", "s", await productsOf(bench, b), bench.blobs),
      ]);
      const winner = bench.tree[PATHS[0]];
      assertEquals([a, b].includes(winner), true);
      assertEquals(bench.tree, allOf(winner));
    }
    bench.assertClean();
  }));

Deno.test("what a killed runner left half-published is undone by whoever settles", () =>
  onBench(async (bench) => {
    bench.lay(bench.workspace, allOf("old"));
    using publishing = of(bench);
    await killedHalfWay(bench, publishing);
    assertEquals(
      new Set(Object.values(bench.tree)),
      new Set(["killed", "old"]),
    );
    await publishing.settle();
    assertEquals(bench.tree, allOf("old"));
    assertEquals(publishing.wasLost("run_1", "s"), false);
    bench.assertClean();
  }));

Deno.test("whoever publishes first undoes what a killed runner left, so that no later undo takes it back", () =>
  onBench(async (bench) => {
    bench.lay(bench.workspace, allOf("old"));
    using publishing = of(bench);
    await killedHalfWay(bench, publishing);
    const next = await productsOf(bench, "next");
    await publishing.publish("run_2", "s", next, bench.blobs);
    assertEquals(bench.tree, allOf("next"));
    await publishing.settle();
    assertEquals(bench.tree, allOf("next"));
    bench.assertClean();
  }));

const [, { where, ignore, options }] = STATES;
Deno.test(`${where}: what is lost is known until it is published again`, {
  ignore,
}, () =>
  onBench(async (bench) => {
    using publishing = of(bench);
    await killedHalfWay(bench, publishing);
    await removeTree(`${bench.workspace}/.writ`);
    await publishing.settle();
    assertEquals(publishing.wasLost("run_1", "s"), true);
    const again = await productsOf(bench, "again");
    await publishing.publish("run_1", "s", again, bench.blobs);
    assertEquals(publishing.wasLost("run_1", "s"), false);
    assertEquals(bench.tree, allOf("again"));
  }, options));

const CUTS = [
  { before: {}, left: 0, what: "nothing of the workspace: it is removed" },
  { before: allOf("old"), left: 1, what: "what was there before: it is kept" },
];
for (const { before, left, what } of CUTS) {
  Deno.test(`a folder without its journal that holds ${what}`, () =>
    onBench(async (bench) => {
      bench.lay(bench.workspace, before);
      using publishing = of(bench);
      await killedHalfWay(bench, publishing);
      Deno.removeSync(publishing.journalOf("run_1", "s"));
      const folder = publishing.journalOf("", "").replace(/[^/]*$/, "");
      const count = () =>
        [...Deno.readDirSync(folder)].filter((each) => each.isDirectory).length;
      assertEquals(count(), 1);
      await publishing.settle();
      assertEquals(count(), left);
    }));
}

Deno.test("each workspace is for itself", () =>
  onBench(async (bench) => {
    using publishing = of(bench);
    await killedHalfWay(bench, publishing);
    const before = bench.tree;
    await Deno.mkdir(`${bench.folder}/second`);
    using second = new Publishing(
      bench.state,
      `${bench.folder}/second`,
    );
    const products = await productsOf(bench, "second");
    await second.publish("run_2", "s", products, bench.blobs);
    assertEquals(bench.tree, before);
  }));
