import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { removeTree } from "../src/evidence/remove_tree.ts";
import { recoverPublish } from "../src/run/publish.ts";
import {
  type Bench,
  type BenchOptions,
  onBench,
  STATES,
  type Tree,
} from "./support/publish_bench.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import { isThere } from "./support/is_there.ts";

/** Something is exchanged at one point of a publishing of `p/dist` and `p/file`. */
const SWAPS: Record<string, (bench: Bench) => void> = {
  "the parent by a link outside": (bench) => {
    Deno.renameSync(`${bench.workspace}/p`, `${bench.workspace}/away`);
    Deno.symlinkSync(bench.outside, `${bench.workspace}/p`);
  },
  "the parent by a link within": (bench) => {
    Deno.renameSync(`${bench.workspace}/p`, `${bench.workspace}/away`);
    Deno.symlinkSync("away", `${bench.workspace}/p`);
  },
  "the parent by a file": (bench) => {
    Deno.renameSync(`${bench.workspace}/p`, `${bench.workspace}/away`);
    Deno.writeTextFileSync(`${bench.workspace}/p`, "file");
  },
};

const MOVES = ["look: move p/dist", "act: move p/dist", "look: move p/file"];

for (const [name, swap] of Object.entries(SWAPS)) {
  for (const at of MOVES) {
    Deno.test(`${name} at "${at}": refused, nothing is lost, and undone once it is put right`, () =>
      onBench(async (bench) => {
        const before = { "p/dist/old": "o", "p/file": "old" };
        bench.lay(bench.workspace, before);
        await rejectsWith("publish.unsafe", () =>
          bench.publish(
            { "p/dist": { a: "A" }, "p/file": { ".": "new" } },
            (point) => {
              if (point === at) swap(bench);
            },
          ));
        bench.assertOutsideStays();
        Deno.removeSync(`${bench.workspace}/p`);
        Deno.renameSync(`${bench.workspace}/away`, `${bench.workspace}/p`);
        assertEquals(await bench.recover(), "undone");
        assertEquals(bench.tree, before);
        bench.assertClean();
      }));
  }
}

Deno.test("a target that is planted while publishing is not followed and not overwritten", () =>
  onBench(async (bench) => {
    await rejectsWith(
      "publish.unsafe",
      () =>
        bench.publish({ "p/dist": { a: "A" } }, (point) => {
          if (point !== "act: move p/dist") return;
          Deno.symlinkSync(
            `${bench.outside}/dist`,
            `${bench.workspace}/p/dist`,
          );
        }),
    );
    assertEquals(bench.tree, { "p/dist": `-> ${bench.outside}/dist` });
    bench.assertSettled();
  }));

/** A publishing that has every kind of move. */
const BEFORE: Tree = { "a/old": "o", "b": "file", "d": "-> a", keep: "k" };
const PRODUCTS: Record<string, Tree> = {
  a: { x: "1", "y/z": "2" },
  b: { deep: "3" },
  "new/deep/c": { ".": "4" },
  d: { ".": "5" },
};
const AFTER: Tree = {
  "a/x": "1",
  "a/y/z": "2",
  "b/deep": "3",
  "new/deep/c": "4",
  d: "5",
  keep: "k",
};

async function pointsOf(options: BenchOptions): Promise<string[]> {
  const points: string[] = [];
  await onBench(async (bench) => {
    bench.lay(bench.workspace, BEFORE);
    await bench.publish(PRODUCTS, (point) => {
      points.push(point);
    });
    assertEquals(bench.tree, AFTER);
  }, options);
  return points.map((point) => point.replace(/[0-9a-f-]{36}/, "ID"));
}

for (const { where, ignore, options } of STATES) {
  // The points of a whole publishing, so that each can be a test of its own.
  const points = ignore ? [] : await pointsOf(options);

  Deno.test(
    `${where}: a publishing passes every kind of point`,
    { ignore },
    () => {
      const kinds = new Set(points.map((point) => point.split(/ (?!up)/)[0]));
      assertEquals([...kinds].sort(), [
        "act:",
        "clean up",
        "journal:",
        "look:",
      ]);
      assert(points.length > 20);
    },
  );

  for (const [n, point] of points.entries()) {
    Deno.test(`${where}: killed at ${n} (${point}) and recovered: all old or all new`, () =>
      onBench(async (bench) => {
        bench.lay(bench.workspace, BEFORE);
        const at = await bench.kill(
          (pause) => bench.publish(PRODUCTS, pause),
          n,
        );
        assert(at !== null);
        const recovery = await bench.recover();
        assertEquals(
          bench.tree,
          recovery === "finished" ? AFTER : BEFORE,
          recovery,
        );
        assertEquals(recovery === "finished", at === "clean up");
        bench.assertSettled();
        assertEquals(await bench.recover(), "none");
        await bench.publish(PRODUCTS);
        assertEquals(bench.tree, AFTER);
        bench.assertClean();
      }, options));

    Deno.test(`${where}: a fault at ${n} (${point}): all old or all new, at once`, () =>
      onBench(async (bench) => {
        bench.lay(bench.workspace, BEFORE);
        let count = 0;
        const error = await assertRejects(() =>
          bench.publish(PRODUCTS, () => {
            if (count++ === n) throw new Error("no space left");
          })
        ) as Error;
        assertStringIncludes(error.message, "no space left");
        const late = point === "clean up";
        assertEquals(bench.tree, late ? AFTER : BEFORE);
        assertEquals(await bench.recover(), late ? "finished" : "none");
        assertEquals(bench.tree, late ? AFTER : BEFORE);
        bench.assertSettled();
      }, options));
  }

  Deno.test(
    `${where}: killed while recovering, at every point, and recovered again: all old`,
    { ignore },
    () =>
      onBench(async (bench) => {
        for (const n of points.keys()) {
          for (let m = 0;; m++) {
            await removeTree(bench.workspace);
            Deno.mkdirSync(bench.workspace);
            bench.lay(bench.workspace, BEFORE);
            const at = await bench.kill(
              (pause) => bench.publish(PRODUCTS, pause),
              n,
            );
            const killed = await bench.kill((pause) => bench.recover(pause), m);
            if (killed !== null) await bench.recover();
            assertEquals(bench.tree, at === "clean up" ? AFTER : BEFORE);
            bench.assertSettled();
            if (killed === null) break;
          }
        }
      }, options),
  );

  Deno.test(
    `${where}: what git clean takes away is no loss, or said to be lost, and publishing again works`,
    { ignore },
    () =>
      onBench(async (bench) => {
        await halfMoved(bench, points);
        await removeTree(`${bench.workspace}/.writ`);
        const recovery = await bench.recover();
        assertEquals(recovery, options.isApart ? "lost" : "undone");
        if (recovery === "undone") assertEquals(bench.tree, BEFORE);
        await bench.publish(PRODUCTS);
        assertEquals(bench.tree, AFTER);
        bench.assertClean();
      }, options),
  );

  Deno.test(
    `${where}: what was put in the way of an undo is not overwritten, and the old is kept`,
    { ignore },
    () =>
      onBench(async (bench) => {
        await halfMoved(bench, points);
        await Deno.writeTextFile(`${bench.workspace}/b`, "mine");
        const error = await rejectsWith(
          "publish.unsafe",
          () => bench.recover(),
        );
        const kept = /kept in "([^"]+)"/.exec(error.message)?.[1];
        assertEquals(Deno.readTextFileSync(`${kept}/old/1`), "file");
        assertEquals(Deno.readTextFileSync(`${bench.workspace}/b`), "mine");
        await Deno.remove(`${bench.workspace}/b`);
        assertEquals(await bench.recover(), "undone");
        assertEquals(bench.tree, BEFORE);
        bench.assertClean();
      }, options),
  );

  Deno.test(
    `${where}: a journal is only good for the workspace that it was written for`,
    { ignore },
    () =>
      onBench(async (bench) => {
        await halfMoved(bench, points);
        await Deno.mkdir(`${bench.folder}/other`);
        await rejectsWith(
          "publish.unsafe",
          () => recoverPublish(bench.journal, `${bench.folder}/other`),
        );
        assertEquals(await bench.recover(), "undone");
        assertEquals(bench.tree, BEFORE);
      }, options),
  );
}

/** Ends a publishing when some of what was there has been moved away. */
async function halfMoved(
  bench: Bench,
  points: readonly string[],
): Promise<void> {
  bench.lay(bench.workspace, BEFORE);
  const n = points.indexOf("look: move b");
  await bench.kill((pause) => bench.publish(PRODUCTS, pause), n);
}

Deno.test("killed by the system in the middle of its moves, and recovered", () =>
  onBench(async (bench) => {
    bench.lay(bench.workspace, BEFORE);
    const products = await Promise.all(
      Object.entries(PRODUCTS).map(async ([path, tree]) => ({
        path,
        entries: await bench.entries(tree),
      })),
    );
    const script = `
      import { BlobStore } from ${moduleUrl("evidence/blobs.ts")};
      import { publish } from ${moduleUrl("run/publish.ts")};
      await publish({
        ...${
      JSON.stringify({
        workspace: bench.workspace,
        products,
        journalPath: bench.journal,
      })
    },
        blobs: new BlobStore(${
      JSON.stringify({
        blobs: `${bench.folder}/blobs`,
        trees: `${bench.folder}/trees`,
      })
    }),
        pause: (point) => {
          if (point === "look: move b") Deno.kill(Deno.pid, "SIGKILL");
        },
      });`;
    await Deno.writeTextFile(`${bench.folder}/main.ts`, script);
    const { signal } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "-A",
        "--config",
        new URL("../deno.json", import.meta.url).pathname,
        `${bench.folder}/main.ts`,
      ],
    }).output();
    assertEquals(signal, "SIGKILL");
    assertEquals("b" in bench.tree, false);
    assertEquals(await bench.recover(), "undone");
    assertEquals(bench.tree, BEFORE);
    bench.assertClean();
  }));

function moduleUrl(path: string): string {
  return JSON.stringify(new URL(`../src/${path}`, import.meta.url).href);
}

for (const text of ["", "{}", '{"v":2}', "nonsense"]) {
  Deno.test(`the journal ${JSON.stringify(text)} is refused by name and kept, and the way out is told`, () =>
    onBench(async (bench) => {
      bench.lay(`${bench.folder}/state`, { "publish/run.json": text });
      const error = await rejectsWith("input.invalid", () => bench.recover());
      assertEquals(isThere(bench.journal), true);
      assertStringIncludes(error.message, bench.journal);
      assertStringIncludes(error.hint!, "remove the journal");
    }));
}

Deno.test("no journal gets its name before its bytes are on disk", () =>
  onBench(async (bench) => {
    const { renameSync } = Deno;
    const { syncSync } = Deno.FsFile.prototype;
    const done: string[] = [];
    Deno.FsFile.prototype.syncSync = function () {
      done.push("synced");
      syncSync.call(this);
    };
    Deno.renameSync = (from, to) => {
      if (to === bench.journal) done.push("named");
      renameSync(from, to);
    };
    try {
      await bench.publish(PRODUCTS);
    } finally {
      Deno.renameSync = renameSync;
      Deno.FsFile.prototype.syncSync = syncSync;
    }
    const named = done.flatMap((what, index) =>
      what === "named" ? [index] : []
    );
    assertEquals(
      named.map((index) => done[index - 1]),
      Array(3).fill("synced"),
    );
    // The journal of what moves is followed by its folder.
    assertEquals(done.length, 8);
  }));
