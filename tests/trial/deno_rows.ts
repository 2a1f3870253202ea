/**
 * Steps of Deno projects, as native steps and as steps of their own kind.
 *
 * @module
 */
import * as make from "./fixtures.ts";
import { put, type TrialRow } from "./row.ts";

/** Steps of Deno projects, as native steps and as steps of their own kind. */
export const DENO_ROWS: TrialRow[] = [
  {
    name: "dstep build: a deno script with a module beside it",
    programs: [],
    make: put(make.DSTEP),
    steps: {
      build: {
        deno: ["run", "scripts/build.ts"],
        permissions: { read: ["src", "scripts"], write: ["dist"] },
        env: { SOURCE_DATE_EPOCH: "7" },
      },
    },
    products: { "dist/page.txt": /^HELLO\n7\n$/ },
    without: {
      "build.read src": "exit",
      "build.read scripts": "exit",
      "build.write dist": "exit",
      "build.env SOURCE_DATE_EPOCH": "exit",
    },
  },
  {
    name: "deno fmt: deno fmt --check",
    programs: ["deno"],
    make: put(make.DENO),
    steps: {
      fmt: {
        run: ["deno", "fmt", "--check", "src"],
        permissions: { read: ["src"] },
      },
    },
    products: {},
    prints: /Checked 3 files/,
    without: { "fmt.read src": "before" },
  },
  {
    name: "deno lint: deno lint",
    programs: ["deno"],
    make: put(make.DENO),
    steps: {
      lint: { run: ["deno", "lint", "src"], permissions: { read: ["src"] } },
    },
    products: {},
    prints: /Checked 3 files/,
    without: { "lint.read src": "before" },
  },
  {
    name: "deno check: deno check",
    programs: ["deno"],
    make: put(make.DENO),
    steps: {
      check: {
        run: ["deno", "check", "src"],
        permissions: { read: ["src"] },
      },
    },
    products: {},
    prints: /Check src\/mod_test\.ts/,
    without: { "check.read src": "before" },
  },
  {
    name: "deno test: deno test with a server on loopback",
    programs: ["deno"],
    make: put(make.DENO),
    steps: {
      test: {
        run: ["deno", "test", "-A", "src"],
        permissions: { read: ["src", "fixture.txt"], net: ["localhost"] },
      },
    },
    products: {},
    prints: /ok \| 2 passed/,
    without: {
      "test.net localhost": { bubblewrap: "harmless", landlock: "exit" },
      "test.read src": "before",
      "test.read fixture.txt": "exit",
    },
    landlock: { refused: "loopback" },
  },
  {
    name: "deno test, offline: deno test of what listens to nothing",
    programs: ["deno"],
    make: put(make.DENO_OFFLINE),
    steps: {
      test: {
        run: ["deno", "test", "-A", "src"],
        permissions: { read: ["src", "fixture.txt"] },
      },
    },
    products: {},
    prints: /ok \| 1 passed/,
    without: { "test.read src": "before", "test.read fixture.txt": "exit" },
  },
  {
    name: "deno bundle: deno bundle",
    programs: ["deno bundle"],
    make: put(make.DENO),
    steps: {
      bundle: {
        run: ["deno", "bundle", "src/mod.ts", "-o", "dist/mod.js"],
        permissions: { read: ["src"], write: ["dist"] },
      },
    },
    products: { "dist/mod.js": /one two three/ },
    without: { "bundle.read src": "before", "bundle.write dist": "stray" },
  },
  {
    name: "deno format: deno fmt in place",
    programs: ["deno"],
    make: put(make.DENO_UGLY),
    steps: {
      format: {
        run: ["deno", "fmt", "src"],
        permissions: { read: ["src"], write: ["src"] },
      },
    },
    products: { "src/words.ts": /\n {2}return / },
    without: {
      "format.read src": "exit",
      "format.write src": { bubblewrap: "exit", landlock: "changed" },
    },
  },
  {
    name: "deno step fmt",
    programs: [],
    make: put(make.DENO),
    steps: {
      fmt: {
        deno: ["fmt", "--check", "src"],
        permissions: { read: ["src"] },
      },
    },
    products: {},
    prints: /Checked 3 files/,
    without: { "fmt.read src": "before" },
  },
  {
    name: "deno step lint",
    programs: [],
    make: put(make.DENO),
    steps: {
      lint: { deno: ["lint", "src"], permissions: { read: ["src"] } },
    },
    products: {},
    prints: /Checked 3 files/,
    without: { "lint.read src": "before" },
  },
  {
    name: "deno step check",
    programs: [],
    make: put(make.DENO),
    steps: {
      check: { deno: ["check", "src"], permissions: { read: ["src"] } },
    },
    products: {},
    prints: /Check src\/mod_test\.ts/,
    without: { "check.read src": "before" },
  },
  {
    name: "deno step test",
    programs: [],
    make: put(make.DENO_OFFLINE),
    steps: {
      test: {
        deno: ["test", "src"],
        permissions: { read: ["src", "fixture.txt"] },
      },
    },
    products: {},
    prints: /ok \| 1 passed/,
    without: { "test.read src": "before", "test.read fixture.txt": "exit" },
  },
  {
    name: "deno step bundle",
    programs: ["deno bundle"],
    make: put(make.DENO),
    steps: {
      bundle: {
        deno: ["bundle", "src/mod.ts", "-o", "dist/mod.js"],
        permissions: { read: ["src"], write: ["dist"] },
      },
    },
    products: { "dist/mod.js": /one two three/ },
    without: { "bundle.read src": "before", "bundle.write dist": "stray" },
  },
  {
    name: "deno step format",
    programs: [],
    make: put(make.DENO_UGLY),
    steps: {
      format: {
        deno: ["fmt", "src"],
        permissions: { read: ["src"], write: ["src"] },
      },
    },
    products: { "src/words.ts": /\n {2}return / },
    without: {
      "format.read src": "exit",
      "format.write src": { bubblewrap: "exit", landlock: "changed" },
    },
  },
];
