/**
 * Commit and branch, read from `.git` without a process; git itself is the oracle.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { readSource } from "../src/plan/source_facts.ts";
import { type Content, Workspace } from "./support/workspaces.ts";

const NOTHING = { commit: null, branch: null };
const COMMIT = "1234567890abcdef1234567890abcdef12345678";

async function commit(workspace: Workspace, folder = "."): Promise<void> {
  await workspace.run(
    "git",
    "-C",
    folder,
    "-c",
    "user.name=a",
    "-c",
    "user.email=a@example.com",
    "commit",
    "-q",
    "--allow-empty",
    "-m",
    "a",
  );
}

/** What git says of a folder. */
async function asGit(workspace: Workspace, folder = ".") {
  const [head, branch] = await Promise.all([
    workspace.run("git", "-C", folder, "rev-parse", "HEAD"),
    workspace.run("git", "-C", folder, "symbolic-ref", "-q", "--short", "HEAD"),
  ]);
  return { commit: head.trim() || null, branch: branch.trim() || null };
}

const REPOSITORIES: [
  name: string,
  make: (workspace: Workspace) => Promise<string | void>,
][] = [
  ["with a loose reference", async () => {}],
  ["with packed references", async (workspace) => {
    await workspace.run("git", "pack-refs", "--all");
  }],
  ["on a branch with a slash", async (workspace) => {
    await workspace.run("git", "checkout", "-q", "-b", "feature/x");
  }],
  ["that is detached", async (workspace) => {
    await workspace.run("git", "checkout", "-q", "--detach");
  }],
  ["in a worktree", async (workspace) => {
    await workspace.run("git", "worktree", "add", "-q", "-b", "other", "tree");
    await commit(workspace, "tree");
    return "tree";
  }],
  ["in a worktree with packed references", async (workspace) => {
    await workspace.run("git", "worktree", "add", "-q", "-b", "other", "tree");
    await workspace.run("git", "pack-refs", "--all");
    return "tree";
  }],
  ["in a submodule", async (workspace) => {
    await workspace.run(
      "git",
      "-c",
      "protocol.file.allow=always",
      "submodule",
      "add",
      "-q",
      "./",
      "sub",
    );
    return "sub";
  }],
  ["in a shallow clone", async (workspace) => {
    await commit(workspace);
    await workspace.run(
      "git",
      "clone",
      "-q",
      "--depth=1",
      `file://${workspace.root}`,
      "clone",
    );
    return "clone";
  }],
];

for (const [name, make] of REPOSITORIES) {
  Deno.test(`a repository ${name} is read as git reads it`, async () => {
    using workspace = new Workspace();
    await workspace.run("git", "init", "-q", "-b", "main");
    await commit(workspace);
    const folder = await make(workspace) ?? ".";
    const expected = await asGit(workspace, folder);
    assertEquals(expected.commit?.length, 40);
    assertEquals(await readSource(`${workspace.root}/${folder}`), expected);
  });
}

Deno.test("a branch without a commit is a branch", async () => {
  using workspace = new Workspace();
  await workspace.run("git", "init", "-q", "-b", "main");
  assertEquals(await readSource(workspace.root), {
    commit: null,
    branch: "main",
  });
});

const ODD: [
  name: string,
  files: Record<string, Content>,
  facts: { commit: string | null; branch: string | null },
][] = [
  ["no repository", {}, NOTHING],
  ["an empty .git", { ".git": { folder: true } }, NOTHING],
  ["a .git that is text", { ".git": "hello\n" }, NOTHING],
  ["a .git that names nothing", { ".git": "gitdir: ../none\n" }, NOTHING],
  ["a .git that links to itself", { ".git": { link: ".git" } }, NOTHING],
  ["reftables", { ".git/HEAD": "ref: refs/heads/.invalid\n" }, NOTHING],
  ["a branch that leads out", {
    ".git/HEAD": "ref: refs/heads/../../../secret\n",
    "secret": COMMIT,
  }, NOTHING],
  ["a HEAD that names no reference", {
    ".git/HEAD": "ref: config\n",
    ".git/config": COMMIT,
  }, NOTHING],
  ["a branch with a control character", {
    ".git/HEAD": "ref: refs/heads/a\x1b[31m\n",
  }, NOTHING],
  ["a HEAD of two lines", { ".git/HEAD": `${COMMIT}\n${COMMIT}\n` }, NOTHING],
  ["a HEAD that is too long", { ".git/HEAD": "a".repeat(10_000) }, NOTHING],
  ["a HEAD that is a folder", { ".git/HEAD/x": "" }, NOTHING],
  ["bytes that are not text", { ".git/HEAD": "\0\xff" }, NOTHING],
  ["references that lead to each other", {
    ".git/HEAD": "ref: refs/heads/a\n",
    ".git/refs/heads/a": "ref: refs/heads/b\n",
    ".git/refs/heads/b": "ref: refs/heads/a\n",
  }, { commit: null, branch: "a" }],
  ["packed references of another name with the same end", {
    ".git/HEAD": "ref: refs/heads/a\n",
    ".git/packed-refs": `# pack-refs\n${COMMIT} refs/remotes/refs/heads/a\n`,
  }, { commit: null, branch: "a" }],
  ["a commit of SHA-256", {
    ".git/HEAD": `${"ab".repeat(32)}\n`,
  }, { commit: "ab".repeat(32), branch: null }],
];

for (const [name, files, facts] of ODD) {
  Deno.test(`read without an error: ${name}`, async () => {
    using workspace = new Workspace(files);
    assertEquals(await readSource(workspace.root), facts);
  });
}

for (const file of ["HEAD", "packed-refs", "commondir"]) {
  Deno.test(`a FIFO in the place of ${file} does not hang`, async () => {
    using workspace = new Workspace({ ".git/refs/x": "" });
    await workspace.run("mkfifo", `.git/${file}`);
    if (file !== "HEAD") workspace.put({ ".git/HEAD": "ref: refs/heads/a\n" });
    assertEquals((await readSource(workspace.root)).commit, null);
  });
}
