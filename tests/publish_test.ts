import { assertEquals } from "@std/assert";
import { sortEntries, type TreeEntry } from "../src/core/tree.ts";
import { blobPath } from "../src/evidence/blob_files.ts";
import { BlobStore } from "../src/evidence/blobs.ts";
import { publish } from "../src/run/publish.ts";
import { onBench, type Tree } from "./support/publish_bench.ts";
import { rejectsWith } from "./support/rejects_with.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

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

/** What of a bare repository is there, and what is published. */
const REPOSITORIES: [
  name: string,
  there: Tree,
  products: Record<string, Tree>,
][] = [
  ["in one product", {}, {
    dist: { "r/HEAD": "ref: refs/heads/x", "r/objects": "/", "r/refs": "/" },
  }],
  ["as a product itself", {}, {
    dist: { HEAD: "x", config: "evil", "objects/a": "x", "refs/a": "x" },
  }],
  ["in other letters", {}, { dist: { head: "x", OBJECTS: "/", Refs: "/" } }],
  ["that borrows its objects", {}, { dist: { HEAD: "x", commondir: "/x" } }],
  ["with links for folders", {}, {
    dist: { HEAD: "-> a", a: "x", objects: "-> b", refs: "-> b", b: "/" },
  }],
  ["in several products", {}, {
    "dist/HEAD": { ".": "x" },
    "dist/objects": { a: "x" },
    "dist/refs": { ".": "/" },
  }],
  ["of which all but one part is there", {
    "dist/HEAD": "x",
    "dist/objects/a": "x",
  }, { "dist/refs": { a: "x" } }],
  ["at the root", {}, {
    HEAD: { ".": "x" },
    objects: { a: "x" },
    refs: { a: "x" },
  }],
];
for (const [name, there, products] of REPOSITORIES) {
  Deno.test(`a bare repository ${name} is never published`, () =>
    onBench(async (bench) => {
      bench.lay(bench.workspace, there);
      const before = bench.tree;
      await rejectsWith("publish.unsafe", () => bench.publish(products));
      assertEquals(bench.tree, before);
    }));
}

Deno.test("what only looks like a part of a repository is published", () =>
  onBench(async (bench) => {
    await bench.publish({
      a: { HEAD: "x", "objects/x": "x" },
      b: { "refs/x": "x", "objects/x": "x" },
      c: { HEAD: "x", "sub/objects": "/", refs: "/" },
    });
    assertEquals(bench.tree["a/HEAD"], "x");
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
      "workspace.unsafe",
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
