/**
 * The documentation runs: every block of README.md, in order, on machines that know nothing yet.
 * TypeScript blocks and the examples in doc comments are run by `deno test --doc`.
 *
 * | block | what is done with it |
 * | --- | --- |
 * | `console` | each `$ command` is given in a terminal, and shows the lines beneath it; a prompt with its answer is typed |
 * | `sh` | runs as a script, without a terminal |
 * | `json`, `jsonc`, `cedar` | with `file=PATH` it is that file; a pipeline is one that parses |
 * | `text` | nothing |
 *
 * `exit=N` is the status of the last command. `at=NAME` is another machine than "ada", whose
 * clone the first block finds itself in. `…` stands for anything within a line.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parse as parseJsonc } from "@std/jsonc";
import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import { withCommands } from "../docs/write_readme.ts";
import { EXIT, parsePipeline } from "../mod.ts";
import { notEnforced } from "../src/sandbox/not_enforced.ts";
import {
  type Block,
  blocksOf,
  missingLine,
  shownIn,
} from "./support/blocks.ts";
import { confinement } from "./support/confinements.ts";
import { type Machine, Machines } from "./support/machines.ts";
import { type Typist, WITHOUT_TERMINAL } from "./support/session.ts";
import { ROOT } from "./support/source_files.ts";

const DOCUMENTS = ["README.md", "links/README.md"];

/** Every other language must be known here. */
const PLAIN = ["", "text", "ts"];

for (const document of DOCUMENTS) {
  const blocks = blocksOf(Deno.readTextFileSync(join(ROOT, document)));
  Deno.test({
    name: `the blocks of ${document} do what they show${WITHOUT_TERMINAL}`,
    ignore: WITHOUT_TERMINAL !== "",
    fn: async (t) => {
      await using machines = await Machines.make();
      for (const block of blocks) {
        const name = `line ${block.line}: ${block.text.split("\n")[0]}`;
        await t.step(name, () => play(block, machines.get(block.at ?? "ada")));
      }
    },
  });
}

Deno.test("the table of commands in README.md is written from the profiles", async () => {
  const text = await Deno.readTextFile(join(ROOT, "README.md"));
  assertEquals(text, withCommands(text));
});

Deno.test("README.md names every exit code, and no other", async () => {
  const text = await Deno.readTextFile(join(ROOT, "README.md"));
  const section = text.split("## Exit codes")[1].split("\n## ")[0];
  assertEquals(
    [...section.matchAll(/^\| (\d+) /gm)].map(([, code]) => Number(code)),
    Object.values(EXIT),
  );
});

Deno.test("README.md says what Landlock does not hold", async () => {
  const text = await Deno.readTextFile(join(ROOT, "README.md"));
  const said = text.split("## The two isolations")[1].replaceAll(/\s+/g, " ");
  const gaps = notEnforced(confinement({ argv: ["x"] }), {
    name: "landlock",
    version: "abi 1",
    isolation: "kernel",
    path: null,
    abi: 1,
    mechanisms: [],
  });
  assert(gaps.length > 0);
  for (const gap of gaps) assertStringIncludes(said, `- ${gap}`);
});

Deno.test("a document that shows what is not so is found out", () => {
  assertEquals(missingLine(["a…d", "", "…", "x"], "abcd\ny\nx\n"), null);
  assertEquals(missingLine(["x", "abcd"], "abcd\ny\nx\n"), "abcd");
  assertEquals(missingLine(["a.c"], "abc\n"), "a.c");
});

async function play(block: Block, machine: Machine): Promise<void> {
  const { language, text } = block;
  if (language === "sh") {
    const ended = await machine.script(text);
    assertEquals(ended.status, block.exit, ended.text);
  } else if (language === "console") await playConsole(block, machine);
  else if (language === "json" || language === "jsonc") {
    const value = language === "json" ? JSON.parse(text) : parseJsonc(text);
    if (value !== null && Object.hasOwn(value, "steps")) {
      parsePipeline(new TextEncoder().encode(text), block.file ?? "block");
    }
    await put(block, machine);
  } else if (language === "cedar") await put(block, machine);
  else {
    assert(PLAIN.includes(language), `Nothing is known of "${language}"`);
  }
}

async function playConsole(block: Block, machine: Machine): Promise<void> {
  const all = shownIn(block.text);
  assert(all.length > 0, "The block shows no command");
  for (const [n, { command, output }] of all.entries()) {
    const { status, text } = await machine.give(command, typistOf(output));
    const wanted = n === all.length - 1 ? block.exit : 0;
    const missing = missingLine(output, text);
    assert(
      status === wanted && missing === null,
      `$ ${command}\n${text}\nexit ${status}, ${wanted} is shown` +
        (missing === null ? "" : `\nnot shown by it: ${missing}`),
    );
  }
}

const QUESTION = "? [y/N] ";

/** Types a passphrase where one is asked for, and the answers that are shown. */
function typistOf(output: readonly string[]): Typist {
  return (prompt) => {
    if (/(passphrase .*|the same again): $/i.test(prompt)) {
      return "correct horse battery staple";
    }
    if (!prompt.endsWith(QUESTION)) return null;
    const line = output.find((line) =>
      line.includes(QUESTION) &&
      missingLine([line.split(QUESTION)[0] + QUESTION], prompt) === null
    );
    // A question that the document does not show is not answered with yes.
    return line?.split(QUESTION)[1] ?? "";
  };
}

/** A file that is there must be what is shown; another is made. */
async function put({ file, text }: Block, { folder }: Machine): Promise<void> {
  if (file === null) return;
  const path = join(folder(), file);
  try {
    assertEquals(`${text}\n`, await Deno.readTextFile(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, `${text}\n`);
  }
}
