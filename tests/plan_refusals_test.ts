/**
 * What planning refuses: each with a control that shows it planned where it is right.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path/from-file-url";
import { type ErrorCode, WritError } from "../src/core/errors.ts";
import { type Disk, disk } from "../src/plan/disk.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import {
  type Content,
  planIn,
  readsOf,
  type StepWish,
  Workspace,
} from "./support/workspaces.ts";

const ROOT = fromFileUrl(new URL("..", import.meta.url));
const reading = (...read: string[]) => ({ s: { permissions: { read } } });
const running = (argv: string[], wish: StepWish = {}) => ({
  s: { argv, ...wish },
});

const REFUSED: [
  name: string,
  code: ErrorCode,
  files: Record<string, Content>,
  steps: Record<string, StepWish>,
  sentence: string,
  hint?: string,
][] = [
  [
    "a read of what is not there",
    "plan.material_missing",
    { "src/main.ts": "" },
    reading("src/mian.ts"),
    `Step "s" reads "src/mian.ts", which does not exist in the workspace`,
    `Did you mean "src/main.ts"?`,
  ],
  [
    "a read beneath a file",
    "plan.material_missing",
    { "f": "" },
    reading("f/x"),
    `Step "s" reads "f/x", which does not exist in the workspace`,
  ],
  [
    "a link to nothing as a read",
    "plan.material_unsupported",
    { "l": { link: "none" } },
    reading("l"),
    `Cannot read "l": it is a link to "none", which leads nowhere`,
  ],
  [
    "a link to itself as a read",
    "plan.material_unsupported",
    { "l": { link: "l" } },
    reading("l"),
    `Cannot read "l": it is a link to "l", which leads nowhere`,
  ],
  [
    "a link out of the workspace, absolute",
    "plan.material_unsupported",
    { "d/l": { link: "/etc/passwd" } },
    reading("d"),
    `Cannot read "d/l": it is a link to "/etc/passwd", outside the workspace and of no tool of the step`,
    `Leave it out of what is read: "deny": ["d/l"]`,
  ],
  [
    "a link out of the workspace, relative",
    "plan.material_unsupported",
    { "d/l": { link: "../../../../usr/bin/env" } },
    reading("d"),
    `Cannot read "d/l": it is a link to "../../../../usr/bin/env", outside the workspace`,
  ],
  [
    "a link out of the workspace that pretends to lead into the system",
    "plan.material_unsupported",
    { "d/l": { link: "/usr/../etc/passwd" } },
    reading("d"),
    `Cannot read "d/l": it is a link to "/etc/passwd", outside the workspace and of no tool of the step`,
  ],
  [
    "a link out of the workspace over a link",
    "plan.material_unsupported",
    { "d/l": { link: "../away" }, "away": { link: "/etc/passwd" } },
    reading("d"),
    `Cannot read "d/l": it is a link to "/etc/passwd", outside the workspace and of no tool of the step`,
  ],
  [
    "a path over a linked folder that leads out",
    "plan.material_unsupported",
    { "link": { link: "/etc" } },
    reading("link/passwd"),
    `Cannot read "link/passwd": it lies at "/etc/passwd", outside the workspace`,
  ],
  [
    "a name with U+FFFD",
    "plan.material_unsupported",
    { "d/a\ufffd": "" },
    reading("d"),
    `Cannot read "d/a\ufffd": its name is not valid UTF-8, or holds U+FFFD`,
    "Rename it, or move it out of what is read",
  ],
  [
    "a name with U+FFFD in a folder of what is read",
    "plan.material_unsupported",
    { "d/bb/a\ufffd": "" },
    reading("d"),
    `Cannot read "d/bb/a\ufffd": its name is not valid UTF-8, or holds U+FFFD`,
    `Rename it, or leave its folder out of what is read: "deny": ["d/bb"]`,
  ],
  [
    "a folder with U+FFFD in its name, beneath the root",
    "plan.material_unsupported",
    { "bb/c\ufffd/f": "" },
    reading("."),
    `Cannot read "bb/c\ufffd": its name is not valid UTF-8, or holds U+FFFD`,
    `Rename it, or leave its folder out of what is read: "deny": ["bb"]`,
  ],
  [
    "a folder to run in that is not there",
    "plan.material_missing",
    { "f": "" },
    { s: { cwd: "f" } },
    `Step "s" runs in "f", which is no folder of the workspace`,
  ],
  [
    "a word that names a hidden folder",
    "plan.undeclared_word",
    { "src/a.ts": "", "eslint.config.js": "" },
    running(["true", "src"], { permissions: { read: ["eslint.config.js"] } }),
    `Step "s" names "src", which exists and is not in permissions.read`,
    `"read": ["eslint.config.js", "src"]`,
  ],
  [
    "the value of an option that names a hidden file",
    "plan.undeclared_word",
    { "tsconfig.json": "" },
    running(["true", "--project=./tsconfig.json"]),
    `Step "s" names "tsconfig.json", which exists and is not in permissions.read`,
    `"read": ["tsconfig.json"]`,
  ],
  [
    "a word as seen from the folder that the step runs in",
    "plan.undeclared_word",
    { "a/x": "", "b/y": "" },
    running(["true", "../b/y"], { cwd: "a", permissions: { read: ["a"] } }),
    `Step "s" names "b/y", which exists and is not in permissions.read`,
  ],
  [
    "a folder to run in of which the step sees nothing",
    "plan.undeclared_word",
    { "a/x": "", "b/y": "" },
    running(["true"], { cwd: "a", permissions: { read: ["b"] } }),
    `Step "s" runs in "a", of which nothing is in permissions.read`,
    'Add "a" to permissions.read',
  ],
  [
    "a folder named to git log",
    "plan.undeclared_word",
    { "src/a": "", ".git/HEAD": "" },
    running(["git", "log", "src"], { permissions: { read: [".git"] } }),
    `Step "s" names "src", which exists and is not in permissions.read`,
  ],
  [
    "a word over a link to what is hidden",
    "plan.undeclared_word",
    { "l": { link: "d" }, "d/x": "" },
    running(["true", "l/x"], { permissions: { read: ["d"] } }),
    `Step "s" names "l/x", which exists and is not in permissions.read`,
  ],
  [
    "a word that names what is ignored",
    "plan.undeclared_word",
    { "node_modules/m": "", ".gitignore": "node_modules\n" },
    running(["true", "node_modules"], { permissions: { read: ["."] } }),
    `Step "s" names "node_modules", which exists and is not in permissions.read`,
    `"read": [".", "node_modules"]`,
  ],
  [
    "a word of a deno step that names a hidden file",
    "plan.undeclared_word",
    { "mod.ts": "" },
    { s: { kind: "deno", argv: ["check", "mod.ts"] } },
    `Step "s" names "mod.ts", which exists and is not in permissions.read`,
  ],
];

for (const [name, code, files, steps, sentence, hint] of REFUSED) {
  Deno.test(`refused: ${name}`, async () => {
    using workspace = new Workspace(files);
    const error = await rejectsWith(code, () => planIn(workspace, steps));
    assertEquals(error.message, sentence);
    if (hint !== undefined) assertEquals(error.hint, hint);
  });
}

const LINKED: Record<string, Content> = {
  "node_modules/a": { link: "../packages/a" },
  "packages/a/x": "",
};

const ALLOWED: [
  name: string,
  files: Record<string, Content>,
  steps: Record<string, StepWish>,
][] = [
  ["a link that leads out, left out by deny", {
    "d/l": { link: "/etc/passwd" },
    "d/f": "",
  }, { s: { permissions: { read: ["d"], deny: ["d/l"] } } }],
  ["a word that is declared", { "src/a": "" }, {
    s: { argv: ["true", "src", "src/a"], permissions: { read: ["src"] } },
  }],
  ["a word over a link to what is declared", LINKED, {
    s: {
      argv: ["true", "node_modules/a/x"],
      permissions: { read: ["node_modules", "packages"] },
    },
  }],
  ["a word above what is declared", { "src/a": "", "src/b": "" }, {
    s: { argv: ["true", "src"], permissions: { read: ["src/a"] } },
  }],
  ["the workspace itself as a word", { "src/a": "" }, {
    s: { argv: ["true", ".", "./", "src/.."] },
  }],
  ["a product as a word", { "dist/out.js": "" }, {
    s: {
      argv: ["true", "--outfile=dist/out.js", "dist"],
      permissions: { write: ["dist"] },
    },
  }],
  ["what is thrown away as a word", { "tmp/x": "" }, {
    s: { argv: ["true", "tmp/x"], scratch: ["tmp"] },
  }],
  ["a script as a word", { "src": { folder: true } }, {
    s: { argv: ["sh", "-c", "ls src"] },
  }],
  ["npm test beside a folder test", { "test/a": "", "package.json": "{}" }, {
    s: { argv: ["npm", "test"], permissions: { read: ["package.json"] } },
  }],
  ["npm run build beside a folder build", { "build/a": "" }, {
    s: { argv: ["npm", "run", "build"] },
  }],
  ["make check beside a folder check", { "check/a": "" }, {
    s: { argv: ["make", "check"] },
  }],
  ["python -m build beside a folder build", { "build/a": "" }, {
    s: { argv: ["python3", "-m", "build"] },
  }],
  ["deno test beside a folder test", { "test/a": "" }, {
    s: { kind: "deno", argv: ["test"] },
  }],
  ["a word that is left out by an option", {
    "node_modules/m": "",
    "dist/a": "",
  }, {
    s: { argv: ["true", "--exclude=node_modules", "--ignore", "dist"] },
  }],
  ["a word with a line break or too long for a name", {}, {
    s: { argv: ["true", "a\nb", "x".repeat(5000)] },
  }],
];

for (const [name, files, steps] of ALLOWED) {
  Deno.test(`planned: ${name}`, async () => {
    using workspace = new Workspace(files);
    const { plan } = await planIn(workspace, steps);
    assertEquals(plan.steps.map((step) => step.id), ["s"]);
  });
}

for (const make of ["mkfifo", "socket"]) {
  Deno.test(`refused by name, and not opened: a ${make}`, async () => {
    using workspace = new Workspace({ "d/f": "" });
    using _socket = make === "socket"
      ? Deno.listen({ transport: "unix", path: `${workspace.root}/d/special` })
      : (await workspace.run("mkfifo", "d/special"), { [Symbol.dispose]() {} });
    for (const read of ["d", "d/special"]) {
      const error = await rejectsWith(
        "plan.material_unsupported",
        () => planIn(workspace, reading(read)),
      );
      assertStringIncludes(error.message, `"d/special"`);
    }
    const { plan } = await planIn(workspace, reading("d/f"));
    assertEquals(plan.steps.length, 1);
  });
}

for (const name of [".gitignore", "deno.lock", "deno.json"]) {
  Deno.test(`a FIFO named ${name} does not hang the planner`, async () => {
    using workspace = new Workspace({ "a": "" });
    await workspace.run("mkfifo", name);
    await rejectsWith("plan.material_unsupported", () =>
      planIn(workspace, {
        s: { kind: "deno", argv: ["test"], permissions: { read: ["."] } },
      }));
  });
}

Deno.test("refused: a name that is not valid UTF-8", async () => {
  using workspace = new Workspace({ "d/f": "" });
  await workspace.run(
    "sh",
    "-c",
    `printf x > "d/$(printf '\\377')"`,
  );
  assertEquals([...Deno.readDirSync(`${workspace.root}/d`)].length, 2);
  await rejectsWith(
    "plan.material_unsupported",
    () => planIn(workspace, reading("d")),
  );
  assertEquals(readsOf(await planIn(workspace, reading("d/f"))), ["d/f: ."]);
});

const unreadable = Deno.uid() === 0
  ? "refused: a file without leave to read it (ignored: root reads every file)"
  : "refused: a file without leave to read it";
Deno.test({
  name: unreadable,
  ignore: Deno.uid() === 0,
  fn: async () => {
    using workspace = new Workspace({ "d/f": "1" });
    Deno.chmodSync(`${workspace.root}/d/f`, 0);
    await rejectsWith(
      "input.unreadable",
      () => planIn(workspace, reading("d")),
    );
  },
});

Deno.test("refused: a folder that cannot be listed", async () => {
  using workspace = new Workspace({ "d/f": "1" });
  const locked: Disk = {
    ...disk,
    list: (folder) => {
      if (!folder.endsWith("/d")) return disk.list(folder);
      throw new WritError("input.unreadable", "Cannot read: denied");
    },
  };
  await rejectsWith(
    "input.unreadable",
    () => planIn(workspace, reading("d"), { disk: locked }),
  );
  await planIn(workspace, reading("d"));
});

Deno.test("without Deno's leave to read, the error says so", async () => {
  using workspace = new Workspace({ "d/f": "1" });
  const script = `
    import { planIn } from "${ROOT}tests/support/workspaces.ts";
    try {
      await planIn({ root: "${workspace.root}" }, {
        s: { permissions: { read: ["d"] } },
      });
      console.log("planned");
    } catch (error) {
      console.log(error.code);
    }`;
  workspace.put({ "plan.ts": script });
  const say = async (leave: string) => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-check",
        "--no-prompt",
        leave,
        "--config",
        `${ROOT}deno.json`,
        `${workspace.root}/plan.ts`,
      ],
    }).output();
    return new TextDecoder().decode(stdout).trim();
  };
  assertEquals(await say("--allow-read"), "planned");
  assertEquals(await say("--allow-read=/usr,/bin,/etc"), "writ.permission");
});

Deno.test("what is said of a name that is not valid UTF-8 puts it right", async () => {
  using workspace = new Workspace({ "f": "", "bb/g": "" });
  await workspace.run("sh", "-c", `printf x > "bb/bad$(printf '\\377')"`);
  const error = await rejectsWith(
    "plan.material_unsupported",
    () => planIn(workspace, reading(".")),
  );
  assertEquals(
    error.hint,
    `Rename it, or leave its folder out of what is read: "deny": ["bb"]`,
  );
  const denied = { s: { permissions: { read: ["."], deny: ["bb"] } } };
  assertEquals(readsOf(await planIn(workspace, denied)), [".: f"]);
});
