/**
 * Finding programs without starting one: in the system and in the workspace.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { sha256 } from "../src/core/digest.ts";
import type { ErrorCode } from "../src/core/errors.ts";
import { disk } from "../src/plan/disk.ts";
import { parseShebang } from "../src/plan/shebang.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import {
  type Content,
  findProgram as find,
  planIn,
  stepIn,
  type StepWish,
  Workspace,
} from "./support/workspaces.ts";

const SH = { program: "#!/bin/sh\n" };

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
        deno: null,
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
    permissions: { read: ["node_modules", "packages/a"] },
  });
  assertEquals(located.program, { workspace: "node_modules/.bin/build" });
});

Deno.test("a program over a linked folder needs what the link leads to", async () => {
  using workspace = new Workspace({
    "node_modules/a": { link: "../packages/a" },
    "packages/a/cli": { program: "#!/bin/sh\n" },
  });
  const wish = (...read: string[]) => ({
    argv: ["node_modules/a/cli"],
    permissions: { read },
  });
  const { executable, located } = await find(
    workspace,
    wish("node_modules", "packages/a"),
  );
  assertEquals(executable.tier, "workspace");
  assertEquals(located.program, { workspace: "node_modules/a/cli" });
  await rejectsWith(
    "plan.undeclared_word",
    () => planIn(workspace, { s: wish("node_modules") }),
  );
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
    deno: null,
  });
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

/** Whole command lines in the place of a program, and what to do about each. */
const COMMAND_LINES: [line: string, hint: string][] = [
  [
    "npm test",
    `Write each word as a text of its own: ["npm", "test"]; for a shell ["sh", "-c", "npm test"]`,
  ],
  [
    "/bin/sh -e",
    `Write each word as a text of its own: ["/bin/sh", "-e"]; for a shell ["sh", "-c", "/bin/sh -e"]`,
  ],
  [
    "./go.sh -x",
    `Write each word as a text of its own: ["./go.sh", "-x"]; for a shell ["sh", "-c", "./go.sh -x"]`,
  ],
  [
    "sh ",
    `Write each word as a text of its own: ["sh"]; for a shell ["sh", "-c", "sh "]`,
  ],
  [
    "echo $HOME && ls",
    `Name the shell that it is for: ["sh", "-c", "echo $HOME && ls"]`,
  ],
  [
    'cat src/a.txt | tr "a" b',
    String
      .raw`Name the shell that it is for: ["sh", "-c", "cat src/a.txt | tr \"a\" b"]`,
  ],
  [
    `echo ${"long ".repeat(20)}`,
    `Write each word as a text of its own; for a shell ["sh", "-c", "…"]`,
  ],
];

for (const [line, hint] of COMMAND_LINES) {
  Deno.test(`a command line as a program says how to write it: ${line}`, async () => {
    using workspace = new Workspace({ "go.sh": SH });
    const error = await rejectsWith(
      "plan.executable_missing",
      () => planIn(workspace, { s: { argv: [line] } }),
    );
    assertEquals(error.hint, hint);
  });
}

Deno.test("a program whose name has white space is started, and its near miss told", async () => {
  using workspace = new Workspace({ "my tool": SH });
  const permissions = { read: ["my tool"] };
  const { located } = await find(workspace, {
    argv: ["./my tool"],
    permissions,
  });
  assertEquals(located.program, { workspace: "my tool" });
  const error = await rejectsWith(
    "plan.executable_missing",
    () => planIn(workspace, { s: { argv: ["./my tol"], permissions } }),
  );
  assertEquals(error.hint, 'Did you mean "my tool"?');
});

Deno.test("the white space of an interpreter is not taken for the step's", async () => {
  using workspace = new Workspace({ "x y": { program: "#!/no/such\n" } });
  const error = await rejectsWith(
    "plan.executable_missing",
    () =>
      planIn(workspace, {
        s: { argv: ["./x y"], permissions: { read: ["x y"] } },
      }),
  );
  assertEquals(error.hint, undefined);
});
