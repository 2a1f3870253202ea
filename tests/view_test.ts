import { assert, assertEquals, assertRejects } from "@std/assert";
import { BLOB_TIME, blobPath } from "../src/evidence/blob_files.ts";
import { type StageInput, UPDATE_TIME } from "../src/evidence/stage.ts";
import { onBench, SRC, type Tree, treeOf } from "./support/view_bench.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

interface LayoutCase {
  reads?: Record<string, Tree>;
  products?: StageInput["products"];
  scratch?: string[];
  cwd?: string;
  sees: Tree;
  /** Paths that are bound when links may be used. */
  binds?: string[];
}

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

Deno.test("a stage has its folders, closed to others", () =>
  onBench(async (bench) => {
    await bench.stage({});
    for (const name of ["work", "home", "tmp"]) {
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

Deno.test("a copied repository is closed where nothing of it is written, so that git leaves its index", () =>
  onBench(async (bench) => {
    const git = { "HEAD": "ref", "index": "i", "refs/heads/main": "c" };
    await bench.stage({ ".git": git, "lib/.git": git, "src": SRC }, {
      products: [{ path: "lib/.git/refs", starts: "update" }],
    });
    const modeOf = (path: string) =>
      Deno.lstatSync(`${bench.work}/${path}`).mode! & 0o777;
    assertEquals(modeOf(".git"), 0o555);
    for (const open of [".", ".git/refs", "lib/.git", "src", "src/lib"]) {
      assertEquals(modeOf(open), 0o755, open);
    }
  }));
