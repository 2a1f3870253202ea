import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { WritError } from "../src/core/errors.ts";
import { removeTree } from "../src/evidence/remove_tree.ts";
import type { StageInput } from "../src/evidence/stage.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import {
  type Bench,
  onBench,
  type Tree,
  treeOf,
} from "./support/view_bench.ts";

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
      { numRuns: 100 },
    );
    assert(built > 10);
  }));
