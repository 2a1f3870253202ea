/**
 * A policy made ready to be asked. Everything that is wrong with it, and everything that goes
 * wrong while it answers, is `policy.invalid`: Cedar by itself skips a `forbid` that fails.
 *
 * @module
 */
import type {
  CedarValueJson,
  Context,
  EntityJson,
} from "@cedar-policy/cedar-wasm/nodejs";
import { canonicalText } from "../core/canonical_json.ts";
import type { Digest } from "../core/digest.ts";
import { type Fault, WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { type Cedar, loadCedar } from "./cedar.ts";
import { DEFAULT_POLICY_DIGEST, defaultParsed } from "./default_policy.ts";
import { type Attributes, stepEntity } from "./facts.ts";
import { type Looks, looksAt } from "./looks_at.ts";
import {
  cedarFault,
  parsePolicy,
  type PolicyRule,
  ruleFault,
} from "./parse_policy.ts";
import { PolicyText } from "./policy_text.ts";
import { policyDigest, type PolicySet } from "./policy_set.ts";
import { typeFaults } from "./type_faults.ts";

/** The questions that policy answers: the actions of the schema. */
export type Question = "run" | "runUnattended" | "approve";

/** Yes or no, and the rules that made it so, by `@id`. No rules and no: nothing permits it. */
export interface Answer {
  allowed: boolean;
  rules: PolicyRule[];
}

/** Asks about one step. Equal facts are asked once, by whoever asks the same question of the same principal. */
export type Ask = (step: string, attributes: Attributes) => Answer;

/** A policy that can be asked. */
export interface PreparedPolicy {
  digest: Digest;
  /**
   * The way to ask one question of one principal in one context.
   *
   * @throws {WritError} `policy.invalid`, from the returned function
   */
  asking(question: Question, principal: EntityJson, context: Context): Ask;
}

/**
 * Reads, checks and loads a policy.
 *
 * @param validated digests of policies that `validatePolicy` found without fault: pinned, or
 * embedded and tested. For those the types of rules and questions, which are as
 * they were, are not checked again: that halves the time of a short command
 * @throws {WritError} `policy.missing`, `policy.invalid` with every fault
 */
export async function preparePolicy(
  policy: PolicySet,
  validated: readonly Digest[] = [],
): Promise<PreparedPolicy> {
  const digest = policyDigest(policy);
  if (!Object.keys(policy.files).some((name) => name.endsWith(".cedar"))) {
    throw new WritError(
      "policy.missing",
      'Cannot decide: the policy has no ".cedar" file, one was expected',
      { hint: "deno task setup writes the default policy" },
    );
  }
  const cedar = await loadCedar();
  if (
    latest?.digest === digest && (latest.typed || validated.includes(digest))
  ) {
    return latest.prepared;
  }
  const parsed = digest === DEFAULT_POLICY_DIGEST
    ? defaultParsed()
    : parsePolicy(cedar, policy);
  const faults = [...parsed.faults];
  const typed = !validated.includes(digest);
  if (faults.length === 0 && parsed.schema !== null && typed) {
    faults.push(...typeFaults(cedar, parsed.rules, parsed.schema));
  }
  if (faults.length > 0 || parsed.schema === null) throw invalid(faults);
  const prepared = readied(
    cedar,
    digest,
    parsed.rules,
    typed ? parsed.schema : null,
  );
  latest = { digest, typed, prepared };
  return prepared;
}

/** `policy.invalid` for these faults. */
export function invalid(faults: Fault[]): WritError {
  const [first] = faults;
  const more = faults.length > 1 ? `, and ${faults.length - 1} more` : "";
  return new WritError(
    "policy.invalid",
    `Cannot decide by this policy: ${first.message}${more}`,
    { faults, place: first.place, hint: first.hint },
  );
}

// Cedar keeps what is loaded under a name and has no way to unload it: one name, used again.
const SLOT = "writ";
let loaded: PreparedPolicy | null = null;
let latest:
  | { digest: Digest; typed: boolean; prepared: PreparedPolicy }
  | null = null;

function readied(
  cedar: Cedar,
  digest: Digest,
  rules: readonly PolicyRule[],
  schema: { file: string; text: string } | null,
): PreparedPolicy {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const looks = new Map<Question, Looks>();
  const known = new Map<string, Map<string, Answer>>();
  const load = () => {
    if (loaded === self) return;
    loaded = null;
    if (schema !== null) loadSchema(cedar, schema);
    const staticPolicies = Object.fromEntries(
      rules.map((rule) => [rule.id, rule.text]),
    );
    const kept = cedar.preparsePolicySet(SLOT, { staticPolicies });
    if (kept.type === "failure") {
      throw invalid(kept.errors.map(({ message }) => ({ message })));
    }
    loaded = self;
  };
  const self: PreparedPolicy = {
    digest,
    asking(question, principal, context) {
      const look = looks.get(question) ?? looksAt(rules, question);
      looks.set(question, look);
      const asked = canonicalText([question, principal, context]);
      const answers = known.get(asked) ?? new Map<string, Answer>();
      remember(known, asked, answers);
      return (step, attributes) => {
        const key = canonicalText(seen(look, step, attributes));
        const before = answers.get(key);
        if (before !== undefined) return before;
        load();
        const answer = askCedar(cedar, byId, schema?.file ?? null, {
          question,
          principal,
          context,
          resource: stepEntity(step, attributes),
        });
        answers.set(key, answer);
        return answer;
      };
    },
  };
  load();
  return self;
}

/** How many questions a policy keeps its answers to: all of them about two plans by three approvers each. */
const KEPT = 10;

function remember<T>(known: Map<string, T>, key: string, value: T): void {
  known.delete(key);
  known.set(key, value);
  for (const oldest of known.keys()) {
    if (known.size <= KEPT) return;
    known.delete(oldest);
  }
}

function loadSchema(
  cedar: Cedar,
  schema: { file: string; text: string },
): void {
  const read = cedar.preparseSchema(SLOT, schema.text);
  if (read.type === "failure") {
    const text = new PolicyText(schema.file, schema.text);
    throw invalid(read.errors.map((error) => cedarFault(error, text)));
  }
}

/** What the answer can depend on. */
function seen(look: Looks, step: string, attributes: Attributes): unknown {
  if (look === "everything") return { step, attributes };
  const picked: Record<string, CedarValueJson> = {};
  for (const name of look) {
    if (Object.hasOwn(attributes, name)) picked[name] = attributes[name];
  }
  return picked;
}

function askCedar(
  cedar: Cedar,
  rules: ReadonlyMap<string, PolicyRule>,
  schemaFile: string | null,
  ask: {
    question: Question;
    principal: EntityJson;
    context: Context;
    resource: EntityJson;
  },
): Answer {
  const answer = cedar.statefulIsAuthorized({
    principal: ask.principal.uid,
    action: { type: "Action", id: ask.question },
    resource: ask.resource.uid,
    context: ask.context,
    entities: [ask.principal, ask.resource],
    preparsedPolicySetId: SLOT,
    ...(schemaFile === null
      ? {}
      : { preparsedSchemaName: SLOT, validateRequest: true }),
  });
  if (answer.type === "failure") {
    throw invalid(answer.errors.map(({ message, help }) => ({
      ...(schemaFile === null ? {} : { place: { file: schemaFile } }),
      message:
        `The schema does not hold what Writ asks with "${ask.question}": ${message}`,
      hint: help ??
        'the schema must be "policies/writ.cedarschema" as this version of Writ has it',
    })));
  }
  const { decision, diagnostics } = answer.response;
  if (diagnostics.errors.length > 0) {
    throw invalid(diagnostics.errors.map(({ policyId, error }) => {
      const rule = rules.get(policyId);
      const fault = rule === undefined
        ? { message: error.message }
        : ruleFault(error, rule);
      return {
        ...fault,
        message: `${fault.message} (asked "${ask.question}" about step ${
          quoted(String(ask.resource.attrs.name))
        })`,
      };
    }));
  }
  return {
    allowed: decision === "allow",
    rules: diagnostics.reason.sort().map((id) => named(rules, id)),
  };
}

function named(
  rules: ReadonlyMap<string, PolicyRule>,
  id: string,
): PolicyRule {
  const rule = rules.get(id);
  if (rule === undefined) {
    throw invalid([{
      message: `The policy engine names an unknown rule "${id}"`,
    }]);
  }
  return rule;
}
