/**
 * What whoever may write the workspace can exchange while products are built and moved.
 *
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import {
  type Bench,
  onBench,
  STATES,
  type Tree,
} from "./support/publish_bench.ts";
import { lookAt } from "../src/plan/open_regular.ts";
import { rejectsWith } from "./support/rejects_with.ts";

const BEFORE: Tree = { "p/dist": "old" };
const DIST: Tree = { a: "A", b: "B", "sub/c": "C", l: "-> a" };
const AFTER: Tree = {
  "p/dist/a": "A",
  "p/dist/b": "B",
  "p/dist/sub/c": "C",
  "p/dist/l": "-> a",
};

/** The new `dist`, where it lies in the workspace while it is built; `null` when it does not. */
function freshOf(bench: Bench): string | null {
  const staging = `${bench.workspace}/.writ/publish`;
  const [found] = [...Deno.readDirSync(staging)];
  return found === undefined ? null : `${staging}/${found.name}/new/0`;
}

/** Puts a link in the place of something, which is kept beside it. */
function exchange(path: string, text: string) {
  Deno.renameSync(path, `${path}.aside`);
  Deno.symlinkSync(text, path);
}

/** What is exchanged once the new `dist` is there. */
const SWAPS: Record<string, (bench: Bench, fresh: string) => void> = {
  "the new folder by a link outside": ({ outside }, fresh) =>
    exchange(fresh, outside),
  "the new folder by a link to where it lies now": (_, fresh) =>
    exchange(fresh, "0.aside"),
  "the folder of all new ones by a link outside": ({ outside }, fresh) => {
    Deno.mkdirSync(`${outside}/0`);
    exchange(fresh.slice(0, -2), outside);
  },
  "the folder of the publishing by a link within": (_, fresh) => {
    const folder = fresh.slice(0, -"/new/0".length);
    exchange(folder, `${folder}.aside`);
  },
  "the folder of all publishings by a link within": ({ workspace }) =>
    exchange(`${workspace}/.writ/publish`, "publish.aside"),
  "Writ's own folder by a link within": ({ workspace }) =>
    exchange(`${workspace}/.writ`, ".writ.aside"),
};

/** When: as the end of a point, which names what is made or moved next. */
const TIMES = [
  "look: make new/0/b",
  "act: make new/0/b",
  "look: make new/0/sub",
  "act: make new/0/sub",
  "look: make new/0/sub/c",
  "act: make new/0/l",
  "journal: moving",
  "look: move p/dist",
  "act: move p/dist",
];

const [beside, apart] = STATES;

/** Lets somebody exchange something, once, where it can be found. */
async function publishAgainst(
  bench: Bench,
  time: string,
  swap: (bench: Bench, fresh: string) => void,
): Promise<void> {
  let done = false;
  bench.lay(bench.workspace, BEFORE);
  await bench.publish({ "p/dist": DIST }, (point) => {
    const short = point.replace(/ \S*[0-9a-f-]{36}\//, " ");
    const fresh = done || short !== time ? null : freshOf(bench);
    if (fresh === null) return;
    done = true;
    swap(bench, fresh);
  });
}

/** What lies outside beyond what was there: paths, with the bytes of each file. */
function added({ outside }: Bench, folder = outside): [string, number][] {
  return [...Deno.readDirSync(folder)].flatMap(({ name }) => {
    const path = `${folder}/${name}`;
    const info = Deno.lstatSync(path);
    if (info.isDirectory) return added({ outside } as Bench, path);
    const shown = path.slice(outside.length + 1);
    return ["precious", "dist/x"].includes(shown) ? [] : [[shown, info.size]];
  });
}

for (const [name, swap] of Object.entries(SWAPS)) {
  for (const time of TIMES) {
    Deno.test(
      `${apart.where}: ${name} at "${time}": refused, and nothing is written by way of it`,
      {
        ignore: apart.ignore,
      },
      () =>
        onBench(async (bench) => {
          await rejectsWith(
            "publish.unsafe",
            () => publishAgainst(bench, time, swap),
          );
          // What is made in the very moment of the exchange stays empty.
          for (const [path, bytes] of added(bench)) {
            assertMatch(path, /^(0\/)?[bl]$/);
            assertEquals(bytes, path.endsWith("l") ? 1 : 0);
            assertEquals(time.startsWith("act: make"), true);
          }
          assertEquals(lookAt(`${bench.workspace}/p/dist/a`), null);
        }, apart.options),
    );
  }
}

/** What is exchanged in the new `dist` when it is finished. */
const LATE: Record<string, (bench: Bench, fresh: string) => void> = {
  "another folder in its place": (_, fresh) => {
    Deno.renameSync(fresh, `${fresh}.aside`);
    Deno.mkdirSync(fresh);
  },
  "a file of it exchanged for a link": ({ outside }, fresh) => {
    Deno.removeSync(`${fresh}/b`);
    Deno.symlinkSync(`${outside}/precious`, `${fresh}/b`);
  },
  "a file of it exchanged for a like one": (_, fresh) => {
    Deno.copyFileSync(`${fresh}/b`, `${fresh}/b.new`);
    Deno.renameSync(`${fresh}/b.new`, `${fresh}/b`);
  },
  "a folder of it exchanged for a link": ({ outside }, fresh) => {
    Deno.renameSync(`${fresh}/sub`, `${fresh}/../sub`);
    Deno.symlinkSync(outside, `${fresh}/sub`);
  },
  "a link of it exchanged for one that leads out": ({ outside }, fresh) => {
    Deno.removeSync(`${fresh}/l`);
    Deno.symlinkSync(outside, `${fresh}/l`);
  },
  "a link added to it": ({ outside }, fresh) =>
    Deno.symlinkSync(outside, `${fresh}/sub/more`),
  "a file taken from it": (_, fresh) => Deno.removeSync(`${fresh}/b`),
};

for (const [name, swap] of Object.entries(LATE)) {
  Deno.test(
    `${apart.where}: ${name} when it is built: refused, and all is as before`,
    {
      ignore: apart.ignore,
    },
    () =>
      onBench(async (bench) => {
        await rejectsWith(
          "publish.unsafe",
          () => publishAgainst(bench, "journal: moving", swap),
        );
        assertEquals(bench.tree, BEFORE);
        bench.assertClean();
      }, apart.options),
  );
}

Deno.test(`${apart.where}: control: whom nobody disturbs publishes`, {
  ignore: apart.ignore,
}, () =>
  onBench(async (bench) => {
    let seen = "";
    await publishAgainst(
      bench,
      "act: make new/0/b",
      (_, fresh) => seen = fresh,
    );
    assertMatch(seen, /\/workspace\/\.writ\/publish\//);
    assertEquals(bench.tree, AFTER);
    bench.assertClean();
  }, apart.options));

Deno.test(
  `${apart.where}: control: a file that is made by its path alone lands outside`,
  {
    ignore: apart.ignore,
  },
  () =>
    onBench(async (bench) => {
      await rejectsWith("publish.unsafe", () =>
        publishAgainst(bench, "look: make new/0/b", (_, fresh) => {
          SWAPS["the new folder by a link outside"](bench, fresh);
          Deno.writeTextFileSync(`${fresh}/b`, "B", { createNew: true });
        }));
      assertEquals(added(bench), [["b", 1]]);
    }, apart.options),
);

for (const time of TIMES) {
  Deno.test(`${beside.where}: nothing of what is built can be found in the workspace at "${time}"`, () =>
    onBench(async (bench) => {
      let found = false;
      await publishAgainst(bench, time, () => found = true);
      assertEquals(found, false);
      assertEquals(bench.tree, AFTER);
      bench.assertClean();
    }, beside.options));
}

Deno.test(`${beside.where}: an exchange of the folder that it is tried with is refused`, () =>
  onBench(async (bench) => {
    await rejectsWith(
      "publish.unsafe",
      () =>
        bench.publish({ "p/dist": DIST }, (point) => {
          if (!/^act: move \.writ\/publish\//.test(point)) return;
          exchange(`${bench.workspace}/.writ/publish`, bench.outside);
        }),
    );
    bench.assertOutsideStays();
    assertEquals(bench.tree, {});
  }, beside.options));

Deno.test("a product that is exchanged for another while it is moved aside is put back, and nothing is published", () =>
  onBench(async (bench) => {
    bench.lay(bench.workspace, BEFORE);
    bench.lay(bench.outside, { "away/dist": "not ours" });
    await rejectsWith(
      "publish.unsafe",
      () =>
        bench.publish({ "p/dist": DIST }, (point) => {
          if (!/^act: move .*old\/0$/.test(point)) return;
          exchange(`${bench.workspace}/p`, `${bench.outside}/away`);
        }),
    );
    assertEquals(
      Deno.readTextFileSync(`${bench.outside}/away/dist`),
      "not ours",
    );
  }));

Deno.test("a workspace that hands its group down does so to what is published", () =>
  onBench(async (bench) => {
    Deno.chmodSync(bench.workspace, 0o2755);
    await bench.publish({ dist: { "sub/a": "A" } });
    const { mode, gid } = Deno.lstatSync(`${bench.workspace}/dist/sub`);
    assertEquals(mode! & 0o2000, 0o2000);
    assertEquals(gid, Deno.lstatSync(bench.workspace).gid);
  }));

Deno.test(
  `${apart.where}: a link that is there only while a file is opened is found out before the file is filled`,
  {
    ignore: apart.ignore,
  },
  () =>
    onBench(async (bench) => {
      const { lstatSync } = Deno;
      try {
        await rejectsWith("publish.unsafe", () =>
          publishAgainst(bench, "act: make new/0/b", (_, fresh) => {
            exchange(fresh, bench.outside);
            Deno.lstatSync = (path) => {
              Deno.lstatSync = lstatSync;
              Deno.removeSync(fresh);
              Deno.renameSync(`${fresh}.aside`, fresh);
              Deno.writeTextFileSync(`${fresh}/b`, "");
              return lstatSync(path);
            };
          }));
      } finally {
        Deno.lstatSync = lstatSync;
      }
      assertEquals(added(bench), [["b", 0]]);
      assertEquals(bench.tree, BEFORE);
    }, apart.options),
);
