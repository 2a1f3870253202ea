import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import * as fc from "fast-check";
import { EMPTY_DIGEST } from "../src/core/digest.ts";
import { isWithin, overlaps } from "../src/core/paths.ts";
import { WritError } from "../src/core/errors.ts";
import { MAX_BYTES } from "../src/pipeline/document.ts";
import { MAX_FAULTS } from "../src/pipeline/faults.ts";
import {
  ancestors,
  executionOrder,
  findCycles,
  orderedBy,
} from "../src/pipeline/order.ts";
import { type ParseOptions, parsePipeline } from "../src/pipeline/parse.ts";
import { NO_LIMITS } from "./support/confinements.ts";
import {
  CACHES,
  type Pipeline,
  REQUIREMENTS,
  type Step,
} from "../src/pipeline/pipeline.ts";

const encoder = new TextEncoder();

function parse(text: string, options?: ParseOptions): Pipeline {
  return parsePipeline(encoder.encode(text), "p.json", options);
}

/** The one step of a pipeline. */
function parseStep(text: string, options?: ParseOptions): Step {
  const { steps } = parse(text, options);
  assertEquals(steps.length, 1);
  return steps[0];
}

/** A native step `a`: its own fields stand on the second line. */
const native = (fields: string) =>
  `{ "name": "x", "steps": { "a": { "run": ["true"],\n${fields}\n} } }`;

/** A native step `a`: its permissions stand on the second line. */
const permitted = (permissions: string) =>
  native(`"permissions": { ${permissions} }`);

/** A deno step `a`: its argv begins on the second line. */
const deno = (argv: string) =>
  `{ "name": "x", "steps": { "a": { "deno":\n${argv}\n} } }`;

/** Steps, from the second line on. */
const many = (...steps: string[]) =>
  `{ "name": "x", "params": { "one": "1" }, "steps": {\n${
    steps.join(",\n")
  }\n} }`;

const bytes = (...parts: (string | number)[]): Uint8Array =>
  new Uint8Array(
    parts.flatMap((part) =>
      typeof part === "number" ? [part] : [...encoder.encode(part)]
    ),
  );

/** What is wrong: the place after `p.json`, a piece of the message, a piece of the hint. */
type Wrong = [at: string, message: string, hint?: string];

/** A bad input: its name, its text, and all that is wrong with it in order. */
type Bad = [name: string, text: string | Uint8Array, ...wrong: Wrong[]];

function checkBad([, text, ...wrong]: Bad, options?: ParseOptions): void {
  const error = assertThrows(
    () =>
      parsePipeline(
        typeof text === "string" ? encoder.encode(text) : text,
        "p.json",
        options,
      ),
    WritError,
  );
  assertEquals(error.code, "pipeline.invalid");
  assertEquals(error.exit, 2);
  assertEquals(error.place, error.faults[0].place);
  const found = error.faults.map(({ place, message, hint }, index): Wrong => {
    const [, wanted = "", hinted] = wrong[index] ?? [];
    return [
      place?.line === undefined
        ? `${place?.file}`
        : `${place.file}:${place.line}:${place.column}`,
      // A piece that is there stands for the whole, so that a difference shows everything.
      wanted !== "" && message.includes(wanted) ? wanted : message,
      hinted === undefined
        ? undefined
        : hint?.includes(hinted)
        ? hinted
        : `${hint}`,
    ];
  });
  assertEquals(
    found,
    wrong.map(([at, message, hint]): Wrong => [
      at === "" ? "p.json" : `p.json:${at}`,
      message,
      hint,
    ]),
  );
}

const BYTES: Bad[] = [
  ["an empty file", "", ["1:1", "The file is empty"]],
  ["a mark and white space", "\ufeff\r\n ", ["1:1", "The file is empty"]],
  ["only a comment", "// no", ["1:6", "Found the end of the file"]],
  [
    "a byte that is not UTF-8 after longer characters",
    bytes('{\r\n"ä€😀\ufffd', 0xff, '": 1}'),
    ["2:7", "The byte 0xff is not valid UTF-8", "Save the file as UTF-8"],
  ],
  [
    "a character cut off at the end",
    bytes("{}", 0xe2, 0x82),
    ["1:3", "The byte 0xe2 is not valid UTF-8"],
  ],
  [
    "a surrogate encoded in UTF-8",
    bytes('{"a":"', 0xed, 0xa0, 0x80, '"}'),
    ["1:7", "The byte 0xed is not valid UTF-8"],
  ],
  [
    "UTF-16",
    bytes(0xff, 0xfe, "{", 0, "}", 0),
    ["1:1", "The byte 0xff is not valid UTF-8"],
  ],
  ["more than one MiB", " ".repeat(MAX_BYTES + 1), ["", "1048577 bytes"]],
  ["10 MB of brackets", "[".repeat(10_000_000), ["", "10000000 bytes"]],
  [
    "one MiB of brackets",
    "[".repeat(MAX_BYTES),
    ["1:65", "Nested deeper than 64 levels"],
  ],
  [
    "objects in objects",
    '{"a":'.repeat(200_000),
    ["1:321", "Nested deeper than 64 levels"],
  ],
  [
    "65 levels, well closed",
    `${"[".repeat(65)}${"]".repeat(65)}`,
    ["1:65", "Nested deeper than 64 levels"],
  ],
];

const SYNTAX: Bad[] = [
  ["NaN", '{ "a": NaN }', ["1:8", '"NaN": JSON has no such value']],
  ["-Infinity", '{ "a": -Infinity }', ["1:8", 'Found "-"']],
  ["a bare key", "{ a: 1 }", ["1:3", "key was wanted", "double quotes"]],
  ["single quotes", "{ 'a': 1 }", ["1:3", "was wanted", "double quotes"]],
  ["no colon", '{ "a" 1 }', ["1:7", "a colon was wanted"]],
  ["no comma", '{ "a": 1\n"b": 2 }', ["2:1", "a comma was wanted before"]],
  ["two commas", '{ "a": 1,, }', ["1:10", "a key in double quotes"]],
  ["a leading zero", '{ "a": 01 }', ["1:9", "a comma was wanted"]],
  ["half a number", '{ "a": 1. }', ["1:8", "the number is not complete"]],
  ["a second value", "{} {}", ["1:4", "nothing was wanted after the value"]],
  ["an open comment", "{} /* {}", ["1:4", 'not closed by "*/"']],
  ["an open brace", '{ "a": 1\n', ["2:1", 'a comma or "}" was wanted']],
  ["an open bracket", "[1", ["1:3", 'a comma or "]" was wanted']],
  ["a broken escape", '["\\x"]', ["1:2", "an escape that JSON does not have"]],
  ["a broken \\u", '["\\u12"]', ["1:2", "four hexadecimal digits"]],
  ["a raw tab in a text", '["a\tb"]', ["1:2", "it holds a control character"]],
  [
    "a mark in the middle of the file",
    "{ \ufeff }",
    ["1:3", 'Found "\\u{feff}"'],
  ],
  [
    "ANSI where a value belongs is shown escaped",
    "[ \u001b[31m ]",
    ["1:3", 'Found "\\u{1b}"'],
  ],
  [
    "one fault on each of two lines",
    '{ "a": NaN, "b": NaN,\n "c": nul }',
    ["1:8", "NaN"],
    ["2:7", "nul"],
  ],
];

const VALUES: Bad[] = [
  ["a list", "[]", ["1:1", "The pipeline is an empty list: an object"]],
  ["null", "null", ["1:1", "The pipeline is null"]],
  [
    "nothing in it",
    "{}",
    ["1:1", 'The pipeline has no "name"'],
    ["1:1", 'The pipeline has no "steps"'],
  ],
  ["no steps", many(), ["1:51", "The pipeline has no steps"]],
  [
    "steps as a list",
    '{ "name": "x", "steps": [{}] }',
    ["1:25", '"steps" is a list: an object from step names to steps'],
  ],
  [
    "a duplicate key names both places",
    '{ "name": "x",\n  "name": "y", "steps": { "a": { "run": ["x"] } } }',
    ["2:3", 'The key "name" is there twice, first at 1:3'],
  ],
  [
    "a duplicate key written as an escape",
    native('"cwd": "a", "\\u0063wd": "b"'),
    ["2:13", 'The key "cwd" is there twice, first at 2:1'],
  ],
  [
    "a duplicate step",
    many('"a": { "run": ["x"] }', '"a": { "run": ["y"] }'),
    ["3:1", 'The key "a" is there twice, first at 2:1'],
  ],
  [
    "__proto__ as a key",
    native('"env": { "__proto__": "x" }'),
    ["2:10", 'The key "__proto__" cannot be used'],
  ],
  [
    "__proto__ as a step",
    many('"a": { "run": ["x"] }', '"__proto__": { "run": ["x"] }'),
    ["3:1", 'The key "__proto__" cannot be used'],
  ],
  [
    "half of a surrogate pair in a text",
    native('"description": "\\ud800"'),
    ["2:16", 'The text "\\u{d800}" holds half of a surrogate pair'],
  ],
  [
    "half of a surrogate pair in a key",
    native('"env": { "\\udc00": "" }'),
    ["2:10", 'The key "\\u{dc00}" holds half of a surrogate pair'],
  ],
  [
    "a number beyond all bounds",
    native('"retries": 1e999'),
    ["2:12", "The number is too large"],
    ["2:12", '"retries" is the number Infinity'],
  ],
  [
    "a near miss",
    '{ "name": "x", "setps": {} }',
    ["1:1", 'The pipeline has no "steps"'],
    ["1:16", 'the unknown key "setps"', 'Did you mean "steps"?'],
  ],
  [
    "a key of nowhere has no suggestion",
    native('"zzzzzz": 1'),
    ["2:1", 'Step "a" has the unknown key "zzzzzz"', "undefined"],
  ],
  [
    "a permission outside of permissions",
    native('"read": ["src"]'),
    ["2:1", 'Step "a" has the unknown key "read"', '"permissions"'],
  ],
  [
    "a limit outside of limits",
    native('"timeout": "1s"'),
    ["2:1", 'the unknown key "timeout"', '"limits"'],
  ],
  [
    "env among the permissions",
    permitted('"env": ["CI"]'),
    ["2:18", '"permissions" has the unknown key "env"', "the step itself"],
  ],
  [
    "cache",
    native('"cache": true'),
    ["2:1", 'has "cache", which this version of Writ does not offer'],
  ],
  [
    "warm",
    native('"warm": true'),
    ["2:1", 'has "warm", which this version of Writ does not offer'],
  ],
  [
    "tools",
    '{ "tools": {}, "name": "x", "steps": { "a": { "run": ["x"] } } }',
    ["1:3", 'has "tools", which this version of Writ does not offer'],
  ],
  [
    "isolation by the runtime",
    native('"isolation": "runtime"'),
    ["2:14", '"isolation" is the text "runtime"', "not offered"],
  ],
  [
    "a step that asks for less than the pipeline",
    '{ "name": "x", "isolation": "namespaces",\n"steps": { "a": { "run": ["x"], "isolation": "kernel" } } }',
    ["2:46", 'asks for "kernel", less than the "namespaces"'],
  ],
  [
    "a name with a space",
    '{ "name": "x y", "steps": { "a": { "run": ["x"] } } }',
    [
      "1:11",
      '"name" is the text "x y": a name of at most 64',
    ],
  ],
  [
    "a name with a bidi control, shown escaped",
    '{ "name": "x\u202ey", "steps": { "a": { "run": ["x"] } } }',
    ["1:11", 'the text "x\\u{202e}y"'],
  ],
  [
    "a step name that begins with a dash",
    many('"-a": { "run": ["x"] }'),
    ["2:1", '"steps" has the key "-a": a name'],
  ],
  [
    "a step name of 65 letters",
    many(`"${"a".repeat(65)}": { "run": ["x"] }`),
    ["2:1", '"steps" has the key "aaa'],
  ],
  ["a step that is no object", many('"a": null'), ["2:6", 'Step "a" is null']],
  [
    "a text where a number belongs",
    native('"retries": "3"'),
    ["2:12", '"retries" is the text "3": a whole number from 0 to 10'],
  ],
  ["half a retry", native('"retries": 0.5'), ["2:12", "the number 0.5"]],
  ["eleven retries", native('"retries": 11'), ["2:12", "from 0 to 10"]],
  ["no processes", native('"limits": {"processes":0}'), ["2:24", "from 1 to"]],
  [
    "false as a text where a boolean belongs",
    permitted('"net": "false"'),
    ["2:25", '"net" is the text "false"', "Write false without quotes"],
  ],
  [
    "null where a boolean belongs",
    permitted('"net": null'),
    ["2:25", '"net" is null: true, false or a list of hosts'],
  ],
];

const STEPS: Bad[] = [
  [
    "neither run nor deno",
    many('"a": { "needs": [] }'),
    ["2:6", 'Step "a" has neither "run" nor "deno"'],
  ],
  [
    "both run and deno",
    native('"deno": ["test"]'),
    ["2:1", 'Step "a" has both "run" and "deno"'],
  ],
  [
    "a command line as one text",
    many('"a": { "run": "ls -l" }'),
    ["2:15", '"run" is the text "ls -l"', "a text of its own"],
  ],
  ["no program", many('"a": { "run": [] }'), ["2:15", "at least a program"]],
  [
    "an empty program",
    many('"a": { "run": [""] }'),
    ["2:16", "an empty program"],
  ],
  [
    "NUL in an argument",
    many('"a": { "run": ["a", "b\\u0000c"] }'),
    ["2:21", 'Item 2 of "run" is "b\\u{0}c": a text without the character NUL'],
  ],
  [
    "NUL in the environment",
    native('"env": { "A": "\\u0000" }'),
    ["2:15", '"A" is "\\u{0}": a text without'],
  ],
  [
    "an unknown subcommand",
    deno('["tst"]'),
    ["2:2", 'Item 1 of "deno" is the text "tst"', 'Did you mean "test"?'],
  ],
  ["no subcommand", deno("[]"), ["2:1", '"deno" is empty']],
  ["run without a script", deno('["run"]'), ["2:2", "without a script"]],
  ["a script on standard input", deno('["run", "-"]'), ["2:9", "a script was"]],
  ["-A", deno('["run", "-A", "x.ts"]'), ["2:9", "which sets permissions"]],
  ["-qA", deno('["test", "-qA"]'), ["2:10", "which sets permissions"]],
  [
    "--allow-run behind a file of test",
    deno('["test", "x.ts", "--allow-run=sh"]'),
    ["2:18", "which sets permissions", '"permissions"'],
  ],
  [
    "a configuration of the step's own",
    deno('["check", "--config=x.json"]'),
    ["2:11", 'a flag that a "deno check" step cannot have'],
  ],
  [
    "a flag brought in by a parameter",
    '{ "name": "x", "params": { "f": "-A" }, "steps": { "a": { "deno":\n["run", "${params.f}", "x.ts"] } } }',
    ["2:9", "which sets permissions"],
  ],
  [
    "sys, ffi and import on a native step",
    permitted('"sys": ["uid"], "ffi": false, "import": ["x"]'),
    ["2:18", 'cannot have "sys": neither backend can hold'],
    ["2:34", 'cannot have "ffi": neither backend can hold'],
    ["2:48", 'cannot have "import": neither backend can hold'],
  ],
  [
    "a kind of system information that does not exist",
    '{ "name": "x", "steps": { "a": { "deno": ["test"], "permissions": {\n"sys": ["cpu"] } } } }',
    ["2:9", 'Item 1 of "sys" is the text "cpu"'],
  ],
  [
    "a variable name that begins with a digit",
    native('"env": { "1A": "" }'),
    ["2:10", '"env" has the key "1A"'],
  ],
  [
    "an env value of neither form",
    native('"env": { "A": { "form": "CI" } }'),
    ["2:15", '"A" has no "from"'],
    ["2:17", 'the unknown key "form"', 'Did you mean "from"?'],
  ],
  [
    "an env value of both forms",
    native('"env": { "A": { "from": "B", "secret": "C" } }'),
    ["2:30", "unknown key", 'Keep one of "from" and "secret"'],
  ],
  [
    "an env value that is a number",
    native('"env": { "A": 5 }'),
    ["2:15", '"A" is the number 5: a text, { "from"'],
  ],
  [
    "stdin from a file that is not read",
    native('"stdin": { "file": "x" }'),
    ["2:20", "which the step may not read", 'Add "x" to "read"'],
  ],
  [
    "stdin from a file that is denied",
    native(
      '"permissions": { "read": ["d"], "deny": ["d/x"] }, "stdin": { "file": "d/x" }',
    ),
    ["2:71", "which the step may not read"],
  ],
  ["stdout to a folder", native('"stdout": "x/"'), ["2:11", "a file was"]],
  [
    "stdout where write makes a folder",
    native('"permissions": { "write": ["x/"] }, "stdout": "x"'),
    ["2:47", 'which "write" makes a folder'],
  ],
  [
    "stdout within what is written",
    native('"permissions": { "write": ["x"] }, "stdout": "x/y"'),
    ["2:46", '"x/y" lies within "x" (2:28)'],
  ],
  [
    "two writes that overlap",
    permitted('"write": ["d/x", "d"]'),
    ["2:28", '"d/x" lies within "d" (2:35)'],
  ],
  [
    "scratch that is a product",
    native('"permissions": { "write": ["x/y"] }, "scratch": ["x", "x/y"]'),
    ["2:55", '"x/y" is both thrown away and a product (2:28)'],
  ],
  [
    "an empty folder that is also read",
    permitted('"read": ["d"], "write": ["d/"]'),
    ["2:43", "starts as an empty folder, and the step also reads it"],
  ],
  [
    "the same path twice, differently spelt",
    permitted('"read": ["a", "./b/../a/"]'),
    ["2:32", 'Item 2 of "read" is there twice'],
  ],
  ["a timeout in words", native('"limits": { "timeout": "2 min" }'), [
    "2:24",
    '"timeout" is "2 min": a time such as',
  ]],
  ["a timeout of nothing", native('"limits": { "timeout": "0s" }'), [
    "2:24",
    'is "0s", which is less than "1ms": a time such as',
  ]],
  ["a timeout beyond the timers", native('"limits": { "timeout": "169h" }'), [
    "2:24",
    'is "169h", which is more than "168h": a time such as',
  ]],
  [
    "a timeout beyond all numbers",
    native('"limits": { "cpu": "99999999999999999h" }'),
    ["2:20", 'which is more than "168h": a time such as'],
  ],
  [
    "a timeout that begins with a zero",
    native('"limits": { "timeout": "05s" }'),
    ["2:24", 'is "05s": a time such as'],
  ],
  ["a timeout as a number", native('"limits": { "timeout": 5 }'), [
    "2:24",
    '"timeout" is the number 5: a time such as "2m"',
  ]],
  ["a size in SI", native('"limits": { "memory": "1GB" }'), [
    "2:23",
    "a size such as",
    'Did you mean "1GiB"?',
  ]],
  [
    "a size beyond all numbers",
    native('"limits": { "output": "9999999TiB" }'),
    [
      "2:23",
      'which is more than "8191TiB": a size such as',
    ],
  ],
  [
    "a size one step beyond the largest",
    native('"limits": { "memory": "8192TiB" }'),
    ["2:23", 'is "8192TiB", which is more than "8191TiB": a size such as'],
  ],
  ["a size of nothing", native('"limits": { "memory": "0MiB" }'), [
    "2:23",
    'is "0MiB", which is less than "1B": a size such as',
  ]],
  [
    "a size in SI that is too large",
    native('"limits": { "memory": "9000TB" }'),
    ["2:23", 'is "9000TB": a size such as'],
  ],
];

Deno.test("a size beyond the largest is not proposed again", () => {
  for (const size of ["9000TiB", "9000TB", "99999999999999999KiB"]) {
    const error = assertThrows(
      () => parse(native(`"limits": { "memory": "${size}" }`)),
      WritError,
    );
    assertEquals(error.faults.map(({ hint }) => hint), [undefined]);
  }
});

Deno.test("the largest size and the longest time are taken", () => {
  const [step] = parse(
    native('"limits": { "memory": "8191TiB", "timeout": "168h" }'),
  ).steps;
  assertEquals(step.limits.memory, 8191 * 1024 ** 4);
  assertEquals(step.limits.timeout, 168 * 3_600_000);
});

/** Paths that a step may not even read. */
const PATHS: [text: string, why: string][] = [
  ["", "which is empty"],
  ["/etc", "which is absolute"],
  ["../x", "outside the workspace"],
  ["a/../../x", "outside the workspace"],
  ["~/.ssh", "outside the workspace"],
  ["a,b", "a comma"],
  ["a*", "a pattern character"],
  ["a\\\\b", "a backslash"],
  ["a\\u0000b", "a control or invisible character"],
  ["a\\nb", "a control or invisible character"],
  ["a\\u001b[31mb", "a control or invisible character"],
  ["a\\u202eb", "a control or invisible character"],
  ["a\\u200bb", "a control or invisible character"],
  ["a\\ufffdb", "not valid Unicode"],
  ["${params.x}", "parameters are replaced in arguments"],
  ["a/".repeat(2100), "longer than 4096"],
];

/** Paths that a step may read, but not write. */
const SACRED = [
  ".",
  "./",
  "a/..",
  ".git",
  ".git/hooks/",
  ".GIT/config",
  "sub/.git/hooks",
  ".writ",
  ".writ/runs",
  "x/../.writ",
  "policies",
  "policies/a.cedar",
];

const HOSTS: [text: string, why: string, hint?: string][] = [
  ["", "a host such as"],
  ["https://example.org", "a scheme"],
  ["*.example.org", "a wildcard"],
  ["example.org/x", "a path"],
  ["Example.org", "lower case"],
  ["example.org:0", "port"],
  ["example.org:080", "port"],
  ["example.org:65536", "port"],
  ["example.org:", "a host such as"],
  ["example..org", "a host such as"],
  ["-a.org", "a host such as"],
  ["a b", "a host such as"],
  ["a\\u0000b", "a host such as"],
  ["127.1", "usual form", '"127.0.0.1"'],
  ["0x7f.0.0.1", "usual form", '"127.0.0.1"'],
  ["2130706433", "usual form", '"127.0.0.1"'],
  ["1.2.3.256", "no IP address"],
  ["::1", "without brackets", '"[::1]"'],
  ["[0:0::1]", "usual form", '"[::1]"'],
  ["[::g]", "a host such as"],
  ["[1::2::3]", "no IP address"],
  ["xn--a_.\\u0430pple", "a host such as"],
];

const NEEDS: Bad[] = [
  [
    "an unknown need",
    many(
      '"build": { "run": ["x"] }',
      '"b": { "run": ["x"], "needs": ["biuld"] }',
    ),
    ["3:32", 'needs "biuld", which is no step', 'Did you mean "build"?'],
  ],
  [
    "a need of itself",
    many('"a": { "run": ["x"], "needs": ["a"] }'),
    ["2:32", 'Step "a" needs itself'],
  ],
  [
    "a need twice",
    many('"a": { "run": ["x"] }', '"b": { "run": ["x"], "needs": ["a", "a"] }'),
    ["3:37", 'Item 2 of "needs" is there twice'],
  ],
  [
    "a circle, told from its first step in the file",
    many(
      '"c": { "run": ["x"], "needs": ["b"] }',
      '"a": { "run": ["x"], "needs": ["c"] }',
      '"b": { "run": ["x"], "needs": ["a"] }',
      '"d": { "run": ["x"], "needs": ["c"] }',
    ),
    ["2:32", "in a circle: c -> b -> a -> c"],
  ],
  [
    "two circles",
    many(
      '"a": { "run": ["x"], "needs": ["b"] }',
      '"b": { "run": ["x"], "needs": ["a"] }',
      '"c": { "run": ["x"], "needs": ["d", "a"] }',
      '"d": { "run": ["x"], "needs": ["c"] }',
    ),
    ["2:32", "in a circle: a -> b -> a"],
    ["4:32", "in a circle: c -> d -> c"],
  ],
  [
    "two writers of one path that nobody ordered",
    many(
      '"a": { "run": ["x"], "permissions": { "write": ["d"] } }',
      '"b": { "run": ["x"], "permissions": { "write": ["./d/"] } }',
    ),
    ["3:49", 'Step "b" writes "d" and step "a" writes "d" (2:49)', '"needs"'],
  ],
  [
    "a writer beneath another's path",
    many(
      '"a": { "run": ["x"], "permissions": { "write": ["d/x/y"] } }',
      '"b": { "run": ["x"], "permissions": { "write": ["d"] } }',
    ),
    ["3:49", 'Step "b" writes "d" and step "a" writes "d/x/y" (2:49)'],
  ],
  [
    "a standard output that another step writes",
    many(
      '"a": { "run": ["x"], "stdout": "d/x" }',
      '"b": { "run": ["x"], "permissions": { "write": ["d"] } }',
    ),
    ["3:49", 'Step "b" writes "d" and step "a" writes "d/x" (2:32)'],
  ],
  [
    "a reader of what another step writes",
    many(
      '"a": { "run": ["x"], "permissions": { "read": ["."] } }',
      '"b": { "run": ["x"], "permissions": { "write": ["d"] } }',
    ),
    [
      "2:48",
      'Step "a" reads "." and step "b" writes "d" (3:49)',
      'Name "b" in the "needs" of "a"',
    ],
  ],
  [
    "a reader within what another step writes",
    many(
      '"a": { "run": ["x"], "permissions": { "write": ["d"] } }',
      '"b": { "run": ["x"], "permissions": { "read": ["d/x/y"] } }',
    ),
    ["3:48", 'Step "b" reads "d/x/y" and step "a" writes "d" (2:49)'],
  ],
  [
    "modules that another step writes",
    many(
      '"a": { "run": ["x"], "permissions": { "write": ["d"] } }',
      '"b": { "deno": ["test"], "permissions": { "import": ["d/x"] } }',
    ),
    ["3:54", 'Step "b" reads "d/x" and step "a" writes "d" (2:49)'],
  ],
];

const PARAMS: Bad[] = [
  [
    "an unknown parameter",
    many('"a": { "run": ["x", "${params.ones}"] }'),
    ["2:21", 'names the parameter "ones"', 'Did you mean "one"?'],
  ],
  [
    "a parameter named like a method of objects",
    many('"a": { "run": ["x", "${params.constructor}"] }'),
    ["2:21", 'names the parameter "constructor"'],
  ],
  [
    "an unknown parameter in the environment",
    many('"a": { "run": ["x"], "env": { "A": "${params.two}" } }'),
    ["2:36", 'names the parameter "two"'],
  ],
  [
    "a reference that is not closed",
    many('"a": { "run": ["x", "${params.one"] }'),
    ["2:21", 'without a name and "}" after it'],
  ],
  [
    "a reference without a name",
    many('"a": { "run": ["x", "${params.}"] }'),
    ["2:21", 'without a name and "}" after it'],
  ],
  [
    "a reference in standard input",
    native('"stdin": { "text": "${params.one}" }'),
    ["2:20", "parameters are not replaced in it"],
  ],
  [
    "a value that is no text",
    '{ "name": "x", "params": { "one": 1 }, "steps": { "a": { "run": ["x"] } } }',
    ["1:35", '"one" is the number 1: a text'],
  ],
];

for (
  const bad of [
    ...BYTES,
    ...SYNTAX,
    ...VALUES,
    ...STEPS,
    ...NEEDS,
    ...PARAMS,
    ...PATHS.map(([text, why]): Bad => [
      `a read of "${text.slice(0, 40)}"`,
      permitted(`"read": ["${text}"]`),
      ["2:27", why],
    ]),
    ...PATHS.map(([text, why]): Bad => [
      `a write of "${text.slice(0, 40)}"`,
      permitted(`"write": ["${text}"]`),
      ["2:28", why],
    ]),
    ...SACRED.map((text): Bad => [
      `a write of "${text}"`,
      permitted(`"write": ["${text}"]`),
      ["2:28", text.includes(".") || text.includes("p") ? text : "no step may"],
    ]),
    ...SACRED.map((text): Bad => [
      `a scratch of "${text}"`,
      native(`"scratch": ["${text}"]`),
      ["2:13", text],
    ]),
    ...HOSTS.map(([text, why, hint]): Bad => [
      `a host "${text}"`,
      permitted(`"net": ["${text}"]`),
      ["2:26", why, hint],
    ]),
  ]
) {
  Deno.test(`refused with its place: ${bad[0]}`, () => checkBad(bad));
}

for (const text of SACRED) {
  Deno.test(`a path that cannot be written can be read: "${text}"`, () => {
    parse(permitted(`"read": ["${text}"]`));
  });
}

Deno.test("all faults of a file are told at once, in the order of the file", () => {
  checkBad([
    "",
    `{ "name": "x y", "cache": 1,
  "steps": {
    "a": { "run": [1], "needs": ["b", "c"] },
    "b": { "needs": ["a"], "limits": { "timeout": "x" } },
    "e": { "run": ["\${params.p}"], "permissions": { "write": ["/x", "d"] } },
    "f": { "run": ["x"], "permissions": { "read": ["d"] } },
    "a": {}
  } }`,
    ["1:11", '"name" is the text'],
    ["1:18", '"cache"'],
    ["3:20", "the number 1"],
    ["3:34", "in a circle: a -> b -> a"],
    ["3:39", 'needs "c"'],
    ["4:10", "neither"],
    ["4:51", '"timeout"'],
    ["5:20", 'parameter "p"'],
    ["5:63", "absolute"],
    ["7:5", "there twice, first at 3:5"],
  ]);
});

Deno.test("faults beyond the bound are counted, not listed", () => {
  const keys = Array.from({ length: 5_000 }, (_, i) => `"k${i}": 0`);
  const error = assertThrows(() => parse(`{ ${keys.join(",")} }`), WritError);
  assertEquals(error.faults.length, MAX_FAULTS + 1);
  assertEquals(
    error.faults.at(-1)?.message,
    `${5_002 - MAX_FAULTS} more faults are not listed`,
  );
});

Deno.test("more than ten thousand steps are refused", () => {
  const steps = Array.from(
    { length: 10_001 },
    (_, i) => `"s${i}":{"run":["x"]}`,
  );
  checkBad(["", many(...steps), ["1:51", "10001 steps: at most 10000"]]);
});

Deno.test("a parameter that the file does not declare is refused", () => {
  checkBad(
    ["", many('"a": { "run": ["x"] }'), [
      "",
      'The parameter "ones" is given',
      'Did you mean "one"?',
    ]],
    { params: { ones: "2" } },
  );
});

Deno.test("a parameter's value with NUL or half a surrogate pair is refused", () => {
  const text = many('"a": { "run": ["x"] }');
  checkBad(["", text, ["", "NUL"]], { params: { one: "\0" } });
  checkBad(["", text, ["", "not valid Unicode"]], {
    params: { one: "\ud800" },
  });
});

Deno.test("a file's name with control characters is shown escaped", () => {
  const error = assertThrows(
    () => parsePipeline(encoder.encode("1"), "\u001b[2J.json"),
    WritError,
  );
  assertEquals(
    error.message,
    'Cannot use the pipeline "\\u{1b}[2J.json": The pipeline is the number 1: an object that describes a pipeline was wanted',
  );
});

Deno.test("defaults are filled in", () => {
  assertEquals(
    parse('{ "name": "x", "steps": { "a": { "run": ["true"] } } }'),
    {
      name: "x",
      description: null,
      params: {},
      require: [],
      steps: [{
        id: "a",
        description: null,
        kind: "run",
        argv: ["true"],
        needs: [],
        permissions: {
          read: [],
          write: [],
          deny: [],
          net: false,
          run: [],
          sys: false,
          ffi: false,
          import: [],
        },
        env: {},
        cwd: ".",
        stdin: null,
        stdout: null,
        scratch: [],
        limits: NO_LIMITS,
        retries: 0,
        isolation: "kernel",
        evidence: "public",
        fetch: null,
        fetched: [],
      }],
    },
  );
});

Deno.test("a whole pipeline in JSONC with a mark, CRLF, comments and trailing commas", () => {
  const pipeline = parse(
    `\ufeff// made by hand
{
  "$schema": "../../schemas/pipeline.schema.json",
  "name": "release", /* the
  name */ "description": "Packs",
  "params": { "version": "1.2.3", },
  "isolation": "kernel",
  "steps": {
    "test": { "deno": ["test", "src"], "permissions": { "read": ["./src/"], "sys": ["uid"], "ffi": ["./l.so"] } },
    "pack": { "run": ["tar", "-cf", "dist/\${params.version}.tar", "src"], "needs": ["test"],
      "permissions": { "read": ["src"], "write": ["dist/"], "net": ["localhost", "[::1]:80"], "run": ["./bin/x", "gzip"] },
      "limits": { "timeout": "2m", "cpu": "1m", "memory": "1GiB", "processes": 9, "openFiles": 64, "fileSize": "1MiB", "output": "8MiB" },
      "env": { "V": "v\${params.version}", "CI": { "from": "CI" }, "T": { "secret": "npm-token" } },
      "stdin": { "file": "src/a" }, "stdout": "log/out.txt", "scratch": ["tmp/"], "cwd": "./src/",
      "retries": 2, "isolation": "namespaces", "description": "d", },
  },
}`.replaceAll("\n", "\r\n"),
  );
  assertEquals(pipeline.name, "release");
  assertEquals(pipeline.params, { version: "1.2.3" });
  const [test, pack] = pipeline.steps;
  assertEquals(test.permissions.read, ["src"]);
  assertEquals(test.permissions.ffi, ["l.so"]);
  assertEquals(pack.argv, ["tar", "-cf", "dist/1.2.3.tar", "src"]);
  assertEquals(pack.permissions.write, ["dist/", "log/out.txt"]);
  assertEquals(pack.permissions.run, ["bin/x", "gzip"]);
  assertEquals(pack.limits, {
    timeout: 120_000,
    cpu: 60_000,
    memory: 1024 ** 3,
    processes: 9,
    openFiles: 64,
    fileSize: 1024 ** 2,
    output: 8 * 1024 ** 2,
  });
  assertEquals(pack.env, {
    V: "v1.2.3",
    CI: { from: "CI" },
    T: { secret: "npm-token" },
  });
  assertEquals(pack.stdin, { file: "src/a" });
  assertEquals(pack.stdout, "log/out.txt");
  assertEquals(pack.scratch, ["tmp"]);
  assertEquals(pack.cwd, "src");
  assertEquals([test.isolation, pack.isolation], ["kernel", "namespaces"]);
});

Deno.test("a byte order mark does not move the columns", () => {
  checkBad(["", `\ufeff{ "name": 1 }`, ["1:1", '"steps"'], [
    "1:11",
    "the number 1",
  ]]);
});

for (const [name, end] of [["LF", "\n"], ["CRLF", "\r\n"], ["CR", "\r"]]) {
  Deno.test(`lines are counted where they end with ${name}`, () => {
    checkBad(["", `{${end}${end}"name": 1, "steps": {"a":{"run":["x"]}} }`, [
      "3:9",
      "the number 1",
    ]]);
  });
}

Deno.test("a column counts UTF-16 code units", () => {
  checkBad(["", `{ /* 😀 */ "name": 1, "steps": {"a":{"run":["x"]}} }`, [
    "1:20",
    "the number 1",
  ]]);
});

Deno.test("64 levels are read", () => {
  const deep = `${"[".repeat(63)}${"]".repeat(63)}`;
  checkBad(["", `{"name":${deep},"steps":{"a":{"run":["x"]}}}`, [
    "1:9",
    '"name" is a list',
  ]]);
});

Deno.test("steps keep the order of the file, digits too", () => {
  const { steps } = parse(many(
    '"b": { "run": ["x"] }',
    '"10": { "run": ["x"] }',
    '"2": { "run": ["x"] }',
  ));
  assertEquals(steps.map((step) => step.id), ["b", "10", "2"]);
});

const SUBSTITUTIONS: [text: string, becomes: string][] = [
  ["${params.one}", "1"],
  ["a${params.one}${params.one}b", "a11b"],
  ["$${params.one}", "${params.one}"],
  ["$$${params.one}", "$${params.one}"],
  ["$${params.${params.one}}", "${params.1}"],
  ["${HOME} $1 ${PIPESTATUS[0]} $$ ${", "${HOME} $1 ${PIPESTATUS[0]} $$ ${"],
  ["${params.parm}", "${parm.one} ${param.one}"],
  ["${params.loop}", "${params.one}"],
];

for (const [text, becomes] of SUBSTITUTIONS) {
  Deno.test(`parameters: ${text} becomes ${becomes}`, () => {
    const step = parseStep(
      `{ "name": "x", "params": { "one": "1", "loop": "$\{params.one}", "parm": "$\{parm.one} $\{param.one}" },
         "steps": { "a": { "run": ["x", ${JSON.stringify(text)}] } } }`,
    );
    assertEquals(step.argv, ["x", becomes]);
  });
}

/** Texts that were meant for a reference, and what is proposed. */
const MISSPELT: [text: string, meant: string][] = [
  ["${parms.one}", "${params.one}"],
  ["${param.one}", "${params.one}"],
  ["${prams.one}", "${params.one}"],
  ["${paramss.one}", "${params.one}"],
  ["${Params.one}", "${params.one}"],
  ["${PARAM.one}", "${params.one}"],
  ["${ params.one }", "${params.one}"],
  ["${ params.one}", "${params.one}"],
  ["${params .one}", "${params.one}"],
  ["${{ params.one }}", "${params.one}"],
  ["$${param.one}", "${params.one}"],
  ["a${param.one}b", "${params.one}"],
  ["${param.oen}", "${params.one}"],
  ["${param.else}", "${params.else}"],
  ["${param.}", "${params.NAME}"],
];

for (const [text, meant] of MISSPELT) {
  const shown = JSON.stringify(text);
  const faults = (column: number): Wrong => [
    `2:${column}`,
    "which is no reference to a parameter",
    `Did you mean "${meant}"?`,
  ];
  Deno.test(`parameters: ${text} is refused as an argument`, () => {
    checkBad(["", many(`"a": { "run": ["x", ${shown}] }`), faults(21)]);
  });
  Deno.test(`parameters: ${text} is refused as an argument of deno`, () => {
    checkBad([
      "",
      many(`"a": { "deno": ["run", "x.ts", ${shown}] }`),
      faults(32),
    ]);
  });
  Deno.test(`parameters: ${text} is refused as a variable`, () => {
    checkBad([
      "",
      many(`"a": { "run": ["x"], "env": { "A": ${shown} } }`),
      faults(36),
    ]);
  });
}

Deno.test("parameters: every misspelt reference of a text is told", () => {
  checkBad(
    [
      "",
      many('"a": { "run": ["x", "${param.one} ${Params.one} ${params.two}"] }'),
      ["2:21", 'names the parameter "two"'],
      ["2:21", 'has "${param.one}"'],
      ["2:21", 'has "${Params.one}"'],
    ],
  );
});

/** Code of shells and of JavaScript. */
for (
  const text of [
    "${foo.bar}",
    "${this.name}",
    "${parts.one}",
    "${parent.one}",
    "${par.one}",
    "${pa.one}",
    "${urlParams.one}",
    "${path.one}",
    "${opts.params.one}",
    "${params}",
    "${param}",
    "${param:-x.y}",
    "${param%.one}",
    "${param.call(1)}",
    "${param.one + 1}",
    "${param[0].one}",
    "{param.one}",
    "$param.one",
    "$(param.one)",
  ]
) {
  Deno.test(`parameters: ${text} is no reference, and passes`, () => {
    const shown = JSON.stringify(text);
    const [step] = parse(
      many(`"a": { "run": ["x", ${shown}], "env": { "A": ${shown} } }`),
    ).steps;
    assertEquals(step.argv, ["x", text]);
    assertEquals(step.env, { A: text });
  });
}

Deno.test("a given parameter replaces the file's, and is not looked into", () => {
  const text = many(
    '"a": { "run": ["x", "${params.one}"], "env": { "A": "${params.one}" } }',
  );
  const { params, steps } = parse(text, { params: { one: "${params.one}$&" } });
  assertEquals(params, { one: "${params.one}$&" });
  assertEquals(steps[0].argv, ["x", "${params.one}$&"]);
  assertEquals(steps[0].env, { A: "${params.one}$&" });
});

/** Texts that look dangerous and must simply work, as an argument and as a value. */
for (
  const text of [
    "",
    "\u001b[31m",
    "a\nb",
    "\u202e\u200b",
    "-A",
    "e\u0301",
    "\u00e9",
    "😀",
    "__proto__",
    "a,b*c\\d",
  ]
) {
  Deno.test(`an argument is kept as it is: ${JSON.stringify(text)}`, () => {
    const step = parseStep(native(`"env": { "A": ${JSON.stringify(text)} }`));
    assertEquals(step.env, { A: text });
    const { argv } = parseStep(
      many(`"a": { "run": ["x", ${JSON.stringify(text)}] }`),
    );
    assertEquals(argv, ["x", text]);
  });
}

const GOOD_PATHS: [text: string, becomes: string][] = [
  ["a b", "a b"],
  ["-rf", "-rf"],
  ["[id]/?.ts", "[id]/?.ts"],
  ["./a//b/./c/../d/", "a/b/d"],
  [".", "."],
  ["e\u0301", "e\u0301"],
  ["\u00e9", "\u00e9"],
  ["~x", "~x"],
  [".gitignore", ".gitignore"],
];

for (const [text, becomes] of GOOD_PATHS) {
  Deno.test(`the path "${text}" is read as "${becomes}"`, () => {
    const step = parseStep(permitted(`"read": [${JSON.stringify(text)}]`));
    assertEquals(step.permissions.read, [becomes]);
  });
}

for (const path of [".gitignore", "my-policies", "x/policies", ".github"]) {
  Deno.test(`the path "${path}" can be written`, () => {
    assertEquals(
      parseStep(permitted(`"write": ["${path}"]`)).permissions.write,
      [path],
    );
  });
}

for (
  const host of [
    "example.org",
    "example.org:443",
    "localhost",
    "localhost:8080",
    "192.0.2.1",
    "192.0.2.1:1",
    "[::1]",
    "[2001:db8::1]:65535",
    "xn--bcher-kva.example",
    "_srv.example",
  ]
) {
  Deno.test(`the host "${host}" is taken`, () => {
    assertEquals(
      parseStep(permitted(`"net": ["${host}"]`)).permissions.net,
      [host],
    );
  });
}

for (
  const argv of [
    ["test", "--filter", "x", "src", "--parallel"],
    ["test", "src", "--", "-A"],
    ["run", "--check", "x.ts", "-A", "--allow-all"],
    ["run", "--unstable-kv", "--seed=1", "x.ts"],
    ["fmt", "--check"],
    ["lint", "--rules-tags=jsr", "src"],
    ["bundle", "x.ts", "-o", "dist/x.js"],
    ["check", "--doc", "src"],
  ]
) {
  Deno.test(`a deno step may be: ${argv.join(" ")}`, () => {
    assertEquals(parseStep(deno(JSON.stringify(argv))).argv, argv);
  });
}

const TOGETHER: [name: string, text: string][] = [
  [
    "two writers that needs order, at a distance",
    many(
      '"a": { "run": ["x"], "permissions": { "write": ["d"] } }',
      '"b": { "run": ["x"], "needs": ["a"] }',
      '"c": { "run": ["x"], "needs": ["b"], "permissions": { "read": ["d"], "write": ["d"] } }',
    ),
  ],
  [
    "a reader before the writer",
    many(
      '"a": { "run": ["x"], "permissions": { "read": ["d"] } }',
      '"b": { "run": ["x"], "needs": ["a"], "permissions": { "write": ["d"] } }',
    ),
  ],
  [
    "a reader that denies what another step writes",
    many(
      '"a": { "run": ["x"], "permissions": { "read": ["."], "deny": ["d"] } }',
      '"b": { "run": ["x"], "permissions": { "write": ["d/e"] } }',
    ),
  ],
  [
    "names that only begin alike",
    many(
      '"a": { "run": ["x"], "permissions": { "write": ["d"] } }',
      '"b": { "run": ["x"], "permissions": { "write": ["d-e"], "read": ["dd"] } }',
    ),
  ],
  [
    "scratch of the same path in two steps",
    many(
      '"a": { "run": ["x"], "scratch": ["t"] }',
      '"b": { "run": ["x"], "scratch": ["t"] }',
    ),
  ],
  [
    "a product within scratch",
    native('"permissions": { "write": ["t/d/x"] }, "scratch": ["t"]'),
  ],
  [
    "standard output that is named in write too",
    native('"permissions": { "write": ["x"] }, "stdout": "./x"'),
  ],
];

for (const [name, text] of TOGETHER) {
  Deno.test(`allowed: ${name}`, () => {
    parse(text);
  });
}

Deno.test("a path in read and write is updated in place", () => {
  const { permissions } = parseStep(permitted('"read": ["v"], "write": ["v"]'));
  assertEquals([permissions.read, permissions.write], [["v"], ["v"]]);
});

Deno.test("standard output is listed once among the products", () => {
  const { permissions } = parseStep(
    native('"permissions": { "write": ["x", "y"] }, "stdout": "x"'),
  );
  assertEquals(permissions.write, ["x", "y"]);
});

// Order

const plain = (id: string, ...needs: string[]) => ({ id, needs });

const ORDERS: [
  name: string,
  steps: ReturnType<typeof plain>[],
  order: string,
][] = [
  ["none", [], ""],
  ["equals stay in the order of the file", [
    plain("c"),
    plain("a"),
    plain("b"),
  ], "c a b"],
  ["a need comes before", [plain("a", "c"), plain("b"), plain("c")], "c a b"],
  ["needs come in the order of the file, not of the list", [
    plain("x", "b", "a"),
    plain("a"),
    plain("b"),
  ], "a b x"],
  ["a diamond", [
    plain("d", "b", "c"),
    plain("c", "a"),
    plain("b", "a"),
    plain("a"),
  ], "a c b d"],
];

for (const [name, steps, order] of ORDERS) {
  Deno.test(`execution order: ${name}`, () => {
    assertEquals(executionOrder(steps).join(" "), order);
  });
}

Deno.test("steps in a circle, or with an unknown need, have no order", () => {
  const circle = [plain("a", "b"), plain("b", "a")];
  assertEquals(findCycles(circle), [["a", "b", "a"]]);
  assertEquals(findCycles([plain("a", "a")]), [["a", "a"]]);
  assertEquals(findCycles([plain("a"), plain("b", "a")]), []);
  assertThrows(() => executionOrder(circle), WritError, "a -> b -> a");
  assertThrows(() => executionOrder([plain("a", "z")]), WritError, '"z"');
});

Deno.test("ten thousand steps in a chain have an order, last one first in the file", () => {
  const steps = Array.from(
    { length: 10_000 },
    (_, i) => plain(`s${i}`, ...(i < 9_999 ? [`s${i + 1}`] : [])),
  );
  const order = executionOrder(steps);
  assertEquals([order.length, order[0], order[9_999]], [10_000, "s9999", "s0"]);
  assertEquals(ancestors(steps, "s0").size, 9_999);
  assertEquals(ancestors(steps, "s9999").size, 0);
});

/** Steps without a circle in a shuffled order. */
const acyclic = fc.nat({ max: 9 }).chain((size) =>
  fc.tuple(
    fc.array(fc.boolean(), { minLength: size * size, maxLength: size * size }),
    fc.shuffledSubarray(Array.from({ length: size }, (_, i) => i), {
      minLength: size,
    }),
  ).map(([edges, places]) =>
    places.map((rank) =>
      plain(
        `s${rank}`,
        ...places.filter((other) => other < rank && edges[rank * size + other])
          .map((other) => `s${other}`),
      )
    )
  )
);

Deno.test("property: an execution order holds each step once, after its needs", () => {
  fc.assert(fc.property(acyclic, (steps) => {
    const order = executionOrder(steps);
    assertEquals(order.toSorted(), steps.map((step) => step.id).toSorted());
    for (const step of steps) {
      for (const need of step.needs) {
        assert(order.indexOf(need) < order.indexOf(step.id));
      }
    }
  }));
});

Deno.test("property: constant-time order and ancestors agree", () => {
  fc.assert(fc.property(acyclic, (steps) => {
    const before = orderedBy(steps);
    steps.forEach((later, l) => {
      const all = ancestors(steps, later.id);
      steps.forEach((earlier, e) =>
        assertEquals(before(e, l), all.has(earlier.id))
      );
    });
  }));
});

const somePath = fc.constantFrom("a", "a/b", "a/b/c", "a/d", "e", "ab");

Deno.test("property: a conflict is refused exactly where two unordered steps touch", () => {
  const touched = acyclic.chain((steps) =>
    fc.tuple(
      fc.constant(steps),
      fc.array(
        fc.record({
          read: fc.option(fc.oneof(somePath, fc.constant(".")), { nil: null }),
          write: fc.option(somePath, { nil: null }),
          deny: fc.option(somePath, { nil: null, freq: 1 }),
        }),
        { minLength: steps.length, maxLength: steps.length },
      ),
    )
  );
  fc.assert(
    fc.property(touched, ([steps, touches]) => {
      fc.pre(steps.length > 0);
      const list = (path: string | null) => path === null ? [] : [path];
      const text = JSON.stringify({
        name: "x",
        steps: Object.fromEntries(steps.map((step, i) => [step.id, {
          run: ["x"],
          needs: step.needs,
          permissions: {
            read: list(touches[i].read),
            write: list(touches[i].write),
            deny: list(touches[i].deny),
          },
        }])),
      });
      const clash = steps.some((one, i) =>
        steps.some((other, j) => {
          if (
            i === j || ancestors(steps, one.id).has(other.id) ||
            ancestors(steps, other.id).has(one.id)
          ) return false;
          const { read, write, deny } = touches[i];
          const written = touches[j].write;
          if (written === null) return false;
          if (write !== null && overlaps(write, written)) return true;
          if (read === null || !overlaps(read, written)) return false;
          return deny === null ||
            !isWithin(written, deny) && !isWithin(read, deny);
        })
      );
      if (clash) assertThrows(() => parse(text), WritError);
      else parse(text);
    }),
    { numRuns: 400 },
  );
});

// Anything at all

/** Parses; the error must be ours and its places must be in the text. */
function parseAnything(text: string): void {
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  try {
    parse(text);
  } catch (error) {
    if (!(error instanceof WritError)) throw error;
    assertEquals(error.code, "pipeline.invalid");
    for (const { place, message, hint } of error.faults) {
      assertEquals(place?.file, "p.json");
      assert(!/[\p{Cc}\p{Cf}\p{Cs}]/u.test(message + (hint ?? "")), message);
      if (place?.line === undefined || place.column === undefined) continue;
      assert(place.line >= 1 && place.line <= lines.length);
      assert(
        place.column >= 1 && place.column <= lines[place.line - 1].length + 1,
      );
    }
  }
}

const key = fc.oneof(
  fc.constantFrom(
    "$schema",
    "name",
    "params",
    "isolation",
    "steps",
    "run",
    "deno",
    "needs",
    "permissions",
    "read",
    "write",
    "deny",
    "net",
    "sys",
    "ffi",
    "import",
    "env",
    "from",
    "secret",
    "cwd",
    "stdin",
    "text",
    "file",
    "stdout",
    "scratch",
    "limits",
    "timeout",
    "memory",
    "retries",
    "cache",
    "__proto__",
    "constructor",
    "a",
    "1",
  ),
  fc.string({ unit: "binary" }),
);

const anyValue = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
  object: fc.array(fc.tuple(key, tie("value")), { maxLength: 6 }).map((pairs) =>
    Object.fromEntries(pairs)
  ),
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(
      key,
      fc.constantFrom("src", "../x", "${params.a}", "kernel", "2m", ".git"),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie("value"), { maxLength: 4 }),
    tie("object"),
  ),
}));

Deno.test("property: any JSON value is parsed or refused with places in the file", () => {
  fc.assert(
    fc.property(
      anyValue.object,
      fc.constantFrom(undefined, 1, "\t"),
      (value, indent) => parseAnything(JSON.stringify(value, null, indent)),
    ),
    { numRuns: 500 },
  );
});

Deno.test("property: a nearly right pipeline is parsed or refused with places in the file", () => {
  fc.assert(
    fc.property(
      fc.dictionary(key, anyValue.value),
      fc.dictionary(key, anyValue.value),
      fc.dictionary(key, anyValue.value),
      (permissions, fields, params) =>
        parseAnything(JSON.stringify({
          name: "x",
          params,
          steps: { a: { run: ["x"], permissions, ...fields } },
        })),
    ),
    { numRuns: 500 },
  );
});

Deno.test("property: any text is parsed or refused with places in the file", () => {
  const whole = many(
    '"a": { "run": ["x", "\\u0041"], "permissions": { "write": ["d"] } } // é😀',
  );
  fc.assert(
    fc.property(
      fc.nat({ max: whole.length }),
      fc.nat({ max: 20 }),
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.constantFrom(
          "{",
          "}",
          "[",
          "]",
          '"',
          ",",
          "\\",
          "/*",
          "\r\n",
          "NaN",
        ),
      ),
      (from, length, put) =>
        parseAnything(whole.slice(0, from) + put + whole.slice(from + length)),
    ),
    { numRuns: 1_000 },
  );
});

Deno.test("property: any bytes are parsed or refused with a WritError", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (data) => {
    assertThrows(() => parsePipeline(data, "p.json"), WritError);
  }));
});

// There and back

const safeText = fc.string({ unit: "grapheme" }).filter((text) =>
  text.isWellFormed() && !text.includes("\0") && !text.includes("${params.")
);
const safeName = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,9}$/);
const envName = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,9}$/);
const orNull = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.option(arbitrary, { nil: null });
const list = (arbitrary: fc.Arbitrary<string>) =>
  fc.uniqueArray(arbitrary, { maxLength: 4 });

/** A step that touches paths of its own only. */
const randomStep = (id: string): fc.Arbitrary<Step> => {
  const own = safeName.map((name) => `${id}-files/${name}`);
  return fc.record<Step>({
    id: fc.constant(id),
    description: orNull(safeText),
    kind: fc.constant("run"),
    argv: fc.tuple(
      safeText.filter((text) => text !== ""),
      fc.array(safeText),
    ).map(([program, rest]) => [program, ...rest]),
    needs: fc.constant([]),
    permissions: fc.record({
      read: list(own),
      write: list(own),
      deny: list(own),
      net: fc.oneof(
        fc.boolean(),
        list(fc.constantFrom("localhost", "a.example:1", "[::1]")),
      ),
      run: list(safeName),
      sys: fc.constant(false),
      ffi: fc.constant(false),
      import: fc.constant([]),
    }),
    env: fc.dictionary(
      envName,
      fc.oneof(
        safeText,
        fc.record({ from: envName }),
        fc.record({ secret: safeName }),
      ),
    ),
    cwd: fc.oneof(fc.constant("."), own),
    stdin: orNull(fc.record({ text: safeText })),
    stdout: fc.constant(null),
    scratch: list(safeName.map((name) => `${id}-scratch/${name}`)),
    limits: fc.record({
      timeout: orNull(fc.integer({ min: 1, max: 600_000_000 })),
      cpu: orNull(fc.integer({ min: 1, max: 600_000_000 })),
      memory: orNull(fc.integer({ min: 1, max: 2 ** 40 })),
      processes: orNull(fc.integer({ min: 1, max: 65535 })),
      openFiles: orNull(fc.integer({ min: 16, max: 65535 })),
      fileSize: orNull(fc.integer({ min: 1, max: 2 ** 40 })),
      output: orNull(fc.integer({ min: 1, max: 2 ** 40 })),
    }),
    retries: fc.integer({ min: 0, max: 10 }),
    isolation: fc.constantFrom("kernel", "namespaces"),
    evidence: fc.constantFrom("public", "sealed"),
    fetch: fc.constant(null),
    fetched: fc.subarray([...CACHES]).map((caches) =>
      caches.map((cache) => ({ cache, tree: EMPTY_DIGEST }))
    ),
  });
};

/** What an author would write for a step. */
function written(step: Step): Record<string, unknown> {
  const { sys: _sys, ffi: _ffi, import: _import, ...permissions } =
    step.permissions;
  const { timeout, cpu, memory, output, fileSize, ...counts } = step.limits;
  const fields = {
    description: step.description,
    [step.kind]: step.argv,
    needs: step.needs,
    permissions,
    env: step.env,
    cwd: step.cwd,
    stdin: step.stdin,
    stdout: step.stdout,
    scratch: step.scratch,
    limits: Object.fromEntries(
      Object.entries({
        timeout: timeout === null ? null : `${timeout}ms`,
        cpu: cpu === null ? null : `${cpu}ms`,
        memory: memory === null ? null : `${memory}B`,
        fileSize: fileSize === null ? null : `${fileSize}B`,
        output: output === null ? null : `${output}B`,
        ...counts,
      }).filter(([, value]) => value !== null),
    ),
    retries: step.retries,
    isolation: step.isolation,
    evidence: step.evidence,
    fetched: step.fetched,
  };
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null),
  );
}

Deno.test("property: what is written for a pipeline is read as that pipeline", () => {
  const pipeline = fc.uniqueArray(
    safeName.filter((name) => !/^\d+$/.test(name)),
    { minLength: 1, maxLength: 4, comparator: "IsStrictlyEqual" },
  ).chain((ids) =>
    fc.record<Pipeline>({
      name: safeName,
      description: orNull(safeText),
      params: fc.dictionary(safeName, safeText),
      require: fc.subarray([...REQUIREMENTS]),
      steps: fc.tuple(...ids.map(randomStep)),
    })
  );
  fc.assert(
    fc.property(pipeline, (wanted) => {
      const { description, ...rest } = wanted;
      const text = JSON.stringify({
        ...rest,
        ...(description === null ? {} : { description }),
        steps: Object.fromEntries(
          wanted.steps.map((step) => [step.id, written(step)]),
        ),
      });
      assertEquals(
        JSON.stringify(parse(text)),
        JSON.stringify({
          ...wanted,
          params: { ...wanted.params },
          steps: wanted.steps.map((step) => ({
            ...step,
            env: { ...step.env },
          })),
        }),
      );
    }),
    { numRuns: 200 },
  );
});

Deno.test("parameters that make a short file vast are refused before anything is made of them", () => {
  const pipeline = (times: number) =>
    new TextEncoder().encode(JSON.stringify({
      name: "x",
      params: { long: "A".repeat(100_000) },
      steps: { a: { run: ["echo", "${params.long}".repeat(times)] } },
    }));
  const error = assertThrows(
    () => parsePipeline(pipeline(30_000), "x.json"),
    WritError,
  );
  assertEquals(error.code, "pipeline.invalid");
  assertStringIncludes(error.message, "more than 16777216 characters");
  const { steps } = parsePipeline(pipeline(10), "x.json");
  assertEquals(steps[0].argv[1].length, 1_000_000);
});
