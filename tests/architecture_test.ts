/**
 * The laws of the layout: who may import whom, who may touch the world, how long a file is.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { ERROR_EXIT } from "../src/core/errors.ts";
import { REASON_CODES } from "../src/verify/report.ts";
import {
  type ImportEdge,
  importEdges,
  ROOT,
  type SourceFile,
  sourceFiles,
} from "./support/source_files.ts";

/** The stages in the order of the way. */
const STAGES = [
  "core",
  "pipeline",
  "plan",
  "policy",
  "ticket",
  "evidence",
  "sandbox",
  "ledger",
  "bundle",
  "verify",
  "run",
  "cli",
];

/** The formats that leave the process. */
const FORMATS = [
  "pipeline",
  "plan",
  "decision",
  "ticket",
  "receipt",
  "seal",
  "entry",
  "trust",
  "bundle",
];

/** What only an edge may touch. */
const EFFECTS: [what: string, pattern: RegExp][] = [
  ["Deno", /\bDeno\./],
  ["fetch", /\bfetch\(/],
  ["the clock", /\bDate\.now\b|\bperformance\.now\b|\bnew Date\(\)/],
  ["timers", /\bset(Timeout|Interval)\(/],
  [
    "randomness",
    /\bMath\.random\b|\bcrypto\.(randomUUID|getRandomValues)\b|\brandomBytes\b/,
  ],
  ["workers", /\bnew Worker\(/],
  [
    "the system through node",
    /from "node:(fs|fs\/promises|child_process|net|os|process|http|https|dns|worker_threads)"/,
  ],
];

const FACES = ["mod.ts", "verify.ts"];

/** What is started as a process of its own. */
const PROGRAMS = [
  "src/cli/main.ts",
  "src/sandbox/launcher.js",
  "src/sandbox/proxy.js",
  "src/sandbox/relay.js",
  "src/sandbox/trial_helper.js",
  "src/sandbox/trials.js",
];

const src = await sourceFiles("src");
const tests = await sourceFiles("tests");
const edges = await importEdges(src);
const byPath = new Map(src.map((file) => [file.path, file]));

const isEdge = ({ text }: SourceFile) =>
  /^ \* Edge: .+/m.test(text.slice(0, text.indexOf("*/")));
const stageOf = (path: string) => STAGES.indexOf(path.split("/")[1]);
const show = (edge: ImportEdge) => `${edge.from} imports ${edge.to}`;

Deno.test("every folder of src is a stage", () => {
  const folders = new Set(src.map(({ path }) => path.split("/")[1]));
  assertEquals([...folders].filter((name) => !STAGES.includes(name)), []);
});

Deno.test("the import graph is that of the source", () => {
  // A graph that was read wrongly would let every law below pass.
  assert(edges.length > src.length);
  assert(edges.some(({ typeOnly }) => typeOnly));
  assert(edges.some(({ typeOnly }) => !typeOnly));
});

Deno.test("a stage imports no later stage, not even its types", () => {
  const wrong = edges.filter(({ from, to }) =>
    from.startsWith("src/") && to.startsWith("src/") &&
    stageOf(to) > stageOf(from)
  );
  assertEquals(wrong.map(show), []);
});

Deno.test("the source imports nothing of tests, benches or examples", () => {
  const allowed = /^(src|links|policies|schemas)\/|^deno\.json$/;
  // The demo carries its example with it, as text.
  const carried = (from: string, to: string) =>
    from === "src/cli/commands/demo.ts" && to.startsWith("examples/hello/");
  const wrong = edges.filter(({ from, to }) =>
    from.startsWith("src/") && !allowed.test(to) && !carried(from, to)
  );
  assertEquals(wrong.map(show), []);
});

Deno.test("core imports nothing of Writ but core", () => {
  const wrong = edges.filter(({ from, to }) =>
    from.startsWith("src/core/") && to.startsWith("src/") &&
    !to.startsWith("src/core/")
  );
  assertEquals(wrong.map(show), []);
});

Deno.test("imports have no cycles", () => {
  assertEquals(cycles(edges.filter(({ typeOnly }) => !typeOnly)), []);
});

Deno.test("only edges touch the world, and say so at their head", () => {
  const wrong = src.filter((file) => !isEdge(file)).flatMap((file) =>
    EFFECTS.filter(([, pattern]) => pattern.test(file.code)).map(([what]) =>
      `${file.path} touches ${what} and is no edge`
    )
  );
  assertEquals(wrong, []);
});

Deno.test("verify loads no edge", () => {
  const reached = reachable(
    src.map(({ path }) => path).filter((path) =>
      path.startsWith("src/verify/")
    ),
  );
  const wrong = [...reached].filter((path) => {
    const file = byPath.get(path);
    return file !== undefined && isEdge(file);
  });
  assertEquals(wrong, []);
});

Deno.test("only a program ends its process", () => {
  const wrong = src.filter(({ code }) =>
    /\bDeno\.exit\b|process\.exit/.test(code)
  )
    .map(({ path }) => path).filter((path) => !PROGRAMS.includes(path));
  assertEquals(wrong, []);
});

Deno.test("only the terminal speaks", () => {
  const wrong = src.filter(({ code }) =>
    /\bconsole\.|Deno\.std(out|err)\b/.test(code)
  )
    .map(({ path }) => path)
    .filter((path) =>
      ![...PROGRAMS, "src/cli/terminal.ts", "src/cli/ask.ts"].includes(path)
    );
  assertEquals(wrong, []);
});

Deno.test("every code of an error or of a verdict is given somewhere, and tested", () => {
  const given = (files: readonly SourceFile[], code: string, more: number) =>
    files.filter(({ text }) => text.includes(`${code}"`)).length > more;
  // The lists themselves are one file each.
  const unused = [...Object.keys(ERROR_EXIT), ...REASON_CODES].filter((code) =>
    !given(src, `"${code}`, 1)
  );
  assertEquals(unused, []);
  const untested = REASON_CODES.filter((code) => !given(tests, code, 0));
  assertEquals(untested, []);
});

Deno.test("no file of the source is longer than 400 lines", () => {
  const wrong = src.map(({ path, text }) => ({
    path,
    lines: text.split("\n").length - 1,
  })).filter(({ lines }) => lines > 400);
  assertEquals(wrong, []);
});

Deno.test("every file says at its head what it is", () => {
  const wrong = src.filter(({ path, text }) =>
    path.endsWith(".ts") &&
    !/^\/\*\*\n[\s\S]*?\n \* @module\n \*\//.test(text)
  );
  assertEquals(wrong.map(({ path }) => path), []);
});

const FORBIDDEN: [what: string, pattern: RegExp][] = [
  ["any", /(:|<|\bas|,|\|)\s*any\b\s*(\[\]|[;,)>=|\]}]|$)/m],
  ["a silenced checker", /deno-lint-ignore|@ts-(ignore|nocheck|expect-error)/],
  [
    "what is left to do",
    new RegExp(
      ["TO" + "DO", "FIX" + "ME", "XX" + "X"].map((w) => `\\b${w}\\b`).join(
        "|",
      ),
    ),
  ],
];

for (const [what, pattern] of FORBIDDEN) {
  Deno.test(`no file holds ${what}`, () => {
    const wrong = [...src, ...tests].filter(({ path, text, code }) =>
      path !== "tests/architecture_test.ts" &&
      pattern.test(what === "any" ? withoutStrings(code) : text)
    );
    assertEquals(wrong.map(({ path }) => path), []);
  });
}

for (
  const [code, found] of [
    ["const x: any = 1;", true],
    ["function f(a: any[]) {}", true],
    ["const b = c as any;", true],
    ["type T = Map<string, any>;", true],
    ['const s = "var b: any = a";', false],
    ["const many: anything = 1;", false],
  ] as const
) {
  Deno.test(`${code} ${found ? "holds" : "does not hold"} any`, () => {
    assertEquals(FORBIDDEN[0][1].test(withoutStrings(code)), found);
  });
}

Deno.test("a circle of imports is found", () => {
  const edge = (from: string, to: string) => ({ from, to, typeOnly: false });
  assertEquals(cycles([edge("a", "b"), edge("b", "c"), edge("c", "b")]), [
    "b -> c -> b",
  ]);
  assertEquals(cycles([edge("a", "b"), edge("a", "c"), edge("b", "c")]), []);
});

for (const noun of FORMATS) {
  Deno.test(`the format "${noun}" has a schema for others`, async () => {
    const file = `${ROOT}/schemas/${noun}.schema.json`;
    const schema = JSON.parse(await Deno.readTextFile(file));
    assertEquals(typeof schema.$schema, "string");
  });
}

for (const stage of STAGES) {
  Deno.test(`the stage "${stage}" has a test that bears its name`, () => {
    const names = tests.map(({ path }) => path.replace(/^tests\//, ""));
    assert(
      names.some((name) =>
        name === `${stage}_test.ts` || name.startsWith(`${stage}_`) ||
        name.startsWith(`${stage}/`)
      ),
    );
  });
}

for (const face of FACES) {
  Deno.test(`${face} loads nothing of the command line`, async () => {
    const graph = await importEdges([{ path: face, text: "", code: "" }]);
    assertEquals(
      graph.filter(({ to, typeOnly }) => !typeOnly && to.startsWith("src/cli/"))
        .map(show),
      [],
    );
  });
}

/** Quoted text within a line is data, not code. */
function withoutStrings(code: string): string {
  return code.replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""');
}

/** The files that are loaded with the given ones. */
function reachable(start: readonly string[]): Set<string> {
  const seen = new Set(start);
  for (const path of seen) {
    for (const { from, to, typeOnly } of edges) {
      if (from === path && !typeOnly) seen.add(to);
    }
  }
  return seen;
}

/** The circles of a graph, each as a line. */
function cycles(graph: readonly ImportEdge[]): string[] {
  const next = Map.groupBy(graph, ({ from }) => from);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: string[]) => {
    if (trail.includes(path)) {
      found.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
      return;
    }
    if (done.has(path)) return;
    for (const { to } of next.get(path) ?? []) visit(to, [...trail, path]);
    done.add(path);
  };
  for (const { from } of graph) visit(from, []);
  return found;
}
