import { assert, assertEquals, assertRejects } from "@std/assert";
import * as fc from "fast-check";
import { EMPTY_DIGEST, sha256 } from "../src/core/digest.ts";
import { type ErrorCode, WritError } from "../src/core/errors.ts";
import { sortEntries, type TreeEntry, treeRoot } from "../src/core/tree.ts";
import { BLOB_TIME, blobPath } from "../src/evidence/blob_files.ts";
import { BlobStore } from "../src/evidence/blobs.ts";
import { collectProducts } from "../src/evidence/collect.ts";
import type { StageMaterial } from "../src/evidence/layout.ts";
import { removeTree } from "../src/evidence/remove_tree.ts";
import {
  buildStage,
  type StageBind,
  type StageInput,
  UPDATE_TIME,
} from "../src/evidence/stage.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const root = Deno.uid() === 0;

/** What a folder holds, in short: text of a file, `/` for an empty folder, `-> x` for a link, `!x` for a program. */
type Tree = Record<string, string>;

class Bench {
  readonly blobs: BlobStore;

  constructor(readonly folder: string) {
    this.blobs = new BlobStore({
      blobs: `${folder}/blobs`,
      trees: `${folder}/trees`,
    });
  }

  get root() {
    return `${this.folder}/stage`;
  }

  get work() {
    return `${this.folder}/stage/work`;
  }

  async entries(tree: Tree): Promise<TreeEntry[]> {
    const entries: TreeEntry[] = [];
    for (const [path, what] of Object.entries(tree)) {
      if (what === "/") {
        entries.push({ path, mode: "040000", digest: EMPTY_DIGEST });
      } else if (what.startsWith("-> ")) {
        const digest = await this.blobs.put(bytesOf(what.slice(3)));
        entries.push({ path, mode: "120000", digest });
      } else {
        const program = what.startsWith("!");
        const digest = await this.blobs.put(
          bytesOf(program ? what.slice(1) : what),
        );
        entries.push({ path, mode: program ? "100755" : "100644", digest });
      }
    }
    return sortEntries(entries);
  }

  async materials(trees: Record<string, Tree>): Promise<StageMaterial[]> {
    return await Promise.all(
      Object.entries(trees).map(async ([path, tree]) => ({
        path,
        entries: await this.entries(tree),
      })),
    );
  }

  /** Builds a stage and gives what collecting needs. */
  async stage(
    reads: Record<string, Tree>,
    rest: Partial<Pick<StageInput, "products" | "scratch" | "link" | "cwd">> =
      {},
  ) {
    const input = {
      root: this.root,
      materials: await this.materials(reads),
      products: [],
      scratch: [],
      link: false,
      blobs: this.blobs,
      ...rest,
    };
    const { binds } = await buildStage(input);
    const { link: _link, cwd: _cwd, ...kept } = input;
    return { ...kept, binds };
  }

  write(path: string, text = "x") {
    Deno.writeTextFileSync(`${this.work}/${path}`, text);
  }
}

async function onBench(test: (bench: Bench) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "writ-view-" });
  try {
    await test(new Bench(folder));
  } finally {
    await removeTree(folder);
  }
}

/** What lies in a folder, as a {@linkcode Tree}; binds are looked into where they would be mounted. */
function treeOf(folder: string, binds: StageBind[] = []): Tree {
  const tree: Tree = {};
  const visit = (at: string, path: string) => {
    const bound = binds.find((bind) => bind.path === path);
    const here = bound?.source ?? at;
    const names = [...Deno.readDirSync(here)].map(({ name }) => name).sort();
    if (names.length === 0 && path !== "") tree[path] = "/";
    for (const name of names) {
      const child = path === "" ? name : `${path}/${name}`;
      const info = Deno.lstatSync(`${here}/${name}`);
      if (info.isDirectory) visit(`${here}/${name}`, child);
      else if (info.isSymlink) {
        tree[child] = `-> ${Deno.readLinkSync(`${here}/${name}`)}`;
      } else {
        const program = (info.mode! & 0o777) === 0o755 ? "!" : "";
        assert(program !== "" || (info.mode! & 0o777) === 0o644);
        tree[child] = program + Deno.readTextFileSync(`${here}/${name}`);
      }
    }
  };
  visit(folder, "");
  return tree;
}

async function rejectsWith(code: ErrorCode, act: () => unknown) {
  const error = await assertRejects(async () => await act(), WritError);
  assertEquals(error.code, code, error.message);
  return error;
}

interface LayoutCase {
  reads?: Record<string, Tree>;
  products?: StageInput["products"];
  scratch?: string[];
  cwd?: string;
  sees: Tree;
  /** Paths that are bound when links may be used. */
  binds?: string[];
}

const SRC = { "a.ts": "a", "lib/b.ts": "b", "run.sh": "!sh" };

const LAYOUTS: Record<string, LayoutCase> = {
  "nothing declared is an empty folder": { sees: {} },
  "a read folder": {
    reads: { src: SRC },
    sees: { "src/a.ts": "a", "src/lib/b.ts": "b", "src/run.sh": "!sh" },
    binds: ["src"],
  },
  "a read file": {
    reads: { "x/y.txt": { ".": "y" } },
    sees: { "x/y.txt": "y" },
  },
  "a read program": { reads: { run: { ".": "!sh" } }, sees: { run: "!sh" } },
  "an empty read folder": {
    reads: { src: { ".": "/" } },
    sees: { src: "/" },
    binds: ["src"],
  },
  "a read folder without any entry": {
    reads: { src: {} },
    sees: { src: "/" },
    binds: ["src"],
  },
  "an empty folder within a read folder": {
    reads: { src: { a: "a", "b/c": "/" } },
    sees: { "src/a": "a", "src/b/c": "/" },
    binds: ["src"],
  },
  "links of a read folder": {
    reads: { src: { a: "a", "b/c": "-> ../a", d: "-> gone" } },
    sees: { "src/a": "a", "src/b/c": "-> ../a", "src/d": "-> gone" },
    binds: ["src"],
  },
  "a deep read folder": {
    reads: { "a/b/c": { d: "d" } },
    sees: { "a/b/c/d": "d" },
    binds: ["a/b/c"],
  },
  "a read within a read is one place": {
    reads: { src: { a: "a" }, "src/gen": { b: "b" } },
    sees: { "src/a": "a", "src/gen/b": "b" },
    binds: ["src"],
  },
  "the deeper of two reads has the say": {
    reads: {
      ".": { "dist/stale": "old", "dist/x": "old", top: "t" },
      dist: { x: "new" },
    },
    sees: { "dist/x": "new", top: "t" },
    binds: ["dist"],
  },
  "the whole workspace is copied": {
    reads: { ".": { "a/b": "b", c: "c" } },
    sees: { "a/b": "b", c: "c" },
  },
  "a product starts absent, though the workspace has an old one": {
    reads: { ".": { "dist/old": "o", a: "a" } },
    products: [{ path: "dist", starts: "absent" }],
    sees: { a: "a" },
  },
  "the folder above an absent product is there": {
    products: [{ path: "out/deep/x", starts: "absent" }],
    sees: { "out/deep": "/" },
  },
  "a product starts as an empty folder": {
    reads: { ".": { "dist/old": "o" } },
    products: [{ path: "dist", starts: "folder" }],
    sees: { dist: "/" },
  },
  "a product starts as a copy": {
    reads: { data: { "db": "rows" } },
    products: [{ path: "data", starts: "update" }],
    sees: { "data/db": "rows" },
  },
  "a read folder with a product beneath is copied": {
    reads: { src: SRC },
    products: [{ path: "src/gen", starts: "folder" }],
    sees: {
      "src/a.ts": "a",
      "src/lib/b.ts": "b",
      "src/run.sh": "!sh",
      "src/gen": "/",
    },
  },
  "a read folder beneath a product is copied": {
    reads: { "dist/in": { a: "a" } },
    products: [{ path: "dist", starts: "folder" }],
    sees: { "dist/in/a": "a" },
  },
  "scratch starts absent": {
    reads: { ".": { "target/x": "x", a: "a" } },
    scratch: ["target"],
    sees: { a: "a" },
  },
  "scratch with a slash starts as an empty folder": {
    reads: { mods: { ".cache/x": "x", m: "m" } },
    scratch: ["mods/.cache/"],
    sees: { "mods/m": "m", "mods/.cache": "/" },
  },
  "a product within scratch": {
    products: [{ path: "target/debug/app", starts: "absent" }],
    scratch: ["target"],
    sees: { "target/debug": "/" },
  },
  "a read that is also scratch starts as a copy": {
    reads: { cache: { x: "x" } },
    scratch: ["cache"],
    sees: { "cache/x": "x" },
  },
  "the folder to start in exists": {
    reads: { "packages/a/x": { ".": "x" } },
    cwd: "packages/b",
    sees: { "packages/a/x": "x", "packages/b": "/" },
  },
  "the folder to start in exists within a read": {
    reads: { packages: { "a/x": "x" } },
    cwd: "packages/b",
    sees: { "packages/a/x": "x", "packages/b": "/" },
    binds: ["packages"],
  },
};

for (const [name, { reads, sees, binds, ...rest }] of Object.entries(LAYOUTS)) {
  Deno.test(`${name}: copied`, () =>
    onBench(async (bench) => {
      const staged = await bench.stage(reads ?? {}, rest);
      assertEquals(staged.binds, []);
      assertEquals(treeOf(bench.work), sees);
    }));

  Deno.test(`${name}: linked`, () =>
    onBench(async (bench) => {
      const staged = await bench.stage(reads ?? {}, { ...rest, link: true });
      assertEquals(staged.binds.map(({ path }) => path), binds ?? []);
      for (const { path } of staged.binds) {
        assertEquals([...Deno.readDirSync(`${bench.work}/${path}`)], []);
      }
      assertEquals(treeOf(bench.work, staged.binds), sees);
    }));
}

Deno.test("a stage has its four folders, closed to others", () =>
  onBench(async (bench) => {
    await bench.stage({});
    for (const name of ["work", "home", "tmp", "reads"]) {
      assert((await Deno.lstat(`${bench.root}/${name}`)).isDirectory);
    }
    assertEquals((await Deno.lstat(bench.root)).mode! & 0o777, 0o700);
  }));

Deno.test("a stage is only built in a new folder", () =>
  onBench(async (bench) => {
    await bench.stage({});
    await assertRejects(() => bench.stage({}), Deno.errors.AlreadyExists);
  }));

for (const link of [false, true]) {
  Deno.test(`times do not depend on when anything was made, ${link ? "linked" : "copied"}`, () =>
    onBench(async (bench) => {
      const { binds } = await bench.stage({
        src: { "a/b": "b", l: "-> a/b", p: "!p", q: "!p" },
        db: { ".": "rows" },
      }, { link, products: [{ path: "db", starts: "update" }] });
      const src = binds[0]?.source ?? `${bench.work}/src`;
      const paths = [src, `${src}/a`, `${src}/a/b`, `${src}/l`];
      for (const path of [...paths, `${src}/p`, `${src}/q`]) {
        assertEquals(
          Deno.lstatSync(path).mtime!.getTime(),
          BLOB_TIME * 1000,
          path,
        );
      }
      // Older than what it may be made from, so that make makes it again.
      assertEquals(
        Deno.lstatSync(`${bench.work}/db`).mtime!.getTime(),
        UPDATE_TIME * 1000,
      );
      assert(UPDATE_TIME < BLOB_TIME);
    }));
}

Deno.test("no two names of a linked folder are one file, so archives hold both", () =>
  onBench(async (bench) => {
    const { binds } = await bench.stage({
      a: { one: "same", two: "same", "x/three": "same" },
      b: { four: "same" },
    }, { link: true });
    const inodes = binds.flatMap(({ source }) =>
      [...Deno.readDirSync(source)].filter((each) => each.isFile).map((
        { name },
      ) => Deno.lstatSync(`${source}/${name}`).ino)
    );
    assertEquals(new Set(inodes).size, inodes.length);
  }));

Deno.test("a write into a copied view does not reach the blob, one into a link would", () =>
  onBench(async (bench) => {
    const [entry] = await bench.entries({ a: "true" });
    await bench.stage({ src: { a: "true" } });
    bench.write("src/a", "false");
    assertEquals(
      await bench.blobs.read(entry.digest),
      bytesOf("true"),
    );
    // The control: what is linked is the blob itself, which is why it is only ever bound read-only.
    const blob = blobPath(`${bench.folder}/blobs`, entry.digest);
    await Deno.rename(bench.root, `${bench.folder}/first`);
    const { binds } = await bench.stage({ src: { a: "true" } }, { link: true });
    assertEquals(
      Deno.lstatSync(`${binds[0].source}/a`).ino,
      Deno.lstatSync(blob).ino,
    );
  }));

Deno.test("what is linked cannot be written through a read-only bind", {
  ignore: !await canBind(),
}, () =>
  onBench(async (bench) => {
    const [entry] = await bench.entries({ a: "true" });
    const { binds } = await bench.stage({ src: { a: "true" } }, {
      link: true,
      products: [{ path: "out", starts: "absent" }],
    });
    const inside = (script: string) =>
      new Deno.Command("bwrap", {
        args: [
          ..."--ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib"
            .split(" "),
          ..."--symlink usr/lib64 /lib64 --bind".split(" "),
          bench.work,
          "/work",
          "--ro-bind",
          binds[0].source,
          "/work/src",
          ..."--chdir /work sh -c".split(" "),
          script,
        ],
      }).outputSync().success;
    assert(inside("cat src/a > out"));
    for (
      const script of [
        "echo false > src/a",
        "chmod 777 src/a",
        "ln src/a linked && echo false > linked",
        "touch src/a",
        "rm src/a",
        "touch src/new",
      ]
    ) assert(!inside(script), script);
    assertEquals(await bench.blobs.read(entry.digest), bytesOf("true"));
  }));

async function canBind(): Promise<boolean> {
  try {
    return (await new Deno.Command("bwrap", {
      args: ["--ro-bind", "/", "/", "true"],
    }).output()).success;
  } catch {
    return false;
  }
}

/** Entries that want something to be written through a link, and where it would end up. */
const HOSTILE: Record<string, Record<string, Tree>> = {
  "a link, then a file beneath it": { m: { a: "-> OUT", "a/evil": "x" } },
  "a link, then a file deep beneath it": { m: { a: "-> OUT", "a/b/c": "x" } },
  "a link by one read, a file beneath it by another": {
    m: { a: "-> OUT" },
    "m/a/evil": { ".": "x" },
  },
  "a read that is a link, another read beneath it": {
    m: { ".": "-> OUT" },
    "m/evil": { ".": "x" },
  },
  "a link, then a folder in its place": { m: { a: "-> OUT", "a/b": "/" } },
  "a path that climbs": { m: { "../../../OUT/evil": "x" } },
  "an absolute path": { m: { "/OUT/evil": "x" } },
  "the same path twice, link first": { m: { a: "-> OUT" }, "m/a": { x: "x" } },
};

for (const [name, reads] of Object.entries(HOSTILE)) {
  for (const link of [false, true]) {
    Deno.test(`${name}: nothing is written outside, ${link ? "linked" : "copied"}`, () =>
      onBench(async (bench) => {
        const out = `${bench.folder}/out`;
        await Deno.mkdir(out);
        const text = JSON.stringify(reads).replaceAll("OUT", out);
        await assertOutsideStays(
          bench,
          () => bench.stage(JSON.parse(text), { link }),
        );
      }));
  }
}

/** Either it is refused, or what it made lies inside; in no case is anything outside. */
async function assertOutsideStays(bench: Bench, act: () => Promise<unknown>) {
  let refused = false;
  try {
    await act();
  } catch (error) {
    assert(error instanceof WritError && error.code === "workspace.unsafe");
    refused = true;
  }
  assertEquals([...Deno.readDirSync(`${bench.folder}/out`)], []);
  if (!refused) assertEquals(linksUsedAsFolders(bench.work), []);
}

function linksUsedAsFolders(work: string): string[] {
  return Object.keys(treeOf(work)).filter((path) =>
    Deno.realPathSync(`${work}/${path}`.replace(/\/[^/]*$/, "")) !==
      `${work}/${path}`.replace(/\/[^/]*$/, "")
  );
}

for (
  const [name, rest] of [
    ["a product", { products: [{ path: "m/a/out", starts: "absent" }] }],
    ["a product folder", { products: [{ path: "m/a/out", starts: "folder" }] }],
    ["scratch", { scratch: ["m/a/tmp/"] }],
    ["the folder to start in", { cwd: "m/a/deep" }],
  ] as const
) {
  Deno.test(`${name} beneath a link of a read is refused, beneath a folder it is made`, () =>
    onBench(async (bench) => {
      const out = `${bench.folder}/out`;
      await Deno.mkdir(out);
      const stage = {
        products: [],
        scratch: [],
        ...rest,
      } as unknown as Partial<
        StageInput
      >;
      await rejectsWith(
        "workspace.unsafe",
        () => bench.stage({ m: { a: `-> ${out}` } }, stage),
      );
      assertEquals([...Deno.readDirSync(out)], []);
      await bench.stage({ m: { "a/x": "x" } }, stage);
      assert(Deno.lstatSync(`${bench.work}/m/a`).isDirectory);
    }));
}

Deno.test("any layout of any reads stays inside the stage", () =>
  onBench(async (bench) => {
    const name = fc.constantFrom("a", "b", "..", ".", "", "c");
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) =>
      parts.join("/")
    );
    const what = fc.constantFrom("text", "!sh", "/", "-> ..", `-> /`);
    const tree = fc.dictionary(path, what, { maxKeys: 5 });
    const declared = fc.constantFrom("a", "b", "a/b", "c", ".");
    let built = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(declared, tree, { maxKeys: 3 }),
        fc.boolean(),
        async (reads, link) => {
          try {
            const { binds } = await bench.stage(reads, { link });
            for (const folder of [bench.work, ...binds.map((b) => b.source)]) {
              assertEquals(linksUsedAsFolders(folder), []);
            }
            built++;
          } catch (error) {
            assert(error instanceof WritError, String(error));
            assertEquals(error.code, "workspace.unsafe");
          } finally {
            await removeTree(bench.root);
          }
          assertEquals(
            [...Deno.readDirSync(bench.folder)].map((each) => each.name)
              .filter((each) => !["blobs", "trees"].includes(each)),
            [],
          );
        },
      ),
      { numRuns: 200 },
    );
    assert(built > 10);
  }));

Deno.test("products are collected, stored and listed", () =>
  onBench(async (bench) => {
    const staged = await bench.stage({ src: SRC }, {
      products: [
        { path: "dist", starts: "folder" },
        { path: "out/one.txt", starts: "absent" },
      ],
    });
    Deno.mkdirSync(`${bench.work}/dist/deep/empty`, { recursive: true });
    bench.write("dist/a", "A");
    bench.write("dist/run", "#!");
    Deno.chmodSync(`${bench.work}/dist/run`, 0o4755);
    Deno.symlinkSync("../a", `${bench.work}/dist/deep/l`);
    bench.write("out/one.txt", "one");
    const found = await collectProducts(staged);
    const entries = await bench.entries({
      a: "A",
      "deep/empty": "/",
      "deep/l": "-> ../a",
      run: "!#!",
    });
    const one = await bench.entries({ ".": "one" });
    assertEquals(found, {
      products: [
        { path: "dist", tree: treeRoot(entries), files: 2, bytes: 3, entries },
        {
          path: "out/one.txt",
          tree: treeRoot(one),
          files: 1,
          bytes: 3,
          entries: one,
        },
      ],
      missing: [],
      strays: [],
      changed: [],
    });
    const again = new BlobStore({
      blobs: `${bench.folder}/blobs`,
      trees: `${bench.folder}/trees`,
    });
    assertEquals(await again.getTree(treeRoot(entries)), entries);
    assertEquals(await again.read(sha256(bytesOf("A"))), bytesOf("A"));
  }));

Deno.test("an empty product folder is one entry, as the planner has it", () =>
  onBench(async (bench) => {
    const staged = await bench.stage({}, {
      products: [{ path: "dist", starts: "folder" }],
    });
    const { products: [{ entries }] } = await collectProducts(staged);
    assertEquals(entries, [
      { path: ".", mode: "040000", digest: EMPTY_DIGEST },
    ]);
  }));

Deno.test("what a stage of a product looks like is what was collected", () =>
  onBench(async (bench) => {
    const staged = await bench.stage({}, {
      products: [{ path: "dist", starts: "folder" }],
    });
    bench.write("dist/a", "A");
    Deno.mkdirSync(`${bench.work}/dist/e`);
    const { products: [product] } = await collectProducts(staged);
    await Deno.rename(bench.root, `${bench.folder}/first`);
    await buildStage({
      ...staged,
      materials: [product],
      products: [],
      link: false,
    });
    assertEquals(treeOf(bench.work), { "dist/a": "A", "dist/e": "/" });
  }));

interface CollectCase {
  act(bench: Bench): void;
  missing?: string[];
  strays?: string[];
  changed?: string[];
}

const READS = {
  src: { a: "a", b: "b", run: "!sh", l: "-> a" },
  "one.txt": { ".": "1" },
  data: { db: "rows" },
};

const LEFT: Record<string, CollectCase> = {
  "nothing": { act: () => {}, missing: ["dist"] },
  "its product": { act: (b) => b.write("dist") },
  "a stray file": {
    act: (b) => (b.write("dist"), b.write("stray")),
    strays: ["stray"],
  },
  "a stray file within a read folder": {
    act: (b) => (b.write("dist"), b.write("src/new")),
    strays: ["src/new"],
  },
  "a stray link": {
    act: (b) => (b.write("dist"), Deno.symlinkSync("dist", `${b.work}/link`)),
    strays: ["link"],
  },
  "a stray FIFO": {
    act: (b) => (b.write("dist"), makeFifo(`${b.work}/pipe`)),
    strays: ["pipe"],
  },
  "a stray name that is not UTF-8": {
    act: (
      b,
    ) => (b.write("dist"),
      run("sh", "-c", `touch "${b.work}/x$(printf '\\377')"`)),
    strays: ["x\ufffd"],
  },
  "a file deep in a new folder": {
    act: (
      b,
    ) => (b.write("dist"),
      Deno.mkdirSync(`${b.work}/x/y`, { recursive: true }),
      b.write("x/y/z")),
    strays: ["x/y/z"],
  },
  "a new folder without files, which is no stray": {
    act: (b) => (b.write("dist"), Deno.mkdirSync(`${b.work}/x`)),
  },
  "files in scratch, which are nobody's business": {
    act: (
      b,
    ) => (b.write("dist"),
      Deno.mkdirSync(`${b.work}/tmp`),
      b.write("tmp/x"),
      makeFifo(`${b.work}/tmp/pipe`)),
  },
  "a changed read": {
    act: (b) => (b.write("dist"), b.write("src/a", "A")),
    changed: ["src/a"],
  },
  "a changed read with its old time": {
    act: (
      b,
    ) => (b.write("dist"),
      b.write("src/a", "A"),
      Deno.utimeSync(`${b.work}/src/a`, BLOB_TIME, BLOB_TIME)),
    changed: ["src/a"],
  },
  "a read exchanged for another": {
    act: (
      b,
    ) => (b.write("dist"),
      Deno.removeSync(`${b.work}/src/a`),
      Deno.renameSync(`${b.work}/src/b`, `${b.work}/src/a`)),
    changed: ["src/a", "src/b"],
  },
  "a touched read, which is the same": {
    act: (b) => (b.write("dist"), Deno.utimeSync(`${b.work}/src/a`, 1, 1)),
  },
  "a read written anew, which is the same": {
    act: (b) => (b.write("dist"), b.write("src/a", "a")),
  },
  "a removed read": {
    act: (b) => (b.write("dist"), Deno.removeSync(`${b.work}/one.txt`)),
    changed: ["one.txt"],
  },
  "a read made a program": {
    act: (b) => (b.write("dist"), Deno.chmodSync(`${b.work}/src/a`, 0o755)),
    changed: ["src/a"],
  },
  "a read made a link": {
    act: (
      b,
    ) => (b.write("dist"),
      Deno.removeSync(`${b.work}/src/a`),
      Deno.symlinkSync("b", `${b.work}/src/a`)),
    changed: ["src/a"],
  },
  "a read link that leads elsewhere": {
    act: (
      b,
    ) => (b.write("dist"),
      Deno.removeSync(`${b.work}/src/l`),
      Deno.symlinkSync("b", `${b.work}/src/l`)),
    changed: ["src/l"],
  },
  "an updated product, which may change": {
    act: (b) => (b.write("dist"), b.write("data/db", "more")),
  },
  "an updated product that is removed": {
    act: (
      b,
    ) => (b.write("dist"),
      Deno.removeSync(`${b.work}/data`, { recursive: true })),
    missing: ["data"],
  },
};

function makeFifo(path: string) {
  assert(new Deno.Command("mkfifo", { args: [path] }).outputSync().success);
}

for (const [name, { act, ...left }] of Object.entries(LEFT)) {
  Deno.test(`a step that leaves ${name}`, () =>
    onBench(async (bench) => {
      const staged = await bench.stage(READS, {
        products: [
          { path: "dist", starts: "absent" },
          { path: "data", starts: "update" },
        ],
        scratch: ["tmp"],
      });
      act(bench);
      const { products: _, ...found } = await collectProducts(staged);
      assertEquals(found, { missing: [], strays: [], changed: [], ...left });
    }));
}

Deno.test("a change shows long after staging, where untouched copies are told by their times", () =>
  onBench(async (bench) => {
    const staged = await bench.stage(READS);
    const copied = Deno.lstatSync(`${bench.work}/src/a`).ctime!.getTime();
    // The times of inodes are known to the second only.
    const marker = `${bench.root}/staged`;
    do {
      await new Promise((resolve) => setTimeout(resolve, 100));
      Deno.removeSync(marker);
      Deno.writeTextFileSync(marker, "");
    } while (Deno.lstatSync(marker).ctime!.getTime() <= copied);
    assertEquals((await collectProducts(staged)).changed, []);
    bench.write("src/a", "A");
    Deno.utimeSync(`${bench.work}/src/a`, BLOB_TIME, BLOB_TIME);
    assertEquals((await collectProducts(staged)).changed, ["src/a"]);
  }));

Deno.test("what lies at a bind is not looked at, and not missed", () =>
  onBench(async (bench) => {
    const staged = await bench.stage(READS, {
      link: true,
      products: [{ path: "dist", starts: "absent" }],
    });
    bench.write("dist");
    const { products: _, ...found } = await collectProducts(staged);
    assertEquals(found, { missing: [], strays: [], changed: [] });
  }));

Deno.test("a product within scratch is taken, the rest is not", () =>
  onBench(async (bench) => {
    const staged = await bench.stage({}, {
      products: [{ path: "target/debug/app", starts: "absent" }],
      scratch: ["target"],
    });
    bench.write("target/debug/app", "app");
    bench.write("target/debug/app.o");
    bench.write("target/log");
    const found = await collectProducts(staged);
    assertEquals(found.products.map(({ path, files }) => [path, files]), [
      ["target/debug/app", 1],
    ]);
    assertEquals([...found.strays, ...found.missing], []);
  }));

Deno.test("scratch within a product is no part of it", () =>
  onBench(async (bench) => {
    const staged = await bench.stage({}, {
      products: [{ path: "dist", starts: "folder" }],
      scratch: ["dist/.cache/"],
    });
    bench.write("dist/a");
    bench.write("dist/.cache/b");
    const { products: [{ entries }] } = await collectProducts(staged);
    assertEquals(entries.map(({ path }) => path), ["a"]);
  }));

Deno.test("a program linked between scratch and a product is taken", () =>
  onBench(async (bench) => {
    const staged = await bench.stage({}, {
      products: [{ path: "app", starts: "absent" }],
      scratch: ["target/"],
    });
    bench.write("target/app", "app");
    Deno.linkSync(`${bench.work}/target/app`, `${bench.work}/app`);
    assertEquals((await collectProducts(staged)).products[0].files, 1);
  }));

/** What no product may hold, and whether making it needs root. */
const UNSAFE: Record<string, (path: string, bench: Bench) => void> = {
  "an absolute link": (path) => Deno.symlinkSync("/etc/passwd", path),
  "a link out of the product": (path) => Deno.symlinkSync("../src", path),
  "a link out of the workspace": (path) =>
    Deno.symlinkSync("../../../../etc/passwd", path),
  "a link out by way of another": (path) => {
    Deno.mkdirSync(`${path}/a/b`, { recursive: true });
    Deno.symlinkSync("../..", `${path}/a/b/c`);
    Deno.symlinkSync("a/b/c/../../x", `${path}/d`);
  },
  "a link that loops": (path) => Deno.symlinkSync("evil", path),
  "a FIFO": (path) => makeFifo(path),
  "a socket": (path) => {
    // Closing takes the name away that it was made by.
    using _ = Deno.listen({ transport: "unix", path: `${path}.made` });
    Deno.renameSync(`${path}.made`, path);
  },
  "a name that is not UTF-8": (path) =>
    run("sh", "-c", `touch "${path}$(printf '\\377')"`),
  "a link to a name that is not UTF-8": (path) =>
    run("sh", "-c", `ln -s "x$(printf '\\377')" "${path}"`),
  "a hard link to a file outside": (path, bench) => {
    Deno.writeTextFileSync(`${bench.folder}/secret`, "secret");
    Deno.linkSync(`${bench.folder}/secret`, path);
  },
  "a hard link to a blob": (path, bench) => {
    const blob = `${bench.folder}/blobs/blob`;
    Deno.writeTextFileSync(blob, "blob");
    Deno.linkSync(blob, path);
  },
};

function run(program: string, ...args: string[]) {
  assert(new Deno.Command(program, { args }).outputSync().success);
}

for (const [name, make] of Object.entries(UNSAFE)) {
  Deno.test(`a product that holds ${name} is refused by name, without it it is taken`, () =>
    onBench(async (bench) => {
      const staged = await bench.stage({ src: SRC }, {
        products: [{ path: "dist", starts: "folder" }],
      });
      bench.write("dist/good");
      await collectProducts(staged);
      make(`${bench.work}/dist/evil`, bench);
      const error = await rejectsWith(
        "publish.unsafe",
        () => collectProducts(staged),
      );
      assert(error.faults.some(({ message }) => message.includes("dist/evil")));
    }));
}

for (const mode of ["b", "c"]) {
  Deno.test(`a product that holds a device (${mode}) is refused (needs root)`, {
    ignore: !root,
  }, () =>
    onBench(async (bench) => {
      const staged = await bench.stage({}, {
        products: [{ path: "dist", starts: "folder" }],
      });
      run("mknod", `${bench.work}/dist/evil`, mode, "1", "3");
      await rejectsWith("publish.unsafe", () => collectProducts(staged));
    }));
}

Deno.test("a product that is itself a link is refused, whatever it leads to", () =>
  onBench(async (bench) => {
    const staged = await bench.stage({ src: SRC }, {
      products: [{ path: "dist", starts: "absent" }],
    });
    Deno.symlinkSync("src", `${bench.work}/dist`);
    await rejectsWith("publish.unsafe", () => collectProducts(staged));
  }));

Deno.test("all that is unsafe in a product is named at once", () =>
  onBench(async (bench) => {
    const staged = await bench.stage({}, {
      products: [{ path: "dist", starts: "folder" }],
    });
    makeFifo(`${bench.work}/dist/one`);
    Deno.symlinkSync("/", `${bench.work}/dist/two`);
    const error = await rejectsWith(
      "publish.unsafe",
      () => collectProducts(staged),
    );
    assertEquals(error.faults.length, 2);
  }));

Deno.test(
  "a product folder that cannot be entered is refused with the reason",
  {
    ignore: root,
  },
  () =>
    onBench(async (bench) => {
      const staged = await bench.stage({}, {
        products: [{ path: "dist", starts: "folder" }],
      });
      Deno.mkdirSync(`${bench.work}/dist/closed`, { mode: 0o000 });
      const error = await rejectsWith(
        "publish.unsafe",
        () => collectProducts(staged),
      );
      assert(error.message.includes("permission denied"));
    }),
);

Deno.test("a product deeper than any path is refused, and its scratch twin is not looked at", () =>
  onBench(async (bench) => {
    const staged = await bench.stage({}, {
      products: [{ path: "dist", starts: "folder" }],
      scratch: ["tmp/"],
    });
    await deepen(bench, "tmp");
    await collectProducts(staged);
    await deepen(bench, "dist");
    const error = await rejectsWith(
      "publish.unsafe",
      () => collectProducts(staged),
    );
    assert(error.message.includes("too long"));
  }));

/** Makes folders deeper than a path may be long, by moving them beneath one another. */
async function deepen(bench: Bench, path: string) {
  let inner = `${bench.folder}/seed`;
  await Deno.mkdir(inner);
  for (let i = 0; i < 600; i++) {
    const outer = `${bench.folder}/next${i % 2}`;
    await Deno.mkdir(outer);
    await Deno.rename(inner, `${outer}/dddddddd`);
    inner = outer;
  }
  await Deno.rename(inner, `${bench.work}/${path}/top`);
}

Deno.test("ten thousand files are staged and collected", () =>
  onBench(async (bench) => {
    const tree: Tree = {};
    for (let i = 0; i < 10_000; i++) tree[`d${i % 100}/f${i}`] = `file ${i}`;
    const staged = await bench.stage({ src: tree }, {
      products: [{ path: "src", starts: "update" }],
    });
    const { products: [product] } = await collectProducts(staged);
    assertEquals(product.files, 10_000);
    assertEquals(product.tree, treeRoot(await bench.entries(tree)));
  }));
