/**
 * A command line that is too long is refused when it is planned, and the longest that is not does start.
 *
 * @module
 */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { WritError } from "../src/core/errors.ts";
import {
  LONGEST_WORD,
  MOST_BYTES,
  MOST_WORDS,
} from "../src/plan/start_limits.ts";
import { BACKENDS } from "./support/sandbox.ts";
import { codeOf, World } from "./support/world.ts";
import { planIn, type StepWish, Workspace } from "./support/workspaces.ts";

const words = (count: number, bytes: number) =>
  Array.from({ length: count }, () => "a".repeat(bytes));
/** With the NUL and the pointer of each. */
const LONG = 100_000 + 9;
const folders = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`d/${i}/f`, ""]),
  );
const foldersRead = (count: number) =>
  Array.from({ length: count }, (_, i) => `d/${i}`);

const rows: [
  name: string,
  wish: StepWish,
  field: string | null,
  env?: string,
][] = [
  [
    "the longest argument",
    { argv: ["true", ...words(1, LONGEST_WORD)] },
    null,
  ],
  [
    "a longer one",
    { argv: ["true", "a", ...words(1, LONGEST_WORD + 1)] },
    "run 2",
  ],
  [
    "an argument whose letters take two bytes each",
    { argv: ["true", "é".repeat(LONGEST_WORD / 2 + 1)] },
    "run 1",
  ],
  [
    "the longest value of a variable",
    { env: { AB: "a".repeat(LONGEST_WORD - 3) } },
    null,
  ],
  ["a longer one", { env: { AB: "a".repeat(LONGEST_WORD - 2) } }, "env AB"],
  [
    "a long value of the caller's own",
    { env: { AB: { from: "CI" } } },
    "env AB",
    "a".repeat(LONGEST_WORD),
  ],
  [
    "as many bytes as there may be",
    { argv: ["true", ...words(Math.floor(MOST_BYTES / LONG), 100_000)] },
    null,
  ],
  [
    "more",
    { argv: ["true", ...words(Math.ceil(MOST_BYTES / LONG), 100_000)] },
    "run",
  ],
  [
    "as many arguments as there may be",
    { argv: words(MOST_WORDS, 4).with(0, "true") },
    null,
  ],
  ["more", { argv: words(MOST_WORDS + 1, 4).with(0, "true") }, "run"],
  [
    "more with its variables",
    { argv: words(MOST_WORDS - 2, 4).with(0, "true"), env: { A: "" } },
    "run",
  ],
  [
    "more with the folders that it reads",
    {
      argv: words(MOST_WORDS - 6, 4).with(0, "true"),
      permissions: { read: foldersRead(3) },
    },
    "run",
  ],
  [
    "files that it reads, which count for nothing",
    {
      argv: words(MOST_WORDS - 6, 4).with(0, "true"),
      permissions: { read: foldersRead(3).map((path) => `${path}/f`) },
    },
    null,
  ],
  [
    "more paths than a flag of Deno can hold",
    {
      kind: "deno",
      argv: ["lint"],
      permissions: {
        net: Array.from({ length: 1400 }, (_, i) => `${"a".repeat(90)}.${i}`),
      },
    },
    "permissions net",
  ],
];
for (const [name, wish, field, value] of rows) {
  Deno.test(`a step with ${name} is ${field === null ? "planned" : "refused"}`, async () => {
    using workspace = new Workspace(folders(3));
    const places: string[] = [];
    const plan = () =>
      planIn(workspace, { s: wish }, {
        env: () => value,
        placeOf: (_, at) => {
          places.push(at.join(" "));
          return undefined;
        },
      });
    if (field === null) await plan();
    else {assertEquals(
        (await assertRejects(plan, WritError)).code,
        "plan.too_long",
      );}
    assertEquals(places, field === null ? [] : [field]);
  });
}

const lacks = BACKENDS.some(({ backend }) => backend !== null)
  ? ""
  : ": this machine has no sandbox";
Deno.test({
  name: `the longest step that is planned does start${lacks}`,
  ignore: lacks !== "",
  fn: async () => {
    const long = 15;
    const short = MOST_WORDS - 5 - long - 3 - 300;
    const bytes = (MOST_BYTES - 2 * LONGEST_WORD - short * 15) / long - 20;
    await using world = await World.make({
      unattended: true,
      files: folders(100),
      params: { long: "a".repeat(bytes) },
      steps: {
        most: {
          run: [
            "sh",
            "-c",
            'echo "$# ${#1} ${#2} ${#A}"; ls d | wc -l',
            "sh",
            ...words(1, LONGEST_WORD),
            ...Array(long).fill("${params.long}"),
            ...words(short, 4),
          ],
          env: { A: "a".repeat(LONGEST_WORD - 2) },
          permissions: { read: foldersRead(100) },
          stdout: "out.txt",
        },
      },
    });
    await world.approve();
    const ended = await world.execute();
    assertEquals(ended.status, 0, ended.stderr);
    assertEquals(
      world.text("out.txt"),
      `${1 + long + short} ${LONGEST_WORD} ${Math.floor(bytes)} ${
        LONGEST_WORD - 2
      }\n100\n`,
    );
  },
});

Deno.test("an argument of 300,000 bytes spends no ticket: it is refused by its place", async () => {
  await using world = await World.make({
    steps: { long: { run: ["true", "a".repeat(300_000)] } },
  });
  for (const command of ["run", "approve", "execute"]) {
    const ended = await world.writ([command, "pipeline.json"]);
    assertEquals([ended.status, codeOf(ended)], [2, "plan.too_long"]);
    assertStringIncludes(ended.stderr, "pipeline.json:1:");
    assertStringIncludes(
      ended.stderr,
      'Step "long" has an argument of 300000 bytes',
    );
  }
});
