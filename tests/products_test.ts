import { assertEquals } from "@std/assert";
import { EMPTY_DIGEST, sha256 } from "../src/core/digest.ts";
import { treeRoot } from "../src/core/tree.ts";
import { BLOB_TIME } from "../src/evidence/blob_files.ts";
import { BlobStore } from "../src/evidence/blobs.ts";
import { collectProducts } from "../src/evidence/collect.ts";
import { buildStage } from "../src/evidence/stage.ts";
import {
  type Bench,
  makeFifo,
  onBench,
  run,
  SRC,
  type Tree,
  treeOf,
} from "./support/view_bench.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

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
