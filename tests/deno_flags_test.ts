/**
 * The flags of deno steps.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { WritError } from "../src/core/errors.ts";
import { confine } from "../src/sandbox/confine.ts";
import type { Confinement, HostFacts } from "../src/sandbox/confinement.ts";
import { denoFlags } from "../src/sandbox/deno_flags.ts";
import { confinement, step } from "./support/confinements.ts";

const refuses = (name: string, code: string, act: () => unknown) =>
  Deno.test(name, () => {
    assertEquals(assertThrows(act, WritError).code, code);
  });

function RUNTIME() {
  return confine(step({ kind: "deno" })).runtime;
}

const flags = (
  argv: string[],
  runtime: Partial<NonNullable<ReturnType<typeof RUNTIME>>> = {},
  files: HostFacts["deno"] = null,
) =>
  denoFlags(
    confinement({ kind: "deno", argv, runtime: { ...RUNTIME()!, ...runtime } }),
    "/work",
    files,
  ).join(" ");

const commands: [given: string[], flags: string][] = [
  [
    ["run", "a.ts", "-A"],
    "run --no-prompt --cached-only --no-remote --frozen --no-config --no-lock --deny-import ./a.ts -A",
  ],
  [
    ["run", "--check", "npm:x"],
    "run --no-prompt --cached-only --no-remote --frozen --no-config --no-lock --deny-import --check npm:x",
  ],
  [
    ["test", "src"],
    "test --no-prompt --cached-only --no-remote --frozen --no-config --no-lock --deny-import src",
  ],
  [
    ["check", "a.ts"],
    "check --cached-only --no-remote --frozen --no-config --no-lock a.ts",
  ],
  [
    ["bundle", "a.ts", "-o", "b.js"],
    "bundle --no-remote --frozen --no-config --no-lock a.ts -o b.js",
  ],
  [["lint"], "lint --no-config"],
  [["fmt", "--check"], "fmt --no-config --check"],
];
for (const [given, expected] of commands) {
  Deno.test(`the flags of deno ${given.join(" ")}`, () => {
    assertEquals(flags(given), expected);
  });
}

const FETCHED: Partial<Confinement> = {
  caches: [{ cache: "deno", fills: false }],
};
const remote: [
  name: string,
  given: string[],
  parts: Partial<Confinement>,
  flags: string,
][] = [
  [
    "run loads remote modules out of a cache that was fetched",
    ["run", "a.ts"],
    FETCHED,
    "run --no-prompt --cached-only --frozen --no-config --no-lock --allow-import ./a.ts",
  ],
  [
    "run downloads none, whatever its network",
    ["run", "a.ts"],
    { ...FETCHED, network: "host" },
    "run --no-prompt --cached-only --frozen --no-config --no-lock --allow-import ./a.ts",
  ],
  [
    "check does too",
    ["check", "a.ts"],
    FETCHED,
    "check --cached-only --frozen --no-config --no-lock --allow-import a.ts",
  ],
  [
    "bundle does without a network, for it could download",
    ["bundle", "a.ts"],
    FETCHED,
    "bundle --frozen --no-config --no-lock --allow-import a.ts",
  ],
  [
    "bundle does not with one",
    ["bundle", "a.ts"],
    { ...FETCHED, network: "host" },
    "bundle --no-remote --frozen --no-config --no-lock a.ts",
  ],
  [
    "another cache brings no remote modules",
    ["run", "a.ts"],
    { caches: [{ cache: "npm", fills: false }] },
    "run --no-prompt --cached-only --no-remote --frozen --no-config --no-lock --deny-import ./a.ts",
  ],
  ["lint loads no modules at all", ["lint"], FETCHED, "lint --no-config"],
];
for (const [name, argv, parts, expected] of remote) {
  Deno.test(`a deno step that is given packages: ${name}`, () => {
    const given = confinement({
      kind: "deno",
      argv,
      runtime: RUNTIME(),
      ...parts,
    });
    assertEquals(denoFlags(given, "/work", null).join(" "), expected);
  });
}

Deno.test("the flags spell the permissions, with paths of the view", () => {
  assertEquals(
    flags(["run", "a.ts"], {
      read: [".", "src"],
      write: ["dist/"],
      deny: ["src/x"],
      net: ["a:1"],
      env: ["A", "B"],
      run: ["git"],
      sys: true,
      ffi: ["lib.so"],
    }, { config: "deno.json", lock: "deno.lock" }),
    "run --no-prompt --cached-only --no-remote --frozen --config=/work/deno.json --lock=/work/deno.lock " +
      "--allow-read=/work,/work/src --deny-read=/work/src/x --allow-write=/work/dist --allow-net=a:1 " +
      "--allow-env=A,B --allow-run=git --allow-sys --allow-ffi=/work/lib.so --deny-import ./a.ts",
  );
});

for (
  const argv of [
    ["eval", "1"],
    ["toString"],
    ["run"],
    ["run", "-A", "a.ts"],
    ["run", "--allow-net", "a.ts"],
    ["run", "--seed", "5", "-A", "a.ts"],
    ["run", "--config=x", "a.ts"],
    ["run", "-qA", "a.ts"],
    ["test", "src", "-A"],
    ["test", "-RW"],
    ["test", "--no-lock"],
    ["check", "--reload"],
    ["lint", "--config=x"],
    ["test", "-P=all"],
    ["run", "--v8-flags=--expose-gc", "a.ts"],
    ["run", "--location=https://a.example", "a.ts"],
    ["run", "--no-code-cache", "a.ts"],
    ["run", "--ext", "ts", "a.ts"],
    ["run", "--", "a.ts"],
    ["run", "-"],
    ["test", "--fail-slow"],
    ["fmt", "--watch"],
  ]
) {
  refuses(
    `a deno step does not start deno ${argv.join(" ")}`,
    "sandbox.cannot_hold",
    () => flags(argv),
  );
}
