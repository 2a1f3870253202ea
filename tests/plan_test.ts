/**
 * Planning: what a plan holds, what changes it, and what is refused.
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
import { sha256 } from "../src/core/digest.ts";
import { isWritError } from "../src/core/errors.ts";
import { planDigest, PlanSchema } from "../src/plan/plan.ts";
import { hintText } from "../src/plan/view_hint.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import {
  type Content,
  planIn,
  stepIn,
  type StepWish,
  Workspace,
} from "./support/workspaces.ts";

const TREE: Record<string, Content> = {
  "src/a.ts": "export const a = 1;\n",
  "src/deep/b.ts": "export const b = 2;\n",
  "tools/go.sh": { program: "#!/bin/sh\n" },
  "README.md": "# read me\n",
};

const READ_ALL = { all: { permissions: { read: ["."] } } };

Deno.test("a plan has the form of its schema, and its steps digests of their own", async () => {
  using workspace = new Workspace(TREE);
  const { plan } = await planIn(workspace, {
    a: { permissions: { read: ["src"], write: ["dist/"] } },
    b: { needs: ["a"], permissions: { read: ["dist"] } },
  });
  assertEquals(PlanSchema.parse(plan), plan);
  assertNotEquals(plan.steps[0].digest, plan.steps[1].digest);
});

Deno.test("the same tree in two folders has the same plan, byte for byte", async () => {
  using one = new Workspace(TREE);
  using two = new Workspace(Object.fromEntries(Object.entries(TREE).reverse()));
  const plans = await Promise.all(
    [one, two].map((workspace) => planIn(workspace, READ_ALL)),
  );
  assertEquals(canonicalText(plans[0].plan), canonicalText(plans[1].plan));
  assert(!canonicalText(plans[0].plan).includes(one.root));
});

const CHANGES: [what: string, change: (root: string) => void][] = [
  [
    "one bit of a file",
    (root) =>
      Deno.writeTextFileSync(`${root}/src/a.ts`, "export const a = 3;\n"),
  ],
  ["a new file", (root) => Deno.writeTextFileSync(`${root}/src/c.ts`, "")],
  ["a file that is gone", (root) => Deno.removeSync(`${root}/README.md`)],
  [
    "another name",
    (root) => Deno.renameSync(`${root}/src/a.ts`, `${root}/src/A.ts`),
  ],
  ["the execute bit", (root) => Deno.chmodSync(`${root}/src/a.ts`, 0o744)],
  ["an empty folder", (root) => Deno.mkdirSync(`${root}/src/empty`)],
  ["a link", (root) => Deno.symlinkSync("a.ts", `${root}/src/c.ts`)],
];

for (const [what, change] of CHANGES) {
  Deno.test(`the plan is changed by ${what}`, async () => {
    using workspace = new Workspace(TREE);
    const before = await planIn(workspace, READ_ALL);
    change(workspace.root);
    const after = await planIn(workspace, READ_ALL);
    assertNotEquals(planDigest(before.plan), planDigest(after.plan));
  });
}

const NO_CHANGES: [what: string, change: (root: string) => void][] = [
  ["the time of a file", (root) => Deno.utimeSync(`${root}/src/a.ts`, 1, 1)],
  [
    "bits of others in the mode",
    (root) => Deno.chmodSync(`${root}/src/a.ts`, 0o666),
  ],
  [".git", (root) => Deno.mkdirSync(`${root}/.git/refs`, { recursive: true })],
  [
    ".writ",
    (root) => Deno.mkdirSync(`${root}/.writ/runs`, { recursive: true }),
  ],
  ["a product of an earlier run", (root) => {
    Deno.mkdirSync(`${root}/dist`);
    Deno.writeTextFileSync(`${root}/dist/out.js`, "1");
  }],
];

for (const [what, change] of NO_CHANGES) {
  Deno.test(`the plan is not changed by ${what}`, async () => {
    using workspace = new Workspace(TREE);
    const steps = {
      check: { permissions: { read: ["."] } },
      pack: { permissions: { read: ["."], write: ["dist"] } },
    };
    const before = await planIn(workspace, steps);
    change(workspace.root);
    const after = await planIn(workspace, steps);
    assertEquals(canonicalText(before.plan), canonicalText(after.plan));
  });
}

Deno.test("products say how they start", async () => {
  using workspace = new Workspace(TREE);
  const planned = await planIn(workspace, {
    s: { permissions: { read: ["src"], write: ["out/", "dist", "src"] } },
  });
  assertEquals(stepIn(planned).products, [
    { path: "dist", starts: "absent" },
    { path: "out", starts: "folder" },
    { path: "src", starts: "update" },
  ]);
});

Deno.test("a step that is needed comes first, else the order is that of the file", async () => {
  using workspace = new Workspace();
  const { plan } = await planIn(workspace, {
    c: { needs: ["b", "d"] },
    a: {},
    b: {},
    d: { needs: ["b"] },
  });
  assertEquals(plan.steps.map((step) => step.id), ["b", "d", "c", "a"]);
});

Deno.test("the environment is asked for the names that are bound, and for nothing else", async () => {
  using workspace = new Workspace();
  const asked: string[] = [];
  const planned = await planIn(workspace, {
    s: { env: { A: "1", B: { from: "CI" }, C: { secret: "TOKEN" } } },
  }, {
    env: (name) => {
      asked.push(name);
      return "true";
    },
  });
  assertEquals(asked, ["CI"]);
  assertEquals(stepIn(planned).env, {
    A: "1",
    B: "true",
    C: { secret: "TOKEN" },
  });
  assertEquals(stepIn(planned).bound, ["B"]);
});

Deno.test("a variable that is not set is refused", async () => {
  using workspace = new Workspace();
  await rejectsWith(
    "plan.environment_missing",
    () => planIn(workspace, { s: { env: { A: { from: "CI" } } } }),
  );
});

Deno.test("the texts of links are handed over by their digest", async () => {
  using workspace = new Workspace({ "d/f": "1", "d/l": { link: "f" } });
  const { links } = await planIn(workspace, {
    s: { permissions: { read: ["d"] } },
  });
  assertEquals([...links], [[sha256(new TextEncoder().encode("f")), "f"]]);
});

Deno.test("a hint says what a step will not see", async () => {
  using workspace = new Workspace(TREE);
  const { hints } = await planIn(workspace, {
    some: { permissions: { read: ["src"], write: ["tools/x", "dist"] } },
    all: { permissions: { read: ["."] } },
  });
  assertEquals([...hints].map(([id, hint]) => `${id} ${hintText(hint)}`), [
    "some sees 1 of 2 entries of ./ (hidden: README.md)",
  ]);
});

/** What a dry run says of one step that does not see all. */
const HINTS: [
  name: string,
  files: Record<string, Content>,
  wish: StepWish,
  text: string | null,
][] = [
  [
    "what is hidden above the folder that it runs in, if tools look for it there",
    {
      "package.json": "",
      "node_modules/x": "",
      "README.md": "",
      "a/b/c": "",
      "a/tsconfig.json": "",
    },
    { cwd: "a/b", permissions: { read: ["a/b", "package.json"] } },
    "does not see a/tsconfig.json, node_modules above it",
  ],
  [
    "a link that leads to what is hidden",
    { "node_modules/b": { link: "../packages/b" }, "packages/b/x": "" },
    { permissions: { read: ["node_modules"] } },
    "sees 1 of 2 entries of ./ (hidden: packages); " +
    "does not see packages/b, where node_modules/b leads",
  ],
  [
    "nothing of a link that leads to what it sees, writes, or is not there",
    {
      "l/seen": { link: "../seen/x" },
      "l/over": { link: "seen" },
      "l/written": { link: "../out" },
      "l/gone": { link: "gone" },
      "seen/x": "",
      "out/x": "",
    },
    { permissions: { read: ["l", "seen"], write: ["out"] } },
    null,
  ],
  [
    "the repository, to git alone",
    { ".git/HEAD": "", "a": "" },
    { argv: ["git", "log"], permissions: { read: ["a"] } },
    "sees 1 of 2 entries of ./ (hidden: .git)",
  ],
  [
    "nothing of the repository to others",
    { ".git/HEAD": "", "a": "" },
    { permissions: { read: ["a"] } },
    null,
  ],
];

for (const [name, files, wish, text] of HINTS) {
  Deno.test(`a hint says ${name}`, async () => {
    using workspace = new Workspace(files);
    const { hints } = await planIn(workspace, { s: wish });
    const hint = hints.get("s");
    assertEquals(hint === undefined ? null : hintText(hint), text);
  });
}

Deno.test("all faults of all steps are said at once, each with its place", async () => {
  using workspace = new Workspace(TREE);
  const error = await rejectsWith(
    "plan.material_missing",
    () =>
      planIn(workspace, {
        a: { permissions: { read: ["scr"] } },
        b: { argv: ["no-such-program"] },
      }, {
        placeOf: (step, field) => ({ file: `${step}.${field.join(".")}` }),
      }),
  );
  assertEquals(error.faults.map((fault) => fault.place?.file), [
    "a.permissions.read.0",
    "b.run.0",
  ]);
  assertStringIncludes(error.faults[0].hint!, `Did you mean "src"?`);
  assert(isWritError(error));
});
