/**
 * What a pipeline may say of caches of packages, and what it is told where it says something else.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { WritError } from "../src/core/errors.ts";
import { parsePipeline } from "../src/pipeline/parse.ts";
import type { Pipeline, Step } from "../src/pipeline/pipeline.ts";

const TREE = `sha256:${"0".repeat(64)}`;

const ONLINE = { permissions: { net: ["registry.example:443"] } };

/** A step that fetches, and may. */
const DEPS = { run: ["npm", "ci"], fetch: "npm", ...ONLINE };

const USE = { run: ["x"], needs: ["deps"], fetched: ["npm"] };

function parse(steps: Record<string, unknown>): Pipeline {
  const text = JSON.stringify({ name: "x", steps });
  return parsePipeline(new TextEncoder().encode(text), "p.json");
}

const cachesOf = ({ steps }: Pipeline): Pick<Step, "fetch" | "fetched">[] =>
  steps.map(({ fetch, fetched }) => ({ fetch, fetched }));

Deno.test("a step fetches a cache, and steps after it are given that", () => {
  assertEquals(
    cachesOf(parse({
      deps: DEPS,
      use: USE,
      later: { run: ["x"], needs: ["use"], fetched: ["npm"] },
      none: { run: ["x"] },
    })),
    [
      { fetch: "npm", fetched: [] },
      { fetch: null, fetched: [{ cache: "npm", tree: null }] },
      { fetch: null, fetched: [{ cache: "npm", tree: null }] },
      { fetch: null, fetched: [] },
    ],
  );
});

Deno.test("a step is given what an earlier run fetched by the root of its tree", () => {
  assertEquals(
    cachesOf(parse({
      use: { run: ["x"], fetched: [{ cache: "pip", tree: TREE }] },
    })),
    [{ fetch: null, fetched: [{ cache: "pip", tree: TREE }] }] as unknown,
  );
});

const GOOD: [name: string, steps: Record<string, unknown>][] = [
  ["with the whole network", { deps: { ...DEPS, permissions: { net: true } } }],
  ["with scratch", { deps: { ...DEPS, scratch: ["node_modules"] } }],
  ["and is given another cache", {
    tool: { run: ["x"], fetch: "pip", ...ONLINE },
    deps: { ...DEPS, needs: ["tool"], fetched: ["pip"] },
  }],
  ["of each of two projects", {
    a: DEPS,
    b: DEPS,
    useA: { ...USE, needs: ["a"] },
    useB: { ...USE, needs: ["b"] },
  }],
];
for (const [name, steps] of GOOD) {
  Deno.test(`a step may fetch ${name}`, () => void parse(steps));
}

const BAD: [
  name: string,
  steps: Record<string, unknown>,
  message: string,
  hint?: string,
][] = [
  [
    "a cache of no known kind",
    { deps: { ...DEPS, fetch: "maven" } },
    '"fetch" is the text "maven": one of "cargo", "deno", "npm", "pip" was wanted',
  ],
  [
    "a cache by its name as a text",
    { deps: DEPS, use: { ...USE, fetched: "npm" } },
    '"fetched" is the text "npm": a list of caches was wanted',
  ],
  [
    "a tree that is no digest",
    { use: { run: ["x"], fetched: [{ cache: "npm", tree: "latest" }] } },
    '"tree" is the text "latest"',
  ],
  [
    "a deno step that fetches",
    { deps: { deno: ["run", "x.ts"], fetch: "deno", ...ONLINE } },
    'Step "deps" is a "deno" step and has "fetch"',
    '"run": ["deno", "cache", "--frozen", "main.ts"]',
  ],
  [
    "fetching without a network",
    { deps: { run: ["x"], fetch: "npm" } },
    'Step "deps" fetches into the npm cache and has no network',
    '"net": ["registry.example:443"]',
  ],
  [
    "fetching over a loopback of its own",
    { deps: { run: ["x"], fetch: "npm", permissions: { net: ["localhost"] } } },
    "has no network",
  ],
  [
    "fetching and writing",
    {
      deps: {
        ...DEPS,
        permissions: { ...ONLINE.permissions, write: ["node_modules"] },
      },
    },
    'writes "node_modules": the cache is all that may leave it',
    '"scratch"',
  ],
  [
    "fetching and keeping its output",
    { deps: { ...DEPS, stdout: "log.txt" } },
    'writes "log.txt"',
  ],
  [
    "filling what it is given",
    { deps: DEPS, more: { ...DEPS, needs: ["deps"], fetched: ["npm"] } },
    'Step "more" fetches into the npm cache and is given one: a cache is filled from nothing',
    'Take "npm" out of "fetched"',
  ],
  [
    "one cache twice",
    {
      deps: DEPS,
      use: { ...USE, fetched: ["npm", { cache: "npm", tree: TREE }] },
    },
    'Step "use" is given the npm cache twice',
  ],
  [
    "a cache that nobody fetches",
    { use: { run: ["x"], fetched: ["npm"] } },
    "which no step that it needs fetches",
    'Fill it in a step with "fetch": "npm"',
  ],
  [
    "a cache of a step that is not needed",
    { deps: DEPS, use: { run: ["x"], fetched: ["npm"] } },
    "which no step that it needs fetches",
    'Add "deps" to "needs"',
  ],
  [
    "a cache that a later step fetches",
    {
      use: { run: ["x"], fetched: ["npm"] },
      deps: { ...DEPS, needs: ["use"] },
    },
    "which no step that it needs fetches",
  ],
  [
    "another cache than was fetched",
    { deps: DEPS, use: { ...USE, fetched: ["pip"] } },
    "is given the pip cache, which no step",
  ],
  [
    "a cache that two steps before it fetch",
    {
      a: DEPS,
      b: { ...DEPS, needs: ["a"] },
      use: { ...USE, needs: ["b"] },
    },
    'is given the npm cache, which "a" and "b" fetch',
    "Let one step fetch all of it",
  ],
];
for (const [name, steps, message, hint = ""] of BAD) {
  Deno.test(`refused: ${name}`, () => {
    const { code, faults } = assertThrows(() => parse(steps), WritError);
    assertEquals([code, faults.length], ["pipeline.invalid", 1]);
    const [fault] = faults;
    assertEquals(
      [
        fault.message.includes(message) ? message : fault.message,
        fault.hint?.includes(hint) ?? hint === "" ? hint : fault.hint,
      ],
      [message, hint],
    );
  });
}
