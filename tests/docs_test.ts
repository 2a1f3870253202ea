/**
 * The documentation runs: every block of README.md, in order, in a fresh clone with a home of
 * its own. TypeScript blocks and the examples in doc comments are run by `deno test --doc`.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { parse as parseJsonc } from "@std/jsonc";
import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import {
  type Block,
  blocksOf,
  missingLine,
  shownIn,
} from "./support/blocks.ts";
import { runProgram } from "./support/run_writ.ts";
import { ROOT } from "./support/source_files.ts";

const DOCUMENTS = ["README.md", "links/README.md"];

/** Languages that nothing has to be done with; every other must be known here. */
const PLAIN = ["", "text", "ts", "cedar", "mermaid", "yaml"];

for (const document of DOCUMENTS) {
  const blocks = blocksOf(Deno.readTextFileSync(join(ROOT, document)));
  Deno.test(`the blocks of ${document} do what they show`, async (t) => {
    const place = await Deno.realPath(await Deno.makeTempDir());
    try {
      const clone = join(place, "writ");
      const home = join(place, "home");
      await Deno.mkdir(home);
      await cloneTo(clone, home);
      for (const block of blocks) {
        const name = `line ${block.line}: ${block.text.split("\n")[0]}`;
        await t.step(name, () => play(block, clone, home));
      }
    } finally {
      await Deno.remove(place, { recursive: true });
    }
  });
}

Deno.test("a document that shows what is not so is found out", () => {
  assertEquals(missingLine(["a…d", "", "…", "x"], "abcd\ny\nx\n"), null);
  assertEquals(missingLine(["x", "abcd"], "abcd\ny\nx\n"), "abcd");
  assertEquals(missingLine(["a.c"], "abc\n"), "a.c");
});

async function play(block: Block, clone: string, home: string): Promise<void> {
  if (block.language === "sh") {
    const { status, text } = await shell(block.text, clone, home);
    assertEquals(status, block.exit, text);
  } else if (block.language === "console") {
    const all = shownIn(block.text);
    for (const [n, { command, output }] of all.entries()) {
      const { status, text } = await shell(command, clone, home);
      assertEquals(status, n === all.length - 1 ? block.exit : 0, text);
      assertEquals(missingLine(output, text), null, text);
    }
  } else if (block.language === "json") JSON.parse(block.text);
  else if (block.language === "jsonc") parseJsonc(block.text);
  else {
    assert(
      PLAIN.includes(block.language),
      `Nothing is known of "${block.language}" blocks`,
    );
  }
}

async function shell(
  script: string,
  cwd: string,
  home: string,
): Promise<{ status: number; text: string }> {
  const { status, stdout, stderr } = await runProgram(
    "/bin/sh",
    ["-eu", "-c", script],
    { cwd, home, env: { USER: "ada" } },
  );
  return { status, text: stdout + stderr };
}

/** What someone gets who clones the repository: its files as they are now, and a git folder. */
async function cloneTo(folder: string, home: string): Promise<void> {
  const git = async (cwd: string, ...args: string[]): Promise<string> => {
    const ended = await runProgram("git", args, {
      cwd,
      home,
      env: {
        GIT_AUTHOR_NAME: "ada",
        GIT_AUTHOR_EMAIL: "ada@example.com",
        GIT_COMMITTER_NAME: "ada",
        GIT_COMMITTER_EMAIL: "ada@example.com",
        GIT_CONFIG_COUNT: "1",
        GIT_CONFIG_KEY_0: "safe.directory",
        GIT_CONFIG_VALUE_0: "*",
      },
    });
    assertEquals(ended.status, 0, ended.stderr);
    return ended.stdout;
  };
  const files = (await git(
    ROOT,
    "ls-files",
    "-z",
    "--cached",
    "--others",
    "--exclude-standard",
  )).split("\0").filter((path) => path !== "");
  for (const path of files) {
    const to = join(folder, path);
    await Deno.mkdir(dirname(to), { recursive: true });
    try {
      await Deno.copyFile(join(ROOT, path), to);
    } catch (error) {
      // Listed in the index, deleted from the tree: a clone of what is here has it not.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  await git(folder, "init", "--quiet", "--initial-branch=main");
  await git(folder, "add", "--all");
  await git(folder, "commit", "--quiet", "--message", "as it is");
}
