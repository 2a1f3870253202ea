/**
 * The list of what other tools execute.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  SENSITIVE_NAMES,
  sensitiveWrites,
} from "../src/policy/sensitive_paths.ts";

const PATHS: [path: string, sensitive: boolean][] = [
  ["package.json", true],
  ["a/b/PACKAGE.JSON", true],
  ["node_modules/x/index.js", true],
  ["web/node_modules/", true],
  [".github", true],
  [".github/workflows/ci.yml", true],
  ["Makefile", true],
  [".config", true],
  [".config/mise/config.toml", true],
  ["policies/default.cedar", true],
  ["dist", false],
  ["dist/", false],
  ["build", false],
  ["my-package.json", false],
  ["src/package.json.md", false],
  ["docs/policies/x", false],
  [".configuration", false],
];

for (const [path, sensitive] of PATHS) {
  Deno.test(`a write of "${path}" is ${sensitive ? "" : "not "}one that tools execute`, () => {
    assertEquals(sensitiveWrites([path]), sensitive ? [path] : []);
  });
}

Deno.test("every name of the list is one that a write of it meets", () => {
  assertEquals(sensitiveWrites(SENSITIVE_NAMES), [...SENSITIVE_NAMES]);
});

Deno.test("no name is listed twice", () => {
  assertEquals(new Set(SENSITIVE_NAMES).size, SENSITIVE_NAMES.length);
});
