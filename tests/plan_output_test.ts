/**
 * Paths in the output of a step that failed.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { namedPaths } from "../src/plan/words.ts";

const HERE = new Set(["fixture.txt", "src/a.ts", "data/in.csv", "e\u0301"]);

const OUTPUTS: [output: string, named: string[]][] = [
  ["Error: ENOENT: no such file, open 'fixture.txt'", ["fixture.txt"]],
  ["cat: fixture.txt: No such file or directory", ["fixture.txt"]],
  ["    at load (file:///work/src/a.ts:3:7)", ["src/a.ts"]],
  ["src/a.ts:3: undefined", ["src/a.ts"]],
  ["open ./data/in.csv.", ["data/in.csv"]],
  ['{"file":"/work/data/in.csv"}', ["data/in.csv"]],
  ["\x1b[31msrc/a.ts\x1b[0m:1:1 - error", ["src/a.ts"]],
  ["\u201csrc/a.ts\u201d and src/a.ts", ["src/a.ts"]],
  ["src/a.ts fixture.txt src/a.ts", ["src/a.ts", "fixture.txt"]],
  ["/etc/fixture.txt ../fixture.txt . / x", []],
  ["", []],
];

for (const [output, named] of OUTPUTS) {
  Deno.test(`${JSON.stringify(output)} names ${JSON.stringify(named)}`, () => {
    assertEquals(namedPaths(output, (path) => HERE.has(path)), named);
  });
}

Deno.test("a path is named as seen from where the step ran", () => {
  const output =
    "open 'a.ts' and /tmp/view/1/work/src/b.ts, not /work/c.ts or /tmp/view/1/d";
  assertEquals(
    namedPaths(output, () => true, {
      cwd: "src/deep",
      root: "/tmp/view/1/work",
    }).filter((path) => path.includes(".")),
    ["src/deep/a.ts", "src/b.ts"],
  );
});

Deno.test("output of any kind is read, and only paths within the workspace are asked for", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (output) => {
    namedPaths(output, (path) => {
      assertEquals(/^\/|(^|\/)\.\.?(\/|$)|\0/.test(path), false);
      return true;
    });
  }));
});

Deno.test("at most twenty paths are named, from the end of a long output", () => {
  const output = `first ${"x ".repeat(100_000)}${
    Array.from({ length: 30 }, (_, i) => `f${i}`).join(" ")
  }`;
  const named = namedPaths(output, (path) => path !== "x");
  assertEquals(named.length, 20);
  assertEquals(named[0], "f0");
});
