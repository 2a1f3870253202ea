/**
 * Finding programs without starting one: on this machine, and in made-up layouts.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Digest, sha256 } from "../src/core/digest.ts";
import { type ErrorCode } from "../src/core/errors.ts";
import { parseToolRoots, type ToolRoots } from "../src/plan/executables.ts";
import type { PlanOptions } from "../src/plan/make_plan.ts";
import { disk } from "../src/plan/disk.ts";
import { hashFiles, type ReadFiles } from "../src/plan/read_files.ts";
import { parseShebang } from "../src/plan/shebang.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import {
  type Content,
  planIn,
  stepIn,
  type StepWish,
  Workspace,
} from "./support/workspaces.ts";

const rootsOf = (...roots: string[]): ToolRoots => ({ v: 1, roots });
const SH = { program: "#!/bin/sh\n" };

/** Plans one step; its executable, its tools and where they lie. */
async function find(
  workspace: Workspace,
  wish: StepWish,
  options: Partial<PlanOptions> = {},
) {
  const planned = await planIn(workspace, { s: wish }, options);
  const { executable, tools } = stepIn(planned);
  return {
    executable,
    tools: tools.map(({ name, tier }) => `${name} ${tier}`),
    located: planned.located.get("s")!,
  };
}

for (const name of ["sh", "cc", "python3", "node", "git"]) {
  const at = ["/usr/local/bin", "/usr/bin", "/bin"].map((folder) =>
    `${folder}/${name}`
  ).find((path) => disk.realPath(path) !== null);
  Deno.test({
    name: at === undefined
      ? `${name} is found in the system (ignored: not installed)`
      : `${name} is found in the system, by its own bytes`,
    ignore: at === undefined,
    fn: async () => {
      using workspace = new Workspace();
      const { executable, located } = await find(workspace, { argv: [name] });
      assertEquals(executable, {
        name,
        tier: "system",
        digest: sha256(Deno.readFileSync(at!)),
      });
      assertEquals(located, {
        program: at!,
        roots: [],
        path: [],
        packages: [],
      });
    },
  });
}

Deno.test("deno is the one that runs now, by its own bytes", async () => {
  using workspace = new Workspace();
  for (
    const wish of [
      { argv: ["deno", "--version"] },
      { kind: "deno" as const, argv: ["test"] },
    ]
  ) {
    const { executable, located } = await find(workspace, wish);
    assertEquals(executable.tier, "content");
    assertEquals(executable.digest, sha256(Deno.readFileSync(Deno.execPath())));
    assertEquals(located.program, Deno.realPathSync(Deno.execPath()));
  }
});

Deno.test("a program by its absolute path in the system", async () => {
  using workspace = new Workspace();
  const { located } = await find(workspace, {
    argv: ["/bin/sh", "-c", "true"],
  });
  assertEquals(located.program, "/bin/sh");
});

Deno.test("programs of permissions.run are found too", async () => {
  using workspace = new Workspace();
  const { tools } = await find(workspace, {
    argv: ["sh"],
    permissions: { run: ["true", "cat", "true"] },
  });
  assertEquals(tools, ["cat system", "true system"]);
});

const SHEBANGS: [line: string, asked: ReturnType<typeof parseShebang>][] = [
  ["#!/bin/sh\n", { path: "/bin/sh" }],
  ["#! /bin/sh -e\n", { path: "/bin/sh" }],
  ["#!/usr/bin/env node\n", { name: "node" }],
  ["#!/usr/bin/env -S deno run -A\n", { name: "deno" }],
  ["#!/usr/bin/env -Sdeno run\n", { name: "deno" }],
  ["#!/usr/bin/env -i A=1 python3\n", { name: "python3" }],
  ["#!/usr/bin/env /bin/sh\n", { path: "/bin/sh" }],
  ["#!/bin/sh", { path: "/bin/sh" }],
  ["#!\n", null],
  ["\x7fELF", null],
  ["", null],
];

for (const [line, asked] of SHEBANGS) {
  Deno.test(`the first line ${JSON.stringify(line)} asks for ${JSON.stringify(asked)}`, () => {
    assertEquals(parseShebang(new TextEncoder().encode(line)), asked);
  });
}

const MODULES: Record<string, Content> = {
  "node_modules/.bin/build": { link: "../build/bin/build.js" },
  "node_modules/build/bin/build.js": {
    program: "#!/usr/bin/env sh\nconsole.log(1)\n",
  },
};

Deno.test("a program of node_modules/.bin is the file that it links to, with its interpreter", async () => {
  using workspace = new Workspace(MODULES);
  const { executable, tools, located } = await find(workspace, {
    argv: ["node_modules/.bin/build"],
    permissions: { read: ["node_modules"] },
  });
  assertEquals(executable.tier, "workspace");
  assertEquals(
    executable.digest,
    sha256(
      Deno.readFileSync(
        `${workspace.root}/node_modules/build/bin/build.js`,
      ),
    ),
  );
  assertEquals(tools, ["sh system"]);
  assertEquals(located.program, { workspace: "node_modules/.bin/build" });
});

Deno.test("a program of the workspace is seen from the folder that the step runs in", async () => {
  using workspace = new Workspace({ ...MODULES, "packages/a/x": "" });
  const { located } = await find(workspace, {
    argv: ["../../node_modules/.bin/build"],
    cwd: "packages/a",
    permissions: { read: ["node_modules"] },
  });
  assertEquals(located.program, { workspace: "node_modules/.bin/build" });
});

Deno.test("a program that an earlier step makes is known by that step", async () => {
  using workspace = new Workspace();
  const planned = await planIn(workspace, {
    build: { argv: ["cc"], permissions: { write: ["out"] } },
    use: {
      argv: ["out/tool"],
      needs: ["build"],
      permissions: { read: ["out"] },
    },
  });
  assertEquals(stepIn(planned, "use").executable.tier, "workspace");
  assertEquals(planned.located.get("use")!.program, { workspace: "out/tool" });
});

const VENV: Record<string, Content> = {
  ".venv/bin/python": { link: "/usr/bin/python3" },
  ".venv/bin/python3": { link: "python" },
  ".venv/pyvenv.cfg": "home = /usr/bin\nversion = 3.11.2\n",
  ".venv/lib/site.py": "",
};

Deno.test("a venv of the system's Python is found through its links, by its own name", async () => {
  using workspace = new Workspace(VENV);
  const { executable, located } = await find(workspace, {
    argv: [".venv/bin/python3", "-V"],
    permissions: { read: [".venv"] },
  });
  assertEquals(executable.tier, "system");
  assertEquals(executable.name, ".venv/bin/python3");
  assertEquals(located, {
    program: { workspace: ".venv/bin/python3" },
    roots: [],
    path: [],
    packages: [],
  });
});

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
      packages: [],
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

const REFUSED: [
  name: string,
  code: ErrorCode,
  files: Record<string, Content>,
  wish: StepWish,
  sentence: string,
][] = [
  ["a program that is not there", "plan.executable_missing", {}, {
    argv: ["no-such-program"],
  }, "neither a program of the system nor of a tool root"],
  [
    "a program of permissions.run that is not there",
    "plan.executable_missing",
    {},
    {
      permissions: { run: ["no-such-program"] },
    },
    "no-such-program",
  ],
  [
    "a program of the workspace that is hidden",
    "plan.undeclared_word",
    {
      "go.sh": SH,
    },
    { argv: ["./go.sh"] },
    `"go.sh" is not in permissions.read`,
  ],
  [
    "a program whose link leads to what is hidden",
    "plan.undeclared_word",
    MODULES,
    {
      argv: ["node_modules/.bin/build"],
      permissions: { read: ["node_modules/.bin"] },
    },
    `"node_modules/build/bin/build.js" is not in permissions.read`,
  ],
  [
    "a file that is not executable",
    "plan.executable_missing",
    {
      "go.sh": "#!/bin/sh\n",
    },
    { argv: ["./go.sh"], permissions: { read: ["go.sh"] } },
    "not an executable",
  ],
  ["a folder as a program", "plan.executable_missing", { "d/f": "" }, {
    argv: ["./d"],
    permissions: { read: ["d"] },
  }, "not an executable"],
  ["a program outside the workspace", "plan.executable_missing", {}, {
    argv: ["../x"],
  }, "outside the workspace"],
  ["an absolute path that is no program", "plan.executable_missing", {}, {
    argv: ["/usr/../etc/passwd"],
  }, "is no program"],
  [
    "a script whose interpreter is not there",
    "plan.executable_missing",
    {
      "x": { program: "#!/no/such/program\n" },
    },
    { argv: ["./x"], permissions: { read: ["x"] } },
    "/no/such/program",
  ],
  [
    "scripts that interpret each other for ever",
    "plan.executable_missing",
    {
      "x": { program: "#!./x\n" },
    },
    { argv: ["./x"], permissions: { read: ["x"] } },
    "not absolute",
  ],
];

for (const [name, code, files, wish, sentence] of REFUSED) {
  Deno.test(`refused: ${name}`, async () => {
    using workspace = new Workspace(files);
    const error = await rejectsWith(code, () => planIn(workspace, { s: wish }));
    assertStringIncludes(error.message, sentence);
  });
}
