/**
 * Programs outside the system: declared tool roots, shims, module caches; and how their
 * digests are remembered.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { canonicalText } from "../src/core/canonical_json.ts";
import type { Digest } from "../src/core/digest.ts";
import { parseToolRoots, type ToolRoots } from "../src/plan/executables.ts";
import { disk } from "../src/plan/disk.ts";
import type { ReadFiles } from "../src/plan/read_files.ts";
import { type ToolDigestCache, ToolDigests } from "../src/plan/tool_digests.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import {
  type Content,
  findProgram as find,
  hashFiles,
  planIn,
  stepIn,
  type StepWish,
  Workspace,
} from "./support/workspaces.ts";

const rootsOf = (...roots: string[]): ToolRoots => ({ v: 1, roots });
const SH = { program: "#!/bin/sh\n" };

const PYENV: Record<string, Content> = {
  "shims/python9": { program: '#!/bin/sh\nexec pyenv exec "$0" "$@"\n' },
  "versions/3.9.1/bin/python9": SH,
  "versions/3.9.1/lib/x.py": "",
  "versions/3.11.7/bin/python9": SH,
  "versions/3.11.7/lib/x.py": "",
  "versions/3.11.10/bin/python9": SH,
  "versions/3.11.10/lib/x.py": "",
  "version": "3.9.1\n",
};

const PYENV_CHOICES: [
  name: string,
  files: Record<string, Content>,
  version: string,
][] = [
  ["its own version file", {}, "3.9.1"],
  ["the workspace's", { ".python-version": "3.11.7\n" }, "3.11.7"],
  ["the newest of a short version", { ".python-version": "3.11\n" }, "3.11.10"],
  ["the first that is there", {
    ".python-version": "# mine\n4.0\n3.11.7\n",
  }, "3.11.7"],
];

for (const [name, files, version] of PYENV_CHOICES) {
  Deno.test(`a pyenv shim stands for ${name}`, async () => {
    using pyenv = new Workspace(PYENV);
    using workspace = new Workspace(files);
    const { executable, located } = await find(
      workspace,
      { argv: ["python9"] },
      { toolRoots: rootsOf(pyenv.root) },
    );
    const prefix = `${pyenv.root}/versions/${version}`;
    assertEquals(executable.tier, "prefix");
    assertEquals(located, {
      program: `${prefix}/bin/python9`,
      roots: [prefix],
      path: [`${prefix}/bin`],
      deno: null,
    });
  });
}

Deno.test("a venv of a pyenv Python brings that installation along", async () => {
  using pyenv = new Workspace(PYENV);
  const prefix = `${pyenv.root}/versions/3.11.7`;
  using workspace = new Workspace({
    ".venv/bin/python": { link: `${prefix}/bin/python9` },
    ".venv/pyvenv.cfg": `home = ${prefix}/bin\n`,
  });
  const wish = { argv: [".venv/bin/python"], permissions: { read: [".venv"] } };
  const { executable, located } = await find(workspace, wish, {
    toolRoots: rootsOf(pyenv.root),
  });
  assertEquals(executable.tier, "prefix");
  assertEquals(located.roots, [prefix]);
  const error = await rejectsWith(
    "plan.executable_missing",
    () => planIn(workspace, { s: wish }),
  );
  assertStringIncludes(error.message, "belongs to no known tool");
});

Deno.test("a venv with a copied Python brings the home of pyvenv.cfg along", async () => {
  using pyenv = new Workspace(PYENV);
  const prefix = `${pyenv.root}/versions/3.9.1`;
  using workspace = new Workspace({
    ".venv/bin/python": SH,
    ".venv/pyvenv.cfg": `home = ${prefix}/bin\n`,
  });
  const { tools, located } = await find(workspace, {
    argv: [".venv/bin/python"],
    permissions: { read: [".venv"] },
  }, { toolRoots: rootsOf(pyenv.root) });
  assertEquals(tools, ["python prefix", "sh system"]);
  assertEquals(located.roots, [prefix]);
});

const RUSTUP: Record<string, Content> = {
  "cargo/bin/rustup": SH,
  "cargo/bin/cargo9": { link: "rustup" },
  "rustup/settings.toml":
    'version = "12"\ndefault_toolchain = "stable-x86_64-unknown-linux-gnu"\n',
  "rustup/toolchains/stable-x86_64-unknown-linux-gnu/bin/cargo9": SH,
  "rustup/toolchains/stable-x86_64-unknown-linux-gnu/lib/x": "",
  "rustup/toolchains/1.75.0-x86_64-unknown-linux-gnu/bin/cargo9": SH,
  "rustup/toolchains/1.75.0-x86_64-unknown-linux-gnu/lib/x": "",
};

const RUSTUP_CHOICES: [
  name: string,
  files: Record<string, Content>,
  toolchain: string,
][] = [
  ["the default", {}, "stable"],
  ["that of rust-toolchain.toml", {
    "rust-toolchain.toml": '[toolchain]\nchannel = "1.75.0"\n',
  }, "1.75.0"],
  ["that of rust-toolchain", { "rust-toolchain": "1.75.0\n" }, "1.75.0"],
];

for (const [name, files, toolchain] of RUSTUP_CHOICES) {
  Deno.test(`a rustup shim stands for ${name}`, async () => {
    using home = new Workspace(RUSTUP);
    using workspace = new Workspace(files);
    const { located } = await find(workspace, { argv: ["cargo9"] }, {
      toolRoots: rootsOf(`${home.root}/cargo`, `${home.root}/rustup`),
    });
    const prefix =
      `${home.root}/rustup/toolchains/${toolchain}-x86_64-unknown-linux-gnu`;
    assertEquals(located.program, `${prefix}/bin/cargo9`);
    assertEquals(located.roots, [prefix]);
  });
}

Deno.test("a program in P/bin brings P along, but never more than the tool root allows", async () => {
  using tool = new Workspace({
    "p/bin/tool9": SH,
    "p/lib/x": "",
    "p/secret": "",
  });
  using workspace = new Workspace();
  const wide = await find(workspace, { argv: ["tool9"] }, {
    toolRoots: rootsOf(`${tool.root}/p`),
  });
  assertEquals(wide.executable.tier, "prefix");
  assertEquals(wide.located.roots, [`${tool.root}/p`]);
  const narrow = await find(workspace, { argv: ["tool9"] }, {
    toolRoots: rootsOf(`${tool.root}/p/bin`),
  });
  assertEquals(narrow.executable.tier, "content");
  assertEquals(narrow.located.roots, [`${tool.root}/p/bin/tool9`]);
});

const OUTSIDE: [
  name: string,
  files: Record<string, Content>,
  sentence: string,
][] = [
  ["a shim of an unknown kind", { "shims/tool9": SH }, "does not know"],
  ["a pyenv version that is not there", {
    "shims/tool9": SH,
    "versions/1.0/bin/other": SH,
    "version": "1.0\n",
  }, "pyenv has no"],
  ["a rustup without its toolchains", {
    "bin/rustup": SH,
    "bin/tool9": { link: "rustup" },
  }, "no tool root holds"],
];

for (const [name, files, sentence] of OUTSIDE) {
  Deno.test(`refused: ${name}`, async () => {
    using tool = new Workspace(files);
    using workspace = new Workspace();
    const error = await rejectsWith(
      "plan.executable_missing",
      () =>
        planIn(workspace, { s: { argv: ["tool9"] } }, {
          toolRoots: rootsOf(tool.root),
        }),
    );
    assertStringIncludes(error.message, sentence);
  });
}

Deno.test("a program that links out of its tool root needs the other as a root too", async () => {
  using away = new Workspace({ "tool9": SH });
  using tool = new Workspace({ "bin/tool9": { link: `${away.root}/tool9` } });
  using workspace = new Workspace();
  const plan = (...roots: string[]) =>
    planIn(workspace, { s: { argv: ["tool9"] } }, {
      toolRoots: rootsOf(...roots),
    });
  const error = await rejectsWith(
    "plan.executable_missing",
    () => plan(tool.root),
  );
  assertStringIncludes(error.message, "belongs to no known tool");
  const planned = await plan(tool.root, away.root);
  assertEquals(planned.located.get("s")!.program, `${away.root}/tool9`);
});

Deno.test("a program by an absolute path needs a tool root", async () => {
  using tool = new Workspace({ "bin/tool9": SH });
  using workspace = new Workspace();
  const steps = { s: { argv: [`${tool.root}/bin/tool9`] } };
  await rejectsWith("plan.executable_missing", () => planIn(workspace, steps));
  const planned = await planIn(workspace, steps, {
    toolRoots: rootsOf(tool.root),
  });
  assertEquals(stepIn(planned).executable.tier, "content");
});

Deno.test("a script whose first line names a place in the workspace is refused with the way that works", async () => {
  using workspace = new Workspace({ "v/bin/python": SH });
  workspace.put({
    "v/bin/tool": { program: `#!${workspace.root}/v/bin/python\n` },
  });
  const error = await rejectsWith(
    "plan.executable_missing",
    () =>
      planIn(workspace, {
        s: { argv: ["v/bin/tool"], permissions: { read: ["v"] } },
      }),
  );
  assertEquals(
    error.hint,
    `Start the interpreter itself: "run": ["v/bin/python", "v/bin/tool"]`,
  );
  const planned = await planIn(workspace, {
    s: { argv: ["v/bin/python", "v/bin/tool"], permissions: { read: ["v"] } },
  });
  assertEquals(planned.located.get("s")!.program, {
    workspace: "v/bin/python",
  });
});

Deno.test("the same tool at two places gives the same plan", async () => {
  using one = new Workspace(PYENV);
  using two = new Workspace(PYENV);
  using workspace = new Workspace();
  const plans = await Promise.all(
    [one, two].map(({ root }) =>
      planIn(workspace, { s: { argv: ["python9"] } }, {
        toolRoots: rootsOf(root),
      })
    ),
  );
  assertEquals(canonicalText(plans[0].plan), canonicalText(plans[1].plan));
  two.put({ "versions/3.9.1/lib/x.py": "changed" });
  const changed = await planIn(workspace, { s: { argv: ["python9"] } }, {
    toolRoots: rootsOf(two.root),
  });
  assertNotEquals(canonicalText(plans[0].plan), canonicalText(changed.plan));
});

const LOCK = JSON.stringify({
  version: "5",
  npm: {
    "zod@4.6.7": {},
    "@a/b@1.0.0_zod@4.6.7": {},
    "absent@1.0.0": {},
    "../../../etc@1.0.0": {},
    "zod@../../x": {},
  },
});

Deno.test("a deno step uses the packages of its lock that are in the cache, and no others", async () => {
  using cache = new Workspace({
    "npm/registry.npmjs.org/zod/4.6.7/index.js": "1",
    "npm/registry.npmjs.org/zod/4.0.0/index.js": "1",
    "npm/registry.npmjs.org/@a/b/1.0.0/index.js": "1",
    "etc/1.0.0/x": "1",
    "npm/registry.npmjs.org/x/y": "1",
  });
  using workspace = new Workspace({ "deno.lock": LOCK });
  const { tools, located } = await find(workspace, {
    kind: "deno",
    argv: ["test"],
  }, { denoDir: cache.root });
  const host = `${cache.root}/npm/registry.npmjs.org`;
  assertEquals(tools, ["npm:@a/b@1.0.0 content", "npm:zod@4.6.7 content"]);
  assertEquals(located.deno, [
    {
      name: "npm:@a/b@1.0.0",
      path: "npm/registry.npmjs.org/@a/b/1.0.0",
      dir: `${host}/@a/b/1.0.0`,
    },
    {
      name: "npm:zod@4.6.7",
      path: "npm/registry.npmjs.org/zod/4.6.7",
      dir: `${host}/zod/4.6.7`,
    },
  ]);
});

const BUNDLES: [name: string, wish: StepWish, sees: string[] | null][] = [
  [
    "a deno step that bundles",
    { kind: "deno", argv: ["bundle", "a.ts"] },
    ["esbuild-0.25.5-1"],
  ],
  [
    "deno bundle as a native step",
    { argv: ["deno", "bundle", "a.ts"] },
    ["esbuild-0.25.5-1"],
  ],
  ["a deno step that bundles nothing", { kind: "deno", argv: ["test"] }, []],
  ["deno as a native step", { argv: ["deno", "test"] }, []],
  [
    "deno as a native step that may download",
    { argv: ["deno", "bundle", "a.ts"], permissions: { net: true } },
    null,
  ],
  ["another program", { argv: ["true", "bundle"] }, null],
];

for (const [name, wish, sees] of BUNDLES) {
  Deno.test(
    `${name} sees ${
      sees === null ? "nothing of Deno's cache" : `bundlers: ${sees.length}`
    }`,
    async () => {
      using cache = new Workspace({ "dl/esbuild-0.25.5-1/esbuild": "1" });
      using workspace = new Workspace();
      const { tools, located } = await find(workspace, wish, {
        denoDir: cache.root,
      });
      assertEquals(tools, (sees ?? []).map((name) => `${name} content`));
      assertEquals(
        located.deno,
        sees?.map((name) => ({
          name,
          path: `dl/${name}`,
          dir: `${cache.root}/dl/${name}`,
        })) ?? null,
      );
    },
  );
}

Deno.test("a bundle without a bundler is refused, and says how Deno gets it", async () => {
  using cache = new Workspace({ "dl/other-1/x": "1" });
  using workspace = new Workspace();
  const steps = { s: { argv: ["deno", "bundle", "a.ts"] } };
  for (const denoDir of [cache.root, null]) {
    const error = await rejectsWith(
      "plan.executable_missing",
      () => planIn(workspace, steps, { denoDir }),
    );
    assertStringIncludes(error.message, "esbuild");
    assertStringIncludes(error.hint!, "deno bundle");
  }
});

Deno.test("a lock that is not JSON is refused", async () => {
  using cache = new Workspace({ "npm/x/y": "1" });
  using workspace = new Workspace({ "deno.lock": "{" });
  const steps = { s: { kind: "deno" as const, argv: ["test"] } };
  await rejectsWith(
    "input.invalid",
    () => planIn(workspace, steps, { denoDir: cache.root }),
  );
});

/** A cache in memory, and a reader that counts. */
function remembering() {
  const kept = new Map<Digest, Digest>();
  let read = 0;
  const cache: ToolDigestCache = {
    read: (key) => Promise.resolve(kept.get(key)),
    write: (key, digest) => {
      kept.set(key, digest);
      return Promise.resolve();
    },
  };
  const counted: ReadFiles = (files) => {
    read += files.length;
    return hashFiles(files);
  };
  const at = (now: number) =>
    new ToolDigests({ ...disk, now: () => now }, counted, cache);
  return { at, kept, read: () => read };
}

const LATER = () => Date.now() + 60_000;

Deno.test("a tool that did not change is not read again", async () => {
  using tool = new Workspace({ "a": "1", "b/c": "2", "l": { link: "a" } });
  const { at, read } = remembering();
  const first = await at(LATER()).tree(tool.root);
  assertEquals(await at(LATER()).tree(tool.root), first);
  assertEquals(read(), 2);
  tool.put({ "b/c": "33" });
  assertNotEquals(await at(LATER()).tree(tool.root), first);
  assertEquals(read(), 4);
});

Deno.test("a tool that changed a moment ago is not remembered", async () => {
  using tool = new Workspace({ "a": "1" });
  const { at, kept } = remembering();
  await at(Date.now()).tree(tool.root);
  assertEquals(kept.size, 0);
  await at(LATER()).tree(tool.root);
  assertEquals(kept.size, 1);
});

Deno.test("a tool of another mode, place of a link or empty folder is another tool", async () => {
  using tool = new Workspace({ "a": "1", "l": { link: "a" } });
  const digest = () => new ToolDigests(disk, hashFiles, null).tree(tool.root);
  const seen = [await digest()];
  Deno.chmodSync(`${tool.root}/a`, 0o755);
  seen.push(await digest());
  Deno.removeSync(`${tool.root}/l`);
  tool.put({ "l": { link: "b" } });
  seen.push(await digest());
  tool.put({ "e": { folder: true } });
  seen.push(await digest());
  assertEquals(new Set(seen).size, seen.length);
});

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("tool roots are read strictly", async () => {
  assertEquals(parseToolRoots(null, "tools.json").roots, []);
  assertEquals(
    parseToolRoots(bytes('{"v":1,"roots":["/opt/node"]}'), "tools.json").roots,
    ["/opt/node"],
  );
  for (
    const text of [
      "",
      "{",
      "[]",
      '{"v":2,"roots":[]}',
      '{"v":1,"roots":["opt"]}',
      '{"v":1,"roots":["/"]}',
      '{"v":1,"roots":["/opt/"]}',
      '{"v":1,"roots":["/opt/../etc"]}',
      '{"v":1,"roots":"/opt"}',
      '{"v":1,"roots":[],"more":1}',
    ]
  ) {
    const error = await rejectsWith(
      "input.invalid",
      () => Promise.resolve().then(() => parseToolRoots(bytes(text), "t.json")),
    );
    assert(error.hint !== undefined, text);
  }
});
