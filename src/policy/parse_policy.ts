/**
 * A policy's text, read: its schema and its rules by `@id`, or every fault that was found.
 *
 * @module
 */
import type { PolicyJson } from "@cedar-policy/cedar-wasm/nodejs";
import type { Fault, Place } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import type { Cedar, CedarError } from "./cedar.ts";
import { PolicyText, ruleStarts } from "./policy_text.ts";
import type { PolicySet } from "./policy_set.ts";

/** One rule of a policy. */
export interface PolicyRule {
  /** Its `@id`. */
  id: string;
  effect: "permit" | "forbid";
  /** Its `@reason`; empty when it has none. */
  reason: string;
  /** Its text, without what stands before it. */
  text: string;
  json: PolicyJson;
  /** Where it begins. */
  place: Place;
  /** Its file, and the byte at which it begins there. */
  source: { text: PolicyText; start: number };
}

/** A policy's schema and rules. With `faults` the rest may be incomplete. */
export interface ParsedPolicy {
  schema: { file: string; text: string } | null;
  rules: PolicyRule[];
  faults: Fault[];
}

const FILE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]*\.cedar(schema)?$/;
const RULE_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$/;

/** Reads the text of a policy. All faults are found at once; the types are not checked yet. */
export function parsePolicy(cedar: Cedar, policy: PolicySet): ParsedPolicy {
  const faults: Fault[] = [];
  const rules: PolicyRule[] = [];
  const names = Object.keys(policy.files).sort();
  for (const file of names) {
    if (!FILE_NAME.test(file)) {
      faults.push({
        message: `The file name ${
          quoted(file)
        } is not one of a policy: a plain name that ends in ".cedar" or ".cedarschema" was expected`,
      });
    } else if (policy.files[file].startsWith("\uFEFF")) {
      faults.push({
        place: { file, line: 1, column: 1 },
        message: "It begins with a byte order mark, which Cedar does not read",
        hint: "Save it as UTF-8 without one",
      });
    } else if (file.endsWith(".cedar")) {
      const text = new PolicyText(file, policy.files[file]);
      for (const rule of parseRules(cedar, text, faults)) rules.push(rule);
    }
  }
  refuseDoubles(rules, faults);
  return { schema: onlySchema(policy, names, faults), rules, faults };
}

/** A fault of Cedar's in a file; `base` is the byte of the file that its offsets count from. */
export function cedarFault(
  error: CedarError,
  text: PolicyText,
  base = 0,
): Fault {
  const at = error.sourceLocations?.[0];
  const label = at?.label ? `, ${at.label}` : "";
  return {
    place: at === undefined
      ? { file: text.file }
      : text.placeOf(at.start < 0 ? base : base + at.start),
    message: sentence(`${error.message}${label}`),
    ...(error.help === null ? {} : { hint: error.help }),
  };
}

/** A fault of Cedar's in a rule. */
export function ruleFault(error: CedarError, rule: PolicyRule): Fault {
  const fault = cedarFault(error, rule.source.text, rule.source.start);
  if (error.sourceLocations?.[0] === undefined) fault.place = rule.place;
  // Cedar begins most of its messages, but not all, with this and a mark behind it.
  const prefix = `for policy \`${rule.id}\``;
  const message = error.message.startsWith(prefix)
    ? error.message.slice(prefix.length + 2)
    : error.message;
  return { ...fault, message: `Rule "${rule.id}": ${message}` };
}

function parseRules(
  cedar: Cedar,
  text: PolicyText,
  faults: Fault[],
): PolicyRule[] {
  const parts = cedar.policySetTextToParts(text.text);
  if (parts.type === "failure") {
    for (const error of parts.errors) faults.push(cedarFault(error, text));
    return [];
  }
  const starts = new Map(
    [...ruleStarts(text.text)].map(([rule, all]) => [rule, all.values()]),
  );
  const startOf = (part: string) => starts.get(part)?.next().value ?? 0;
  const rules = parts.policies.flatMap((part) =>
    parseRule(cedar, part, { text, start: startOf(part) }, faults) ?? []
  );
  for (const part of parts.policy_templates) {
    faults.push({
      place: text.placeOf(startOf(part)),
      message: "A template stands for no rule by itself, a rule was expected",
    });
  }
  return rules.sort((a, b) => a.source.start - b.source.start);
}

function parseRule(
  cedar: Cedar,
  part: string,
  source: PolicyRule["source"],
  faults: Fault[],
): PolicyRule | null {
  const place = source.text.placeOf(source.start);
  const parsed = cedar.policyToJson(part);
  if (parsed.type === "failure") {
    for (const error of parsed.errors) {
      faults.push(cedarFault(error, source.text, source.start));
    }
    return null;
  }
  const { id, reason } = parsed.json.annotations ?? {};
  if (id === undefined || !RULE_ID.test(id)) {
    faults.push({
      place,
      message: id === undefined
        ? "A rule has no @id, one was expected"
        : `The @id ${
          quoted(id)
        } is none: up to 80 letters, digits, ".", "_", ":" and "-" were expected`,
      hint: 'write @id("a-name") before the rule; decisions name it by that',
    });
    return null;
  }
  return {
    id,
    effect: parsed.json.effect,
    reason: reason ?? "",
    text: part,
    json: parsed.json,
    place,
    source,
  };
}

function refuseDoubles(rules: readonly PolicyRule[], faults: Fault[]): void {
  const first = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const other = first.get(rule.id);
    if (other === undefined) first.set(rule.id, rule);
    else {
      faults.push({
        place: rule.place,
        message:
          `The @id "${rule.id}" is taken by the rule at ${other.place.file}:${other.place.line}`,
      });
    }
  }
}

function onlySchema(
  policy: PolicySet,
  names: readonly string[],
  faults: Fault[],
): ParsedPolicy["schema"] {
  const schemas = names.filter((name) => name.endsWith(".cedarschema"));
  if (schemas.length === 1) {
    return { file: schemas[0], text: policy.files[schemas[0]] };
  }
  faults.push({
    message: schemas.length === 0
      ? 'There is no ".cedarschema" file, one was expected'
      : `There are ${schemas.length} ".cedarschema" files (${
        schemas.map((name) => quoted(name)).join(", ")
      }), one was expected`,
    hint:
      'without a schema a misspelt rule is silent; "policies/writ.cedarschema" of Writ is the one to have',
  });
  return null;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
