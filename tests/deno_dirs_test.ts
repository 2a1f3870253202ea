/**
 * The module caches of deno steps: made of what was planned, kept, and looked at again.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path/join";
import { WritError } from "../src/core/errors.ts";
import { readFiles } from "../src/evidence/read_files.ts";
import { disk } from "../src/plan/disk.ts";
import type { Tool } from "../src/plan/plan.ts";
import { ToolDigests } from "../src/plan/tool_digests.ts";
import { DenoDirs, unusedDenoDirs } from "../src/run/deno_dirs.ts";
import { inFolder } from "./support/in_folder.ts";

const WORDS = {
  name: "npm:@a/words@1.2.3",
  path: "npm/registry.npmjs.org/@a/words/1.2.3",
};
const FILE = "lib/mod.js";

/** A package in someone's cache, planned as it is now, and an empty folder for the caches. */
async function planned(root: string) {
  const dir = join(root, "cache/words");
  await Deno.mkdir(join(dir, "lib"), { recursive: true });
  await Deno.writeTextFile(join(dir, FILE), "export const a = 1;\n");
  const digest = await new ToolDigests(disk, readFiles({ blobs: null }), null)
    .tree(dir);
  const tools: Tool[] = [
    { name: WORDS.name, tier: "content", digest },
  ];
  const caches = join(root, "caches");
  await Deno.mkdir(caches);
  return {
    dir,
    text: (denoDir: string) =>
      Deno.readTextFile(join(denoDir, WORDS.path, FILE)),
    caches,
    of: (share: boolean, runFolder = join(root, "run")) =>
      new DenoDirs(caches, null).of(
        runFolder,
        [{ ...WORDS, dir }],
        tools,
        share,
      ),
  };
}

Deno.test("a cache holds copies of the packages that were planned", () =>
  inFolder(async (root) => {
    const { of, text, dir } = await planned(root);
    const denoDir = await of(true);
    await Deno.writeTextFile(join(dir, FILE), "poison\n");
    assertEquals(await text(denoDir), "export const a = 1;\n");
  }));

Deno.test("a package that changed after it was planned is refused, and nothing is kept", () =>
  inFolder(async (root) => {
    const { of, caches, dir } = await planned(root);
    await Deno.writeTextFile(join(dir, FILE), "poison\n");
    const error = await assertRejects(() => of(true), WritError, "@a/words");
    assertEquals(error.code, "plan.changed_while_read");
    assertEquals(Array.from(Deno.readDirSync(caches)), []);
  }));

Deno.test("a cache is kept, and serves the next run without the packages", () =>
  inFolder(async (root) => {
    const { of, text, dir } = await planned(root);
    const first = await of(true);
    await Deno.remove(dir, { recursive: true });
    assertEquals(await of(true), first);
    assertEquals(await text(first), "export const a = 1;\n");
  }));

for (
  const [what, damage] of [
    ["changed", (file: string) => Deno.writeTextFile(file, "poison\n")],
    ["lost", (file: string) => Deno.remove(file)],
    ["made a program", (file: string) => Deno.chmod(file, 0o755)],
    [
      "added",
      (file: string) => Deno.writeTextFile(join(file, "../more.js"), "poison"),
    ],
  ] as const
) {
  Deno.test(`a kept cache in which a file was ${what} is made anew`, () =>
    inFolder(async (root) => {
      const { of, text } = await planned(root);
      const first = await of(true);
      await damage(join(first, WORDS.path, FILE));
      const again = await of(true);
      assertEquals(await text(again), "export const a = 1;\n");
      assertEquals(
        Array.from(
          Deno.readDirSync(join(again, WORDS.path, "lib")),
          ({ name }) => name,
        ),
        ["mod.js"],
      );
    }));
}

Deno.test("a cache that another runner made meanwhile stays under its steps", () =>
  inFolder(async (root) => {
    const { of, text } = await planned(root);
    const { rename } = Deno;
    let other: Deno.FsFile | null = null;
    Deno.rename = async (from, to) => {
      Deno.rename = rename;
      const denoDir = await of(true);
      // As a step does that is running on it, whatever becomes of its name.
      other = await Deno.open(join(denoDir, WORDS.path, FILE));
      await rename(from, to);
    };
    try {
      assertEquals(await text(await of(true)), "export const a = 1;\n");
    } finally {
      Deno.rename = rename;
    }
    using held = other!;
    const { ino, nlink } = await (held as Deno.FsFile).stat();
    const now = await Deno.stat(join(await of(true), WORDS.path, FILE));
    assertEquals([nlink, now.ino], [1, ino]);
  }));

Deno.test("a wrong cache is moved aside and not emptied, and is swept as what was never finished", () =>
  inFolder(async (root) => {
    const { of, caches } = await planned(root);
    const file = join(await of(true), WORDS.path, FILE);
    await Deno.writeTextFile(file, "poison\n");
    using held = await Deno.open(file);
    await of(true);
    assertEquals((await held.stat()).nlink, 1);
    const left = unusedDenoDirs(caches, 0);
    assertEquals(left.length, 1);
    assertEquals(
      await Deno.readTextFile(join(left[0], WORDS.path, FILE)),
      "poison\n",
    );
  }));

Deno.test("a step without packages gets a cache without packages", () =>
  inFolder(async (root) => {
    for (const share of [true, false]) {
      const denoDir = await new DenoDirs(root, null)
        .of(join(root, "run"), [], [], share);
      assert((await Deno.stat(denoDir)).isDirectory);
    }
  }));

Deno.test("a cache that may not be shared is a copy in the folder of the run", () =>
  inFolder(async (root) => {
    const { of, text } = await planned(root);
    const run = join(root, "run");
    const copy = await of(false, run);
    assert(copy.startsWith(`${run}/`));
    await Deno.writeTextFile(
      join(copy, WORDS.path, FILE),
      "changed\n",
    );
    assertEquals(await text(await of(true)), "export const a = 1;\n");
  }));
