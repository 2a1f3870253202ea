import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { generateSchemas } from "../schemas/generate.ts";
import { parsePipeline } from "../src/pipeline/parse.ts";
import { isWritError } from "../src/core/errors.ts";
import { validatorsOf } from "./support/strict_ajv.ts";

const schemas = generateSchemas();
const folder = new URL("../schemas/", import.meta.url);

for (const [name, text] of schemas) {
  Deno.test(`schemas/${name} is what the code says`, async () => {
    assertEquals(
      await Deno.readTextFile(new URL(name, folder)),
      text,
      "run: deno run --allow-read --allow-write schemas/generate.ts",
    );
  });
}

Deno.test("schemas/ holds a file for each format and no other", () => {
  const files = [...Deno.readDirSync(folder)].map((entry) => entry.name)
    .filter((name) => name.endsWith(".json"));
  assertEquals(files.toSorted(), [...schemas.keys()].toSorted());
});

const validators = validatorsOf(schemas);

for (const name of schemas.keys()) {
  Deno.test(`schemas/${name} is a JSON Schema that refuses unknown keys`, () => {
    const validate = validators.get(name)!;
    assert(!validate({}));
    assert(!validate([]));
    const { required, oneOf, additionalProperties } = JSON.parse(
      schemas.get(name)!,
    );
    const whole = oneOf === undefined
      ? [{ required, additionalProperties }]
      : oneOf as { required: string[]; additionalProperties: unknown }[];
    for (const one of whole) {
      assertEquals(one.additionalProperties, false);
      assert(one.required.length > 0);
    }
  });
}

for (const name of ["receipt.schema.json", "entry.schema.json"]) {
  Deno.test(`schemas/${name} spells digests and times as patterns`, () => {
    const text = schemas.get(name)!;
    for (
      const pattern of [
        "^sha256:[0-9a-f]{64}$",
        "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$",
      ]
    ) assert(text.includes(`"pattern": ${JSON.stringify(pattern)}`), pattern);
  });
}

Deno.test("every field of the pipeline schema is described", () => {
  const bare: string[] = [];
  const visit = (node: unknown, at: string): void => {
    if (typeof node !== "object" || node === null) return;
    const { properties, additionalProperties, anyOf, items } = node as Record<
      string,
      unknown
    >;
    for (const [key, field] of Object.entries(properties ?? {})) {
      if (typeof field.description !== "string") bare.push(`${at}.${key}`);
      visit(field, `${at}.${key}`);
    }
    visit(additionalProperties, `${at}.*`);
    visit(items, `${at}[]`);
    if (Array.isArray(anyOf)) anyOf.forEach((one) => visit(one, at));
  };
  visit(JSON.parse(schemas.get("pipeline.schema.json")!), "");
  assertEquals(bare, []);
});

function parses(value: unknown): boolean {
  try {
    parsePipeline(new TextEncoder().encode(JSON.stringify(value)), "p.json");
    return true;
  } catch (error) {
    if (isWritError(error, "pipeline.invalid")) return false;
    throw error;
  }
}

const one = (step: unknown) => ({ name: "x", steps: { a: step } });

/** Documents on which schema and parser must say the same. */
const AGREED: [name: string, good: boolean, value: unknown][] = [
  ["the least", true, one({ run: ["true"] })],
  ["a deno step", true, one({ deno: ["test", "src"] })],
  [
    "everything",
    true,
    {
      $schema: "x",
      name: "x",
      description: "d",
      params: { a: "b" },
      isolation: "namespaces",
      require: ["evidence.strength", "times.monotone"],
      steps: {
        a: {
          description: "d",
          deno: ["run", "src/a.ts", "-A"],
          needs: [],
          permissions: {
            read: ["src"],
            write: ["dist/"],
            deny: ["src/x"],
            net: ["localhost"],
            run: ["git"],
            sys: ["uid"],
            ffi: ["l.so"],
            import: ["lib"],
          },
          env: { A: "1", B: { from: "C" }, D: { secret: "e" } },
          cwd: "src",
          stdin: { file: "src/in" },
          stdout: "out",
          scratch: ["tmp"],
          limits: { timeout: "2m", memory: "1GiB", processes: 1, output: "1B" },
          retries: 10,
          isolation: "namespaces",
          evidence: "sealed",
        },
      },
    },
  ],
  [
    "everything allowed",
    true,
    one({
      deno: ["test"],
      permissions: { net: true, sys: false, ffi: true },
      stdin: { text: "x" },
    }),
  ],
  ["nothing", false, {}],
  ["null", false, null],
  ["no steps", false, { name: "x", steps: {} }],
  ["an unknown key", false, { ...one({ run: ["x"] }), cache: true }],
  ["neither run nor deno", false, one({})],
  ["both run and deno", false, one({ run: ["x"], deno: ["test"] })],
  ["no program", false, one({ run: [] })],
  ["a command line", false, one({ run: "ls" })],
  ["an unknown subcommand", false, one({ deno: ["serve"] })],
  ["no subcommand", false, one({ deno: [] })],
  ["a bad name", false, { name: "x y", steps: { a: { run: ["x"] } } }],
  ["a bad step name", false, { name: "x", steps: { "a b": { run: ["x"] } } }],
  ["a number as parameter", false, {
    ...one({ run: ["x"] }),
    params: { a: 1 },
  }],
  [
    "false as a text",
    false,
    one({ run: ["x"], permissions: { net: "false" } }),
  ],
  [
    "a read twice",
    false,
    one({ run: ["x"], permissions: { read: ["a", "a"] } }),
  ],
  ["unknown evidence", false, one({ run: ["x"], evidence: "secret" })],
  ["an unknown requirement", false, {
    ...one({ run: ["x"] }),
    require: ["ticket.valid"],
  }],
  ["a requirement twice", false, {
    ...one({ run: ["x"] }),
    require: ["times.monotone", "times.monotone"],
  }],
  ["unknown isolation", false, one({ run: ["x"], isolation: "runtime" })],
  ["a bad timeout", false, one({ run: ["x"], limits: { timeout: "2 min" } })],
  ["a bad size", false, one({ run: ["x"], limits: { memory: "1GB" } })],
  ["a retry too many", false, one({ run: ["x"], retries: 11 })],
  ["half a retry", false, one({ run: ["x"], retries: 1.5 })],
  ["a bad variable name", false, one({ run: ["x"], env: { "1": "x" } })],
  [
    "an env value of both forms",
    false,
    one({
      run: ["x"],
      env: { A: { from: "B", secret: "C" } },
    }),
  ],
  [
    "stdin of both forms",
    false,
    one({
      run: ["x"],
      permissions: { read: ["a"] },
      stdin: { text: "x", file: "a" },
    }),
  ],
];

for (const [name, good, value] of AGREED) {
  Deno.test(`schema and parser ${good ? "take" : "refuse"} ${name}`, () => {
    const validate = validators.get("pipeline.schema.json")!;
    assertEquals(validate(value), good, JSON.stringify(validate.errors));
    assertEquals(parses(value), good);
  });
}

Deno.test("the schema takes what only the parser can refuse", () => {
  const value = one({ run: ["x"], needs: ["b"] });
  assert(validators.get("pipeline.schema.json")!(value));
  assert(!parses(value));
});

/** Values by key, right and wrong. */
type Candidates = Record<string, unknown[]>;

/** An object of at most two of the keys: few enough that a good part is right. */
const few = (candidates: Candidates) =>
  fc.uniqueArray(
    fc.constantFrom(...Object.keys(candidates)).chain((key) =>
      fc.tuple(fc.constant(key), fc.constantFrom(...candidates[key]))
    ),
    { selector: ([key]) => key, maxLength: 2 },
  ).map((pairs) => Object.fromEntries(pairs));

const PATHS = [[], ["a"], ["a/b", "./c/"], ["../x"], ["a", "a/"], "a", [1]];

const looseStep = fc.tuple(
  fc.constantFrom<unknown>(
    { run: ["x"] },
    { run: ["x", "${params.p}", "\u0001"] },
    { run: [] },
    { deno: ["test"] },
    { deno: ["run", "x.ts", "-A"] },
    { deno: ["x"] },
    {},
  ),
  few({
    needs: [[], ["b"], "b"],
    env: [{}, { A: "" }, { A: { from: "B" } }, { A: { secret: "b-c" } }, {
      A: 1,
    }, { "a b": "" }],
    cwd: ["a/b", ".", "", 1],
    stdin: [{ text: "" }, { text: "x" }, { file: "a" }, {}, null],
    stdout: ["o", "o/", "../o"],
    scratch: PATHS,
    retries: [0, 10, 11, 1.5, "1"],
    isolation: ["kernel", "namespaces", "runtime"],
    evidence: ["public", "sealed", "secret", 1],
    description: ["", "d", 1],
  }),
  few({
    read: PATHS,
    write: PATHS,
    deny: PATHS,
    net: [true, false, [], ["localhost", "[::1]:80"], ["*"], "true", null],
    run: [[], ["git", "bin/x"], ["a,b"], true],
    sys: [true, ["uid"], ["x"]],
    ffi: [true, ["l.so"], ["/l.so"]],
    import: PATHS,
  }),
  few({
    timeout: ["500ms", "168h", "169h", "0s", 1],
    memory: ["1B", "9TiB", "1GB", 1],
    cpu: ["1s", "1", 1],
    processes: [1, 65535, 65536, 0],
    openFiles: [16, 15, 65535, "20"],
    fileSize: ["1MiB", "0B"],
    output: ["8MiB", "8 MiB"],
  }),
).map(([kind, fields, permissions, limits]) => ({
  ...kind as Record<string, unknown>,
  ...fields,
  permissions,
  limits,
}));

Deno.test("property: the schema takes whatever the parser takes", () => {
  const validate = validators.get("pipeline.schema.json")!;
  let taken = 0;
  fc.assert(
    fc.property(looseStep, (step) => {
      const value = { ...one(step), params: { p: "1" } };
      if (!parses(value)) return;
      taken++;
      assert(validate(value), JSON.stringify(validate.errors));
    }),
    { numRuns: 2_000, seed: 1 },
  );
  assert(taken > 200, `only ${taken} were taken`);
});
