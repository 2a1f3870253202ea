/**
 * Words that name files: those of a command line that the step would not see, and those of
 * its output after a failure. A step that looks for what is hidden from it may end well and be
 * wrong, so the first are refused.
 *
 * @module
 */
import { stripVTControlCharacters } from "node:util";
import { basename } from "@std/path/basename";
import { WritError } from "../core/errors.ts";
import { isWithin, withoutSlash } from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import type { Step } from "../pipeline/pipeline.ts";
import { fromFolder } from "./declared.ts";

/** What the check must know of the workspace and of what the step sees; paths from its root. */
export interface WordSight {
  /** Whether the workspace holds something of that name; what lies elsewhere by a link does not count. */
  exists(path: string): boolean;
  sees(path: string): boolean;
  /** The earlier step that writes the path, or something above it. */
  maker(path: string): string | undefined;
}

/**
 * Programs whose plain words are commands, targets or packages: how many of the first words
 * are, `Infinity` for all. With a slash or a dot a word is a path all the same.
 */
const COMMAND_WORDS: ReadonlyMap<string, number> = new Map([
  ["make", Infinity],
  ["gmake", Infinity],
  ["ninja", Infinity],
  ["just", Infinity],
  ["task", Infinity],
  ["rake", Infinity],
  ["mvn", Infinity],
  ["gradle", Infinity],
  ["gradlew", Infinity],
  ["ant", Infinity],
  ["npm", 2],
  ["pnpm", 2],
  ["yarn", 2],
  ["bun", 2],
  ["composer", 2],
  ["deno", 1],
  ["npx", 1],
  ["git", 1],
  ["cargo", 1],
  ["go", 1],
  ["dotnet", 1],
  ["pip", 1],
  ["pip3", 1],
  ["poetry", 1],
  ["uv", 1],
  ["bundle", 1],
  ["rustup", 1],
  ["docker", 1],
  ["podman", 1],
  ["terraform", 1],
  ["helm", 1],
  ["kubectl", 1],
  ["meson", 1],
  ["bazel", Infinity],
  ["openssl", 1],
  ["echo", Infinity],
  ["printf", Infinity],
]);

/** Options whose value names what is *not* wanted. */
const LEAVES_OUT = /^--?[a-z-]*(exclude|ignore|skip|without|omit|prune)/i;

/** Programs and those of their options whose next word is a name or code: `python -m build`. */
const TAKES_NAME: readonly [program: RegExp, option: RegExp][] = [
  [/^python[0-9.]*$/, /^-[mc]$/],
  [/^(node|ruby|perl)$/, /^(-e|-p|-pe|-ne|--eval|--print)$/],
];

/** A word that names what the step does not see. */
export interface UndeclaredWord {
  /** Which of `argv` it is. */
  index: number;
  /** `plan.undeclared_word` */
  error: WritError;
}

/**
 * The words of the command line (or right sides of `--option=word`) that name what exists in
 * the workspace and is hidden from the step. Words with white space are scripts and not read.
 */
export function undeclaredWords(
  step: Step,
  sight: WordSight,
): UndeclaredWord[] {
  const hidden = pathWords(step).flatMap(({ word, index }) => {
    const path = fromFolder(step.cwd, word);
    if (path === null || path === ".") return [];
    if (isOwn(step, path) || sight.sees(path)) return [];
    const maker = sight.maker(path);
    if (maker !== undefined) {
      return [{ path, index, why: `which step ${quoted(maker)} writes` }];
    }
    return sight.exists(path) ? [{ path, index, why: "which exists" }] : [];
  });
  const read = [
    ...new Set([
      ...step.permissions.read.map(withoutSlash),
      ...hidden.map(({ path }) => path),
    ]),
  ].sort();
  const hint = `"read": [${read.map((each) => quoted(each)).join(", ")}]`;
  return hidden.map(({ path, index, why }) => ({
    index,
    error: new WritError(
      "plan.undeclared_word",
      `Step ${quoted(step.id)} names ${
        quoted(path)
      }, ${why} and is not in permissions.read`,
      { hint },
    ),
  }));
}

/** The paths from the workspace root that the words of a command line may name. */
export function wordPaths(step: CommandLine & Pick<Step, "cwd">): string[] {
  const paths = pathWords(step).map(({ word }) => fromFolder(step.cwd, word))
    .filter((path): path is string => path !== null && path !== ".");
  return [...new Set(paths)];
}

/** A command line, and how it is started. */
type CommandLine = Pick<Step, "kind" | "argv">;

/** The words of a command line that may be paths, and which of `argv` they stand in. */
function pathWords(step: CommandLine): { word: string; index: number }[] {
  const program = step.kind === "deno" ? "deno" : basename(step.argv[0]);
  const first = step.kind === "deno" ? 0 : 1;
  let commands = COMMAND_WORDS.get(program) ?? 0;
  const paths: { word: string; index: number }[] = [];
  const named = (option: string) =>
    TAKES_NAME.some(([of, takes]) => of.test(program) && takes.test(option));
  let before = "";
  for (const [index, word] of step.argv.entries()) {
    if (index < first) continue;
    const previous = before;
    before = word;
    if (word === "" || /\s/.test(word)) continue;
    if (word.startsWith("-")) {
      const equals = word.indexOf("=");
      if (equals > 0 && !LEAVES_OUT.test(word)) {
        paths.push({ word: word.slice(equals + 1), index });
      }
      continue;
    }
    if (LEAVES_OUT.test(previous) || named(previous)) continue;
    if (commands > 0 && !/[./]/.test(word)) {
      commands--;
      continue;
    }
    paths.push({ word, index });
  }
  return paths;
}

/** Whether the step itself writes, throws away or hides the path, or writes beneath it. */
function isOwn(step: Step, path: string): boolean {
  const { write, deny } = step.permissions;
  return write.map(withoutSlash).some((own) =>
    isWithin(path, own) || isWithin(own, path)
  ) || [...step.scratch, ...deny].map(withoutSlash).some((own) =>
    isWithin(path, own)
  );
}

/** Characters of output that are looked at, from its end. */
const OUTPUT_LIMIT = 64 * 1024;

/** Paths that are given back. */
const NAMED_LIMIT = 20;

// deno-fmt-ignore
const SEPARATORS = /[\s"'`<>|()[\]{},;=\u2018\u2019\u201c\u201d]+/;

/** From where a step's output names paths. */
export interface OutputView {
  /** The folder that the step ran in, from the workspace root. */
  cwd: string;
  /** Where the step saw the workspace root, absolute. */
  root: string;
}

/**
 * The paths that a step's output names and that `exists` (asked with a path relative to the
 * workspace root) says are there: the likely reason of a failure. In the order of the output,
 * each once, at most twenty.
 */
export function namedPaths(
  output: string,
  exists: (path: string) => boolean,
  view: OutputView = { cwd: ".", root: "/work" },
): string[] {
  const named = new Set<string>();
  const asked = new Set<string>();
  const text = stripVTControlCharacters(output.slice(-OUTPUT_LIMIT));
  for (const token of text.split(SEPARATORS)) {
    for (const word of readings(token)) {
      if (asked.has(word)) continue;
      asked.add(word);
      const path = pathInView(word, view);
      if (path === null || path === "." || !exists(path)) continue;
      named.add(path);
      break;
    }
    if (named.size === NAMED_LIMIT) break;
  }
  return [...named];
}

/** What a step calls `word`, as a path of the workspace; `null` for what lies elsewhere. */
export function pathInView(word: string, view: OutputView): string | null {
  return word.startsWith(`${view.root}/`)
    ? fromFolder(".", word.slice(view.root.length + 1))
    : fromFolder(view.cwd, word);
}

/** What a token may mean as a path: with and without `file.ts:3:7`, a full stop. */
function readings(token: string): string[] {
  const bare = token.replace(/^file:\/\//, "");
  const place = bare.replace(/(?::\d+){1,2}:?$/, "");
  const first = bare.split(":", 1)[0];
  const all = [bare, place, first].flatMap((each) => [
    each,
    each.replace(/[.:!?]+$/, ""),
  ]);
  return [...new Set(all)].filter((each) =>
    each.length > 0 && each.length < 1024
  );
}
