/**
 * What planning refuses is told with its place in the pipeline's file.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { writHere } from "./support/in_process.ts";
import { World } from "./support/world.ts";

/** The place of `HERE` is where the fault must be seen; it is taken out of the file. */
const CASES: [name: string, code: string, step: string][] = [
  [
    "a read that is not there",
    "plan.material_missing",
    `"run": ["true"], "permissions": { "read": ["src", HERE"scr"] }`,
  ],
  [
    "a read with a trailing slash that is not there",
    "plan.material_missing",
    `"run": ["true"], "permissions": { "read": [HERE"./scr/"] }`,
  ],
  [
    "a module that is not there",
    "plan.material_missing",
    `"deno": ["run", "src/a.ts"], "permissions": { "import": [HERE"lib"], "read": ["src"] }`,
  ],
  [
    "a library that is not there",
    "plan.material_missing",
    `"deno": ["run", "src/a.ts"], "permissions": { "ffi": ["src/a.ts", HERE"lib.so"] }`,
  ],
  [
    "standard input that is not there",
    "plan.material_missing",
    `"run": ["cat"], "permissions": { "read": ["src"] }, "stdin": { "file": HERE"src/no" }`,
  ],
  [
    "a script that is not there",
    "plan.material_missing",
    `"deno": HERE["run", "scr/a.ts"]`,
  ],
  [
    "a folder to run in that is not there",
    "plan.material_missing",
    `"run": ["true"], "cwd": HERE"scr"`,
  ],
  [
    "a read that is no plain file",
    "plan.material_unsupported",
    `"run": ["true"], "permissions": { "read": ["src", HERE"away"] }`,
  ],
  [
    "a program that is not there",
    "plan.executable_missing",
    `"run": [HERE"no-such-program", "x"]`,
  ],
  [
    "a further program that is not there",
    "plan.executable_missing",
    `"run": ["true"], "permissions": { "run": ["cat", HERE"no-such-program"] }`,
  ],
  [
    "a word that names what is hidden",
    "plan.undeclared_word",
    `"run": ["cat", "-n", HERE"src"]`,
  ],
  [
    "an option that names what is hidden",
    "plan.undeclared_word",
    `"run": ["cat", HERE"--from=src"]`,
  ],
  [
    "a variable that is not set",
    "plan.environment_missing",
    `"run": ["true"], "env": { "A": "a", "B": HERE{ "from": "NO_SUCH_NAME" } }`,
  ],
];

for (const [name, code, step] of CASES) {
  Deno.test(`the place is told of ${name}`, async () => {
    await using world = await made();
    const text = `{
  // A comment, so that lines count.
  "name": "work",
  "steps": {
    "first": { "run": ["true"] },
    "second": {
      ${step}
    }
  }
}`;
    const lines = text.split("\n");
    const line = lines.findIndex((each) => each.includes("HERE"));
    world.put({ "pipeline.json": text.replace("HERE", "") });
    const { error } = await refusal(world);
    assertEquals(
      { code: error.code, place: error.place, faults: error.faults },
      {
        code,
        place: {
          file: "pipeline.json",
          line: line + 1,
          column: lines[line].indexOf("HERE") + 1,
        },
        faults: [],
      },
      error.message,
    );
  });
}

Deno.test("all faults that planning finds are told, each with its place", async () => {
  await using world = await made();
  world.put({
    "pipeline.json": `{ "name": "work", "steps": {
"a": { "run": ["true"], "permissions": { "read": ["one", "src", "two"] } },
"b": { "run": ["cat", "src", "other"] },
"c": { "run": ["nothing"], "env": { "X": { "from": "NO_A" }, "Y": { "from": "NO_B" } } }
} }`,
  });
  const { error } = await refusal(world);
  assertEquals(
    error.faults.map(({ place }) => `${place?.line}:${place?.column}`),
    ["2:51", "2:65", "3:23", "3:30", "4:16", "4:42", "4:67"],
    JSON.stringify(error.faults, null, 1),
  );
  assertEquals(
    [error.faults[2].hint, error.faults[3].hint],
    [`"read": ["other", "src"]`, `"read": ["other", "src"]`],
  );
});

const made = () =>
  World.make({
    files: {
      "src/a.ts": "",
      "other": "",
      "away": { link: "/etc/passwd" },
    },
  });

interface Refusal {
  error: {
    code: string;
    message: string;
    place: unknown;
    faults: { place?: { line: number; column: number }; hint?: string }[];
  };
}

async function refusal(world: World): Promise<Refusal> {
  const { status, stdout } = await writHere(
    ["run", "pipeline.json", "--json"],
    {
      cwd: world.workspace,
      home: world.ann.home,
    },
  );
  assertEquals(status, 2, stdout);
  return JSON.parse(stdout);
}
