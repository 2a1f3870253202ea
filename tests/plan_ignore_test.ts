/**
 * What a `.gitignore` names: git itself is the oracle.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { ignores, parseIgnore } from "../src/plan/ignore_rules.ts";
import { Workspace } from "./support/workspaces.ts";

/** What git says: `true` and `false` by the last pattern that matches, `undefined` when none does. */
function askGit(
  workspace: Workspace,
  text: string,
  paths: string[],
): (boolean | undefined)[] {
  Deno.writeTextFileSync(`${workspace.root}/.gitignore`, text);
  const { stdin, out } = {
    stdin: `${workspace.root}/.git/paths`,
    out: new TextDecoder(),
  };
  Deno.writeTextFileSync(stdin, paths.map((path) => `${path}\0`).join(""));
  const { stdout } = new Deno.Command("sh", {
    args: [
      "-c",
      "git check-ignore --no-index -v -n -z --stdin < .git/paths",
    ],
    cwd: workspace.root,
    env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" },
  }).outputSync();
  const fields = out.decode(stdout).split("\0");
  return paths.map((_, i) => {
    const pattern = fields[i * 4 + 2];
    return pattern === "" ? undefined : !pattern.startsWith("!");
  });
}

/** Our answer by the same rule that git has: within an ignored folder nothing is looked at again. */
function ask(text: string, path: string): boolean | undefined {
  const rules = parseIgnore(text);
  const names = path.split("/");
  for (let i = 1; i < names.length; i++) {
    if (ignores(rules, names.slice(0, i).join("/"), true)) return true;
  }
  return ignores(rules, path, false);
}

const PATHS = [
  "a",
  "b",
  "ab",
  "a.log",
  "a/b",
  "a/b/c",
  "b/a",
  "b/a.log",
  "x/y/a/b",
  "x/a",
  "-",
  "]",
  "a b",
  "a ",
  "#a",
  "!a",
  "\u00e9",
  "x/\u00e9",
  "A",
  "7",
  ".a",
  "a*b",
  "a\\b",
];

const TEXTS = [
  "a",
  "/a",
  "a/",
  "a/b",
  "*.log",
  "*.log\n!a.log",
  "a/*\n!a/b",
  "**/a",
  "a/**",
  "a/**/c",
  "**",
  "**/",
  "*",
  "!*",
  "*/",
  "/*",
  "/**",
  "/",
  "//a",
  "?",
  "??",
  "[a-b]",
  "[!a]",
  "[^a]",
  "[]]",
  "[]-]",
  "[a-]",
  "[a",
  "[[:digit:]]",
  "[[:upper:][:digit:]]",
  "[[:nope:]]",
  "[\\]]",
  "a*b",
  "a\\*b",
  "a\\\\b",
  "a\\",
  "a ",
  "a\\ ",
  "a\\  ",
  "\\#a",
  "\\!a",
  "#a",
  "!a",
  "a\r\nb\r\n",
  "\ufeffa",
  "\u00e9",
  "?\u00e9",
  "x/**/b",
  "x**a",
  "x/a*",
  "  a",
  "\ta",
  "a\t",
];

Deno.test("each pattern of the table names what git says it names", async () => {
  using workspace = new Workspace();
  await workspace.run("git", "init", "-q");
  for (const text of TEXTS) {
    assertEquals(
      PATHS.map((path) => [text, path, ask(text, path)]),
      askGit(workspace, text, PATHS).map((answer, i) => [
        text,
        PATHS[i],
        answer,
      ]),
    );
  }
});

Deno.test("any pattern of these letters names what git says it names", async () => {
  using workspace = new Workspace();
  await workspace.run("git", "init", "-q");
  const pattern = fc.array(
    fc.constantFrom("a", "b", "/", "*", "**", "?", "[ab]", "[!a]", "!", " "),
    { minLength: 1, maxLength: 6 },
  ).map((parts) => parts.join(""))
    // gitignore(5) says that such stars are plain ones; git itself takes some for whole segments.
    .filter((text) => !/[^/!]\*\*|\*\*[^/]/.test(text));
  fc.assert(
    fc.property(fc.array(pattern, { minLength: 1, maxLength: 3 }), (lines) => {
      const text = lines.join("\n");
      assertEquals(
        PATHS.map((path) => ask(text, path)),
        askGit(workspace, text, PATHS),
      );
    }),
    { numRuns: 150 },
  );
});

Deno.test("a pattern of many stars against a long name comes to an end", () => {
  const text = `${"*a".repeat(60)}b\n${"**/a/".repeat(60)}b`;
  const path = Array.from({ length: 200 }, () => "a".repeat(200)).join("/");
  assertEquals(ask(text, path), undefined);
});
