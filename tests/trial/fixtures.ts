/**
 * Small real projects for the steps of the trial.
 *
 * @module
 */
import type { Content, Workspace } from "../support/workspaces.ts";

/** Files by path. */
type Files = Record<string, Content>;

const WORDS_C: Files = {
  "include/words.h": "int count_words(const char *text);\n",
  "src/words.c": `#include "words.h"
int count_words(const char *text) {
  int words = 0;
  for (int inside = 0; *text; text++) {
    int letter = *text != ' ' && *text != '\\n';
    words += letter && !inside;
    inside = letter;
  }
  return words;
}
`,
  "src/main.c": `#include <math.h>
#include <stdio.h>
#include "words.h"
int main(int argc, char **argv) {
  int words = argc > 1 ? count_words(argv[1]) : 0;
  printf("%d %.0f\\n", words, sqrt(words * words));
  return 0;
}
`,
};

/** Two C sources, a header, and a Makefile that builds, checks and cleans. */
export const C: Files = {
  ...WORDS_C,
  "Makefile": `build/words: build/main.o build/words.o
	cc -o $@ $^ -lm
build/%.o: src/%.c
	mkdir -p build
	cc -O2 -Wall -Iinclude -c -o $@ $<
check: build/words
	test "$$(build/words 'one two three')" = "3 3"
clean:
	rm -rf build
.PHONY: check clean
`,
};

/** The same for CMake, with one test. */
export const CMAKE: Files = {
  ...WORDS_C,
  "CMakeLists.txt": `cmake_minimum_required(VERSION 3.10)
project(words C)
include_directories(include)
add_executable(words src/main.c src/words.c)
target_link_libraries(words m)
enable_testing()
add_test(NAME three COMMAND words "one two three")
set_tests_properties(three PROPERTIES PASS_REGULAR_EXPRESSION "3 3")
`,
};

const SALES = ["1,north,2.5", "2,south,4", "3,north,1", "4,east,9"];

/** A table of sales. */
export const SALES_CSV: Files = {
  "sales.csv": `id,region,amount\n${SALES.join("\n")}\n`,
};

/** Rows of JSON. */
export const ROWS: Files = { "rows.json": '[{"a":1},{"a":2},{"a":39}]\n' };

/** A database with one table and one row; with `wal`, in write-ahead mode. */
export async function database(
  workspace: Workspace,
  file: string,
  mode: "delete" | "wal",
): Promise<void> {
  await workspace.run(
    "sqlite3",
    file,
    `pragma journal_mode=${mode}; create table sales (a, b, c); insert into sales values (0,0,0);`,
  );
}

/** A module with a test that reads a file beside it, and one that listens. */
export const DENO: Files = {
  "src/words.ts": `/** Counts words. */
export function countWords(text: string): number {
  return text.split(/\\s+/).filter((word) => word !== "").length;
}
`,
  "src/mod.ts": `import { countWords } from "./words.ts";

console.log(countWords("one two three"));
`,
  "src/mod_test.ts": `import { strictEqual } from "node:assert";
import { countWords } from "./words.ts";

Deno.test("a fixture has three words", async () => {
  strictEqual(countWords(await Deno.readTextFile("fixture.txt")), 3);
});

Deno.test("a server on loopback answers", async () => {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response("one two"),
  );
  const { port } = server.addr as Deno.NetAddr;
  const answer = await fetch(\`http://127.0.0.1:\${port}/\`);
  strictEqual(countWords(await answer.text()), 2);
  await server.shutdown();
});
`,
  "fixture.txt": "one two three\n",
};

/** The same without the server. */
export const DENO_OFFLINE: Files = {
  ...DENO,
  "src/mod_test.ts": (DENO["src/mod_test.ts"] as string).split("\nDeno.test(")
    .slice(0, 2).join("\nDeno.test("),
};

/** The same, badly formatted. */
export const DENO_UGLY: Files = {
  ...DENO,
  "src/words.ts": (DENO["src/words.ts"] as string).replaceAll("  ", "      "),
};

/** A build script with a module beside it, and what it builds from. */
export const DSTEP: Files = {
  "scripts/build.ts": `import { title } from "./title.ts";
const text = await Deno.readTextFile("src/page.txt");
await Deno.mkdir("dist");
const epoch = Deno.env.get("SOURCE_DATE_EPOCH");
await Deno.writeTextFile("dist/page.txt", title(text) + epoch + "\\n");
`,
  "scripts/title.ts":
    "export const title = (text: string) => text.toUpperCase();\n",
  "src/page.txt": "hello\n",
};

/** A repository with a tagged commit, a commit after it, and a file that is not in it. */
export async function repository(workspace: Workspace): Promise<void> {
  workspace.put({ "a.txt": "a\n", "lib/b.txt": "b\n" });
  const git = (...args: string[]) =>
    workspace.run(
      "git",
      "-c",
      "user.name=A",
      "-c",
      "user.email=a@b.c",
      ...args,
    );
  await git("init", "-q");
  await git("add", "a.txt");
  await git("commit", "-q", "-m", "First");
  await git("tag", "-a", "v1.0", "-m", "One");
  await git("add", "lib");
  await git("commit", "-q", "-m", "Second");
}

/** One Java class. */
export const JAVA: Files = {
  "src/app/Main.java": `package app;
public class Main {
  public static void main(String[] args) { System.out.println(args.length); }
}
`,
};

/** A package whose test needs another one, which \`node_modules\` links to. */
export const MONO: Files = {
  "package.json":
    '{"name":"mono","private":true,"workspaces":["packages/*"]}\n',
  "packages/a/package.json":
    '{"name":"a","type":"module","scripts":{"test":"node --test"}}\n',
  "packages/a/a.test.js": `import test from "node:test";
import assert from "node:assert";
import { two } from "b";
test("two", () => assert.equal(two, 2));
`,
  "packages/b/package.json": '{"name":"b","type":"module","main":"b.js"}\n',
  "packages/b/b.js": "export const two = 2;\n",
  "packages/d/package.json": '{"name":"d"}\n',
  "node_modules/b": { link: "../packages/b" },
};

/** A server with a test that asks it, and a package that it uses. */
export const NODE: Files = {
  "package.json": JSON.stringify({
    name: "hello-server",
    type: "module",
    scripts: { test: "node --test", build: "node build.js" },
  }),
  "src/app.js": `import { createServer } from "node:http";
import { greet } from "greet";
export const app = createServer((_, answer) => answer.end(greet("you")));
`,
  "test/app.test.js": `import test from "node:test";
import assert from "node:assert";
import { app } from "../src/app.js";
test("it greets", async () => {
  await new Promise((done) => app.listen(0, "127.0.0.1", done));
  const answer = await fetch("http://127.0.0.1:" + app.address().port);
  assert.equal(await answer.text(), "hello, you");
  app.close();
});
`,
  "build.js": `import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import "./src/app.js";
mkdirSync("dist");
const parts = ["node_modules/greet/greet.js", "src/app.js"];
writeFileSync("dist/out.js", parts.map((p) => readFileSync(p, "utf8")).join(""));
`,
  "node_modules/.bin/squeeze": { link: "../squeeze/cli.js" },
  "node_modules/squeeze/package.json": '{"name":"squeeze","bin":"cli.js"}\n',
  "node_modules/squeeze/cli.js": {
    program: `#!/usr/bin/env node
const { readFileSync, writeFileSync } = require("node:fs");
const [from, to] = process.argv.slice(2);
writeFileSync(to, readFileSync(from, "utf8").replaceAll(/\\s+/g, " "));
`,
  },
  "node_modules/greet/package.json":
    '{"name":"greet","type":"module","main":"greet.js"}\n',
  "node_modules/greet/greet.js":
    'export const greet = (who) => "hello, " + who;\n',
};

/** The same with a test that listens to nothing. */
export const NODE_OFFLINE: Files = {
  ...NODE,
  "test/app.test.js": `import test from "node:test";
import assert from "node:assert";
import { app } from "../src/app.js";
test("it is made", () => assert.equal(app.listening, false));
`,
};

/** Scripts that generate, sum up, and use a pool of processes. */
export const PY: Files = {
  ...SALES_CSV,
  "gen.py": `import random, sys
random.seed(1)
with open(sys.argv[1], "w") as out:
    for day in range(100):
        print(day, random.randint(1, 9), sep=",", file=out)
`,
  "stats.py": `import csv, json, sys
with open("sales.csv") as rows:
    amounts = [float(row["amount"]) for row in csv.DictReader(rows)]
with open(sys.argv[1], "w") as out:
    json.dump({"rows": len(amounts), "sum": sum(amounts)}, out)
`,
  "mp.py": `from multiprocessing import Pool
def double(x):
    return x * 2
if __name__ == "__main__":
    with Pool(2) as pool:
        print(pool.map(double, range(4)))
`,
};

/** A script that loads a module beside it and one in a folder. */
export const PY_MODULES: Files = {
  "report.py": `from words import count
from lib.title import title
print(title("words"), count("one two three"))
`,
  "words.py": "def count(text):\n    return len(text.split())\n",
  "lib/__init__.py": "",
  "lib/title.py": "def title(text):\n    return text.title()\n",
};

/** A Python of its own that has a package, and a check that uses it. */
export async function venv(workspace: Workspace): Promise<void> {
  await workspace.run(
    "/usr/bin/python3",
    "-m",
    "venv",
    "--without-pip",
    ".venv",
  );
  const packages = await workspace.run(
    ".venv/bin/python3",
    "-c",
    "import sysconfig; print(sysconfig.get_path('purelib'), end='')",
  );
  workspace.put({
    [`${packages.slice(workspace.root.length + 1)}/greet.py`]:
      'def greet(who):\n    return "hello, " + who\n',
    "tests/check.py": `from greet import greet
assert greet("you") == "hello, you"
print("1 passed")
`,
  });
}

/** Two small files in a folder. */
export const FOLDER: Files = { "a/1": "one\n", "a/2": "two\n" };

/** An archive of a folder. */
export async function archive(workspace: Workspace): Promise<void> {
  workspace.put({ "b/1": "one\n", "b/2": "two\n" });
  await workspace.run("tar", "czf", "in.tgz", "b");
}
