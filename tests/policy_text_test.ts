/**
 * Where the rules of a policy stand, with Cedar as the oracle of what a rule is.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { loadCedar } from "../src/policy/cedar.ts";
import { parsePolicy } from "../src/policy/parse_policy.ts";
import { PolicyText, ruleStarts } from "../src/policy/policy_text.ts";
import { rules } from "./support/policies.ts";

const encoder = new TextEncoder();
const PLAIN = "permit(principal,action,resource);";

const places: [name: string, text: string, at: string, place: string][] = [
  ["the first byte", "ab\ncd", "a", "1:1"],
  ["behind a line feed", "ab\ncd", "d", "2:2"],
  ["behind a carriage return", "ab\r\ncd", "d", "2:2"],
  ["behind letters of two and three bytes", "é\u20ac b", "b", "1:4"],
  ["behind a character of two units", "\u{1f600} b", "b", "1:4"],
  ["the end", "é\n", "", "2:1"],
];
for (const [name, text, at, place] of places) {
  Deno.test(`the place of a byte of a policy: ${name}`, () => {
    const before = at === "" ? text : text.slice(0, text.indexOf(at));
    const { line, column } = new PolicyText("a", text)
      .placeOf(encoder.encode(before).length);
    assertEquals(`${line}:${column}`, place);
  });
}

const RULES = [
  PLAIN,
  'forbid (principal, action, resource) when { context.x == "a;//b" };',
  '@id("x;y")\n@reason("é//;")\npermit(principal,action,resource)unless{ "\\"" == "\u{1f600}" };',
  'permit(principal, // in;side "\r action,resource);',
  "permit(principal == ?principal, action, resource);",
  "permit(principal,action,resource) when { 1 - 1 == 0 };",
  '@id("a") permit(principal,action,resource) when { resource has "b;\n" };',
];
const PARTS = [
  ...RULES,
  " ",
  "\n",
  "\r",
  "\u00a0",
  "\u0085",
  "// c; \"d'\n",
  "/",
];

Deno.test("property: rules begin where Cedar says that they do", async () => {
  const cedar = await loadCedar();
  let read = 0;
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...PARTS), { maxLength: 8 }),
      (chosen) => {
        const text = chosen.join("");
        const parts = cedar.policySetTextToParts(text);
        fc.pre(parts.type === "success");
        read++;
        const starts = ruleStarts(text);
        assertEquals(
          [...starts].flatMap(([rule, all]) => all.map(() => rule)).sort(),
          [...parts.policies, ...parts.policy_templates].sort(),
        );
        const bytes = encoder.encode(text);
        for (const [rule, all] of starts) {
          for (const start of all) {
            const behind = new TextDecoder().decode(bytes.subarray(start));
            assert(behind.startsWith(rule));
          }
        }
      },
    ),
    { numRuns: 500 },
  );
  assert(read > 100, `${read} texts were policies`);
});

Deno.test("ten thousand rules that are written alike are refused, each at its place", async () => {
  const count = 10_000;
  const policy = rules(...Array(count).fill(PLAIN), `${PLAIN} ${PLAIN}`);
  const { faults } = parsePolicy(await loadCedar(), policy);
  assertEquals(
    faults.map(({ place }) => `${place?.line}:${place?.column}`).sort(),
    [
      ...Array.from({ length: count + 1 }, (_, line) => `${line + 1}:1`),
      `${count + 1}:36`,
    ].sort(),
  );
});
