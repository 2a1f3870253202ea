/**
 * What a step reads: of the workspace, and of what earlier steps will have written.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  type Content,
  planIn,
  readsOf,
  type StepWish,
  Workspace,
} from "./support/workspaces.ts";

const TREE: Record<string, Content> = {
  "src/a.ts": "export const a = 1;\n",
  "src/deep/b.ts": "export const b = 2;\n",
  "tools/go.sh": { program: "#!/bin/sh\n" },
  "README.md": "# read me\n",
};

const READS: [
  name: string,
  files: Record<string, Content>,
  steps: Record<string, StepWish>,
  reads: string[],
][] = [
  ["a folder", TREE, { s: { permissions: { read: ["src"] } } }, [
    "src: a.ts deep/b.ts",
  ]],
  ["a file", TREE, { s: { permissions: { read: ["tools/go.sh"] } } }, [
    "tools/go.sh: .*",
  ]],
  ["an empty folder", { "e": { folder: true } }, {
    s: { permissions: { read: ["e"] } },
  }, ["e: ./"]],
  [
    "an empty folder within a folder",
    {
      "d/e": { folder: true },
      "d/f": "",
    },
    { s: { permissions: { read: ["d"] } } },
    ["d: e/ f"],
  ],
  [
    "inward links",
    {
      "d/f": "1",
      "d/to-file": { link: "f" },
      "d/to-nothing": { link: "none" },
      "d/to-itself": { link: "to-itself" },
      "d/up": { link: "../d" },
    },
    { s: { permissions: { read: ["d"] } } },
    [
      "d: f to-file@ to-itself@ to-nothing@ up@",
    ],
  ],
  [
    "links into the system",
    {
      "d/python": { link: "/usr/bin/python3" },
      "d/python3": { link: "python" },
    },
    { s: { permissions: { read: ["d"] } } },
    ["d: python@ python3@"],
  ],
  [
    "a declared link as what it leads to",
    {
      "releases/1/f": "1",
      "current": { link: "releases/1" },
    },
    { s: { permissions: { read: ["current"] } } },
    ["current: f"],
  ],
  [
    "a path over a linked folder",
    {
      "real/x": "1",
      "link": { link: "real" },
    },
    { s: { permissions: { read: ["link/x"] } } },
    ["link/x: ."],
  ],
  [
    "names with commas, newlines and dashes",
    {
      "d/a,b": "1",
      "d/a\nb": "2",
      "d/-rf": "3",
      "d/\u00e9": "4",
      "d/e\u0301": "5",
    },
    { s: { permissions: { read: ["d"] } } },
    [
      "d: -rf a\nb a,b e\u0301 \u00e9",
    ],
  ],
  [
    "everything but what is ignored",
    {
      ".gitignore": "*.log\n/build/\n!keep.log\n",
      "a.ts": "1",
      "a.log": "1",
      "keep.log": "1",
      "build/out": "1",
      "sub/build/in": "1",
      "sub/.gitignore": "in2\n",
      "sub/in2": "1",
    },
    { s: { permissions: { read: ["."] } } },
    [
      ".: .gitignore a.ts keep.log sub/.gitignore sub/build/in",
    ],
  ],
  [
    "what is ignored but named",
    {
      ".gitignore": "node_modules\n",
      "a.ts": "1",
      "node_modules/m/index.js": "1",
    },
    { s: { permissions: { read: [".", "node_modules"] } } },
    [
      ".: .gitignore a.ts",
      "node_modules: m/index.js",
    ],
  ],
  [
    "a folder that holds something ignored, whole where it is named",
    {
      ".gitignore": "*.log\n",
      "d/a": "1",
      "d/a.log": "1",
    },
    { s: { permissions: { read: [".", "d"] } } },
    [
      ".: .gitignore",
      "d: a a.log",
    ],
  ],
  [
    "the repository where it is named",
    {
      ".git/HEAD": "ref: refs/heads/main\n",
      "a": "1",
    },
    { s: { permissions: { read: [".", ".git"] } } },
    [
      ".: a",
      ".git: HEAD",
    ],
  ],
  ["no path twice", TREE, {
    s: { permissions: { read: ["src", "src/deep", "src/a.ts"] } },
  }, ["src: a.ts deep/b.ts"]],
  ["nothing that is denied", TREE, {
    s: { permissions: { read: [".", "tools"], deny: ["src/deep", "tools"] } },
  }, [".: README.md src/a.ts"]],
  ["nothing that the step writes or throws away", {
    "d/src": "1",
    "d/out/x": "1",
    "d/tmp/x": "1",
  }, {
    s: { permissions: { read: ["d"], write: ["d/out"] }, scratch: ["d/tmp"] },
  }, ["d: src"]],
  [
    "what it updates, apart",
    {
      "d/src": "1",
      "d/VERSION": "1",
    },
    { s: { permissions: { read: ["d", "d/VERSION"], write: ["d/VERSION"] } } },
    [
      "d: src",
      "d/VERSION: .",
    ],
  ],
  ["its standard input", TREE, { s: { stdin: { file: "README.md" } } }, [
    "README.md: .",
  ]],
  ["what a deno step needs", {
    "deno.json": "{}",
    "deno.lock": "{}",
    "package.json": "{}",
    "scripts/build.ts": "1",
    "lib/m.ts": "1",
    "other.ts": "1",
  }, {
    s: {
      kind: "deno",
      argv: ["run", "--quiet", "scripts/build.ts", "now"],
      permissions: { import: ["lib"] },
    },
  }, [
    "deno.json: .",
    "deno.lock: .",
    "lib: m.ts",
    "package.json: .",
    "scripts/build.ts: .",
  ]],
];

for (const [name, files, steps, reads] of READS) {
  Deno.test(`a step reads ${name}`, async () => {
    using workspace = new Workspace(files);
    assertEquals(readsOf(await planIn(workspace, steps)), reads);
  });
}

const MADE: [
  name: string,
  steps: Record<string, StepWish>,
  step: string,
  reads: string[],
][] = [
  [
    "the product of a step that it needs",
    {
      make: { permissions: { write: ["out"] } },
      use: { needs: ["make"], permissions: { read: ["out"] } },
    },
    "use",
    ["out from make"],
  ],
  [
    "a part of it",
    {
      make: { permissions: { write: ["out"] } },
      use: { needs: ["make"], permissions: { read: ["out/x/y"] } },
    },
    "use",
    ["out/x/y from make"],
  ],
  [
    "the product of a step further back",
    {
      make: { permissions: { write: ["out"] } },
      middle: { needs: ["make"] },
      use: { needs: ["middle"], permissions: { read: ["out"] } },
    },
    "use",
    ["out from make"],
  ],
  [
    "the product of the last of two",
    {
      make: { permissions: { write: ["out"] } },
      again: {
        needs: ["make"],
        permissions: { read: ["out"], write: ["out"] },
      },
      use: { needs: ["again"], permissions: { read: ["out"] } },
    },
    "use",
    ["out from again"],
  ],
  [
    "a product within a folder, and the rest of the folder from disk",
    {
      make: { permissions: { write: ["src/gen"] } },
      use: { needs: ["make"], permissions: { read: ["src"] } },
    },
    "use",
    ["src: a.ts deep/b.ts", "src/gen from make"],
  ],
  [
    "products that are the only thing in a folder",
    {
      one: { permissions: { write: ["out/1"] } },
      two: { permissions: { write: ["out/2"] } },
      use: { needs: ["one", "two"], permissions: { read: ["out"] } },
    },
    "use",
    ["out/1 from one", "out/2 from two"],
  ],
  [
    "what an earlier step updates, from that step",
    {
      bump: { permissions: { read: ["README.md"], write: ["README.md"] } },
      use: { needs: ["bump"], permissions: { read: ["."] } },
    },
    "use",
    [".: src/a.ts src/deep/b.ts tools/go.sh*", "README.md from bump"],
  ],
  [
    "what a later step updates, from disk",
    {
      use: { permissions: { read: ["README.md"] } },
      bump: {
        needs: ["use"],
        permissions: { read: ["README.md"], write: ["README.md"] },
      },
    },
    "use",
    ["README.md: ."],
  ],
];

for (const [name, steps, step, reads] of MADE) {
  Deno.test(`a step reads ${name}`, async () => {
    using workspace = new Workspace(TREE);
    assertEquals(readsOf(await planIn(workspace, steps), step), reads);
  });
}

Deno.test("a stale product of an earlier run is not what a later step reads", async () => {
  using workspace = new Workspace({ ...TREE, "src/gen/old.ts": "1" });
  const steps = MADE[4][1];
  assertEquals(readsOf(await planIn(workspace, steps), "use"), MADE[4][3]);
});
