import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { EMPTY_DIGEST } from "../src/core/digest.ts";
import { type ErrorCode, WritError } from "../src/core/errors.ts";
import { sortEntries, type TreeEntry } from "../src/core/tree.ts";
import { blobPath } from "../src/evidence/blob_files.ts";
import { BlobStore } from "../src/evidence/blobs.ts";
import { removeTree } from "../src/evidence/remove_tree.ts";
import { publish, recoverPublish } from "../src/run/publish.ts";
import type { Pause } from "../src/run/publish_place.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** What a folder holds, in short: text of a file, `!x` a program, `/` an empty folder, `-> x` a link. */
type Tree = Record<string, string>;

class Bench {
  readonly blobs: BlobStore;

  constructor(readonly folder: string) {
    this.blobs = new BlobStore({
      blobs: `${folder}/blobs`,
      trees: `${folder}/trees`,
    });
    Deno.mkdirSync(this.workspace);
    Deno.mkdirSync(this.outside);
    this.lay(this.outside, { "dist/x": "outside", precious: "outside" });
  }

  get workspace() {
    return `${this.folder}/workspace`;
  }

  get outside() {
    return `${this.folder}/outside`;
  }

  get journal() {
    return `${this.folder}/state/publish/run.json`;
  }

  lay(folder: string, tree: Tree) {
    for (const [path, what] of Object.entries(tree)) {
      const at = `${folder}/${path}`;
      Deno.mkdirSync(at.slice(0, at.lastIndexOf("/")), { recursive: true });
      if (what === "/") Deno.mkdirSync(at);
      else if (what.startsWith("-> ")) Deno.symlinkSync(what.slice(3), at);
      else Deno.writeTextFileSync(at, what);
    }
  }

  async entries(tree: Tree): Promise<TreeEntry[]> {
    const entries: TreeEntry[] = [];
    for (const [path, what] of Object.entries(tree)) {
      const [mode, text]: [TreeEntry["mode"], string] = what === "/"
        ? ["040000", ""]
        : what.startsWith("-> ")
        ? ["120000", what.slice(3)]
        : what.startsWith("!")
        ? ["100755", what.slice(1)]
        : ["100644", what];
      const digest = mode === "040000"
        ? EMPTY_DIGEST
        : await this.blobs.put(bytesOf(text));
      entries.push({ path, mode, digest });
    }
    return sortEntries(entries);
  }

  async publish(products: Record<string, Tree>, pause?: Pause) {
    await publish({
      workspace: this.workspace,
      products: await Promise.all(
        Object.entries(products).map(async ([path, tree]) => ({
          path,
          entries: await this.entries(tree),
        })),
      ),
      blobs: this.blobs,
      journalPath: this.journal,
      pause,
    });
  }

  recover(pause?: Pause) {
    return recoverPublish(this.journal, this.workspace, pause);
  }

  /** Publishes as one whose process is killed at the n-th point; gives the point, or `null` when it got through. */
  async kill(act: (pause: Pause) => Promise<unknown>, n: number) {
    let count = 0;
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const done = act((point) => {
      if (count++ < n) return;
      resolve(point);
      return new Promise<void>(() => {});
    });
    return await Promise.race([promise, done.then(() => null)]);
  }

  /** The workspace without `.writ`. */
  get tree(): Tree {
    return treeOf(this.workspace);
  }

  /** Nothing of a publishing is left, and nothing outside has changed. */
  assertClean() {
    assertEquals([...Deno.readDirSync(`${this.workspace}/.writ/publish`)], []);
    this.assertSettled();
  }

  assertSettled() {
    assertEquals(exists(this.journal), false);
    this.assertOutsideStays();
  }

  assertOutsideStays() {
    assertEquals(treeOf(this.outside), {
      "dist/x": "outside",
      precious: "outside",
    });
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function treeOf(folder: string): Tree {
  const tree: Tree = {};
  const visit = (path: string) => {
    const names = [...Deno.readDirSync(`${folder}/${path}`)].map((each) =>
      each.name
    ).filter((name) => name !== ".writ").sort();
    if (names.length === 0 && path !== "") tree[path.slice(0, -1)] = "/";
    for (const name of names) {
      const at = `${folder}/${path}${name}`;
      const info = Deno.lstatSync(at);
      if (info.isDirectory) visit(`${path}${name}/`);
      else if (info.isSymlink) {
        tree[`${path}${name}`] = `-> ${Deno.readLinkSync(at)}`;
      } else {
        const mode = info.mode! & 0o7777;
        assert(mode === 0o644 || mode === 0o755, mode.toString(8));
        tree[`${path}${name}`] = (mode === 0o755 ? "!" : "") +
          Deno.readTextFileSync(at);
      }
    }
  };
  visit("");
  return tree;
}

async function onBench(test: (bench: Bench) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "writ-publish-" });
  try {
    await test(new Bench(await Deno.realPath(folder)));
  } finally {
    await removeTree(folder);
  }
}

async function rejectsWith(code: ErrorCode, act: () => unknown) {
  const error = await assertRejects(async () => await act(), WritError);
  assertEquals(error.code, code, error.message);
  return error;
}

/** What is there before, what is published, what is there after. */
const PUBLISHED: Record<string, [Tree, Record<string, Tree>, Tree]> = {
  "a folder where none was": [{}, { dist: { a: "A", "b/c": "!C" } }, {
    "dist/a": "A",
    "dist/b/c": "!C",
  }],
  "a folder over an old one, whose stale files disappear": [
    { "dist/old": "o", "dist/a": "o", src: "s" },
    { dist: { a: "A" } },
    { "dist/a": "A", src: "s" },
  ],
  "a file": [{ "out/x": "old" }, { "out/x": { ".": "new" } }, {
    "out/x": "new",
  }],
  "a program": [{}, { app: { ".": "!bin" } }, { app: "!bin" }],
  "a file deep in folders that were not there": [{}, {
    "a/b/c/x": { ".": "x" },
  }, { "a/b/c/x": "x" }],
  "an empty folder": [{ "dist/old": "o" }, { dist: { ".": "/" } }, {
    dist: "/",
  }],
  "a folder without any entry": [{}, { dist: {} }, { dist: "/" }],
  "an empty folder within": [{}, { dist: { "a/b": "/", c: "c" } }, {
    "dist/a/b": "/",
    "dist/c": "c",
  }],
  "links that stay inside": [{}, {
    dist: { a: "A", l: "-> a", "d/m": "-> ../l" },
  }, { "dist/a": "A", "dist/l": "-> a", "dist/d/m": "-> ../l" }],
  "a folder where a file was": [{ dist: "file" }, { dist: { a: "A" } }, {
    "dist/a": "A",
  }],
  "a file where a folder was": [{ "dist/a": "A" }, { dist: { ".": "file" } }, {
    dist: "file",
  }],
  "several at once": [{ "a/x": "old", b: "old" }, {
    "a/x": { ".": "1" },
    b: { y: "2" },
    c: { ".": "3" },
  }, { "a/x": "1", "b/y": "2", c: "3" }],
  "one within another, as part of it": [{}, {
    dist: { "sub/x": "x", y: "y" },
    "dist/sub": { x: "x" },
  }, { "dist/sub/x": "x", "dist/y": "y" }],
  "a path with a trailing slash": [{}, { "dist/": { a: "A" } }, {
    "dist/a": "A",
  }],
  "names with spaces, line breaks and dashes": [{}, {
    "-o ut": { "a\nb": "x", "é": "y" },
  }, { "-o ut/a\nb": "x", "-o ut/é": "y" }],
  "names that only look like guarded ones": [{}, {
    ".github": { ".gitignore": "x" },
    "lib/policies": { a: "a" },
    "lib/.writ": { b: "b" },
    ".gitx": { c: "c" },
  }, {
    ".github/.gitignore": "x",
    "lib/policies/a": "a",
    "lib/.writ/b": "b",
    ".gitx/c": "c",
  }],
};

for (const [name, [before, products, after]] of Object.entries(PUBLISHED)) {
  if (name === "names that only look like guarded ones") {
    Deno.test(`${name} are published`, () =>
      onBench(async (bench) => {
        await bench.publish(products);
        assertEquals(
          Deno.readTextFileSync(`${bench.workspace}/lib/.writ/b`),
          "b",
        );
        const { "lib/.writ/b": _, ...rest } = after;
        assertEquals(bench.tree, rest);
      }));
    continue;
  }
  Deno.test(`${name}: published`, () =>
    onBench(async (bench) => {
      bench.lay(bench.workspace, before);
      await bench.publish(products);
      assertEquals(bench.tree, after);
      bench.assertClean();
      await bench.publish(products);
      assertEquals(bench.tree, after);
    }));
}

Deno.test("publishing nothing touches nothing", () =>
  onBench(async (bench) => {
    await bench.publish({});
    assertEquals([...Deno.readDirSync(bench.workspace)], []);
  }));

Deno.test("what is published is no link to a blob", () =>
  onBench(async (bench) => {
    await bench.publish({ dist: { a: "A" } });
    assertEquals(Deno.lstatSync(`${bench.workspace}/dist/a`).nlink, 1);
  }));

/** Paths that are never published to, and how they are spelt. */
const GUARDED = [
  ".git",
  ".git/hooks/pre-commit",
  ".GIT/config",
  ".Git",
  ".git.",
  ".git . ",
  ".g\u200cit",
  ".git::$INDEX_ALLOCATION",
  "GIT~1/config",
  "vendor/.git/config",
  ".writ",
  ".writ/runs",
  ".WRIT",
  ".writ./x",
  "policies",
  "policies/allow.cedar",
  "Policies/allow.cedar",
  "POLICIES. /x",
];

for (const path of GUARDED) {
  Deno.test(`${JSON.stringify(path)} is never published`, () =>
    onBench(async (bench) => {
      await rejectsWith(
        "publish.unsafe",
        () => bench.publish({ ok: { a: "A" }, [path]: { ".": "x" } }),
      );
      assertEquals(bench.tree, {});
    }));
}

Deno.test("a product that holds a .git within is never published", () =>
  onBench(async (bench) => {
    for (const path of [".git/config", "a/.GIT/hooks/x", ".git"]) {
      await rejectsWith(
        "publish.unsafe",
        () => bench.publish({ dist: { [path]: "x" } }),
      );
    }
    assertEquals(bench.tree, {});
  }));

for (
  const path of [".", "..", "../x", "a/../../x", "/etc/x", "", "a//b", "./a"]
) {
  Deno.test(`the path ${JSON.stringify(path)} is refused`, () =>
    onBench(async (bench) => {
      await rejectsWith(
        "publish.unsafe",
        () => bench.publish({ [path]: { ".": "x" } }),
      );
      assertEquals(bench.tree, {});
    }));
}

/** Products whose entries want to be somewhere else. */
const HOSTILE: Record<string, Tree> = {
  "a link, then a file beneath it": { a: "-> OUT", "a/evil": "x" },
  "an absolute link": { a: "-> OUT" },
  "a link out of the product": { a: "-> ../src" },
  "a link out by way of another": { "a/b/c": "-> ../..", y: "-> a/b/c/../z" },
  "a link that loops": { a: "-> a" },
  "a product that is itself a link": { ".": "-> src" },
  "an entry that climbs": { "../evil": "x" },
  "an absolute entry": { "OUT/evil": "x" },
};

for (const [name, tree] of Object.entries(HOSTILE)) {
  Deno.test(`a product with ${name} is refused and nothing has changed`, () =>
    onBench(async (bench) => {
      bench.lay(bench.workspace, { "dist/old": "o" });
      const hostile = JSON.parse(
        JSON.stringify(tree).replaceAll("OUT", bench.outside),
      );
      await rejectsWith(
        "publish.unsafe",
        () => bench.publish({ a: { x: "x" }, dist: hostile }),
      );
      assertEquals(bench.tree, { "dist/old": "o" });
      bench.assertSettled();
    }));
}

Deno.test("a blob with a flipped bit is not published, and nothing has changed", () =>
  onBench(async (bench) => {
    bench.lay(bench.workspace, { "dist/old": "o" });
    const [entry] = await bench.entries({ a: "A" });
    Deno.writeTextFileSync(
      blobPath(`${bench.folder}/blobs`, entry.digest),
      "B",
    );
    await rejectsWith("evidence.corrupt", () =>
      publish({
        workspace: bench.workspace,
        products: [{ path: "dist", entries: [entry] }],
        blobs: new BlobStore({
          blobs: `${bench.folder}/blobs`,
          trees: `${bench.folder}/trees`,
        }),
        journalPath: bench.journal,
      }));
    assertEquals(bench.tree, { "dist/old": "o" });
    bench.assertClean();
  }));

Deno.test("a target that is a link is replaced, what it led to stays", () =>
  onBench(async (bench) => {
    bench.lay(bench.workspace, {
      dist: `-> ${bench.outside}/dist`,
      file: `-> ${bench.outside}/precious`,
      dangling: "-> nowhere",
    });
    await bench.publish({
      dist: { a: "A" },
      file: { ".": "F" },
      dangling: { ".": "D" },
    });
    assertEquals(bench.tree, { "dist/a": "A", file: "F", dangling: "D" });
    bench.assertClean();
  }));

for (const target of ["folder of the workspace", "folder outside"]) {
  for (const path of ["p/x", "p/q/x", "p"]) {
    Deno.test(`a parent that is a link to a ${target} is refused: ${path}/dist`, () =>
      onBench(async (bench) => {
        const inside = target === "folder of the workspace";
        bench.lay(bench.workspace, { "real/keep": "k", first: "old" });
        const link = path === "p/q/x" ? "p/q" : "p";
        bench.lay(bench.workspace, {
          [link]: `-> ${inside ? `${bench.workspace}/real` : bench.outside}`,
        });
        const before = bench.tree;
        await rejectsWith("publish.unsafe", () =>
          bench.publish({
            first: { ".": "new" },
            [`${path}/dist`]: { a: "A" },
          }));
        assertEquals(bench.tree, before);
        bench.assertSettled();
      }));
  }
}

Deno.test("a parent that is a file is refused, and nothing has changed", () =>
  onBench(async (bench) => {
    bench.lay(bench.workspace, { a: "file", first: "old" });
    await rejectsWith(
      "publish.unsafe",
      () => bench.publish({ first: { ".": "new" }, "a/b/c": { ".": "x" } }),
    );
    assertEquals(bench.tree, { a: "file", first: "old" });
    bench.assertSettled();
  }));

for (const what of ["a link", "a file"]) {
  Deno.test(`a workspace whose .writ is ${what} is refused`, () =>
    onBench(async (bench) => {
      bench.lay(bench.workspace, {
        ".writ": what === "a link" ? `-> ${bench.outside}` : "file",
      });
      await rejectsWith(
        "workspace.unsafe",
        () => bench.publish({ dist: { a: "A" } }),
      );
      bench.assertSettled();
    }));
}

Deno.test("a workspace whose .writ/publish is a link is refused", () =>
  onBench(async (bench) => {
    bench.lay(bench.workspace, { ".writ/publish": `-> ${bench.outside}` });
    await rejectsWith(
      "publish.unsafe",
      () => bench.publish({ dist: { a: "A" } }),
    );
    bench.assertSettled();
  }));

Deno.test("a workspace that is reached by a link is published to", () =>
  onBench(async (bench) => {
    await Deno.symlink(bench.workspace, `${bench.folder}/alias`);
    await publish({
      workspace: `${bench.folder}/alias`,
      products: [{ path: "dist", entries: await bench.entries({ a: "A" }) }],
      blobs: bench.blobs,
      journalPath: bench.journal,
    });
    assertEquals(bench.tree, { "dist/a": "A" });
  }));

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

/** The points of a whole publishing, so that each can be a test of its own. */
const POINTS: string[] = await pointsOf();

async function pointsOf(): Promise<string[]> {
  const points: string[] = [];
  await onBench(async (bench) => {
    bench.lay(bench.workspace, BEFORE);
    await bench.publish(PRODUCTS, (point) => {
      points.push(point);
    });
    assertEquals(bench.tree, AFTER);
  });
  return points.map((point) => point.replace(/[0-9a-f-]{36}/, "ID"));
}

Deno.test("a publishing passes every kind of point", () => {
  const kinds = new Set(POINTS.map((point) => point.split(/ (?!up)/)[0]));
  assertEquals([...kinds].sort(), ["act:", "clean up", "journal:", "look:"]);
  assert(POINTS.length > 20);
});

for (const [n, point] of POINTS.entries()) {
  Deno.test(`killed at ${n} (${point}) and recovered: all old or all new`, () =>
    onBench(async (bench) => {
      bench.lay(bench.workspace, BEFORE);
      const at = await bench.kill((pause) => bench.publish(PRODUCTS, pause), n);
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
    }));

  Deno.test(`a fault at ${n} (${point}): all old or all new, at once`, () =>
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
    }));
}

Deno.test("killed while recovering, at every point, and recovered again: all old", () =>
  onBench(async (bench) => {
    for (const n of POINTS.keys()) {
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
  }));

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

Deno.test("what git clean has taken away is said to be lost, and publishing again works", () =>
  onBench(async (bench) => {
    bench.lay(bench.workspace, BEFORE);
    const n = POINTS.indexOf("look: move b");
    await bench.kill((pause) => bench.publish(PRODUCTS, pause), n);
    await removeTree(`${bench.workspace}/.writ`);
    assertEquals(await bench.recover(), "lost");
    await bench.publish(PRODUCTS);
    assertEquals(bench.tree, AFTER);
    bench.assertClean();
  }));

Deno.test("what was put in the way of an undo is not overwritten, and the old is kept", () =>
  onBench(async (bench) => {
    bench.lay(bench.workspace, BEFORE);
    const n = POINTS.indexOf("look: move b");
    await bench.kill((pause) => bench.publish(PRODUCTS, pause), n);
    await Deno.writeTextFile(`${bench.workspace}/b`, "mine");
    const error = await rejectsWith("publish.unsafe", () => bench.recover());
    assertStringIncludes(error.message, ".writ/publish/");
    assertEquals(Deno.readTextFileSync(`${bench.workspace}/b`), "mine");
    await Deno.remove(`${bench.workspace}/b`);
    assertEquals(await bench.recover(), "undone");
    assertEquals(bench.tree, BEFORE);
    bench.assertClean();
  }));

Deno.test("a journal is only good for the workspace that it was written for", () =>
  onBench(async (bench) => {
    bench.lay(bench.workspace, BEFORE);
    const n = POINTS.indexOf("look: move b");
    await bench.kill((pause) => bench.publish(PRODUCTS, pause), n);
    await Deno.mkdir(`${bench.folder}/other`);
    await rejectsWith(
      "publish.unsafe",
      () => recoverPublish(bench.journal, `${bench.folder}/other`),
    );
    assertEquals(await bench.recover(), "undone");
    assertEquals(bench.tree, BEFORE);
  }));

for (const text of ["", "{}", '{"v":2}', "nonsense"]) {
  Deno.test(`the journal ${JSON.stringify(text)} is refused and kept`, () =>
    onBench(async (bench) => {
      bench.lay(`${bench.folder}/state`, { "publish/run.json": text });
      await rejectsWith("input.invalid", () => bench.recover());
      assertEquals(exists(bench.journal), true);
    }));
}

Deno.test("ten thousand small files are published, and published again over themselves", () =>
  onBench(async (bench) => {
    const entries: TreeEntry[] = [];
    const digest = await bench.blobs.put(bytesOf("x"));
    for (let i = 0; i < 10_000; i++) {
      entries.push({ path: `d${i % 100}/f${i}`, mode: "100644", digest });
    }
    sortEntries(entries);
    for (let i = 0; i < 2; i++) {
      await publish({
        workspace: bench.workspace,
        products: [{ path: "dist", entries }],
        blobs: bench.blobs,
        journalPath: bench.journal,
      });
      assertEquals(Object.keys(bench.tree).length, 10_000);
    }
    bench.assertClean();
  }));
