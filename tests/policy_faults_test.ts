/**
 * What is no policy: every fault by its place, and nothing that Cedar would pass over.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { digestOf } from "../src/core/digest.ts";
import { decide } from "../src/policy/decide.ts";
import { DEFAULT_POLICY } from "../src/policy/default_policy.ts";
import { mayApprove } from "../src/policy/may_approve.ts";
import { policyDigest, type PolicySet } from "../src/policy/policy_set.ts";
import { validatePolicy } from "../src/policy/validate.ts";
import { factsOf, planOf } from "./support/plans.ts";
import { PERMIT, refused, rules, SCHEMA } from "./support/policies.ts";

const TRUST = digestOf("trust");

const FAULTY: [
  sentence: string,
  policy: PolicySet,
  words: RegExp,
  line: number | undefined,
][] = [
  [
    "without a schema",
    { files: { "a.cedar": PERMIT } },
    /cedarschema/,
    undefined,
  ],
  [
    "with two schemas",
    {
      files: {
        "a.cedar": PERMIT,
        "a.cedarschema": SCHEMA,
        "b.cedarschema": SCHEMA,
      },
    },
    /2 "\.cedarschema" files/,
    undefined,
  ],
  [
    "with a byte order mark",
    rules(`\uFEFF${PERMIT}`),
    /byte order mark/,
    1,
  ],
  [
    "with a schema that does not parse",
    {
      files: { "a.cedar": PERMIT, "a.cedarschema": "entity A;\nentity entity" },
    },
    /parse schema/,
    2,
  ],
  [
    "with another schema than Writ's",
    {
      files: {
        "a.cedar": PERMIT,
        "a.cedarschema": SCHEMA.replace("network: Bool", "network: String"),
      },
    },
    /schema does not hold/,
    undefined,
  ],
  [
    "with a schema that lacks an action",
    {
      files: {
        "a.cedar": PERMIT,
        "a.cedarschema": SCHEMA.replace("action approve", "action agree"),
      },
    },
    /"approve"/,
    undefined,
  ],
  [
    "with rules that do not parse",
    rules("", "permit(principal"),
    /token|end/,
    2,
  ],
  [
    "with a rule without an id",
    rules(PERMIT, "permit(principal, action, resource);"),
    /no @id/,
    2,
  ],
  [
    "with an id that shows nothing",
    rules(`@id("a\\u{202e}") permit(principal, action, resource);`),
    /is none/,
    1,
  ],
  [
    "with one id twice",
    rules(PERMIT, PERMIT),
    /taken by the rule at rules.cedar:1/,
    2,
  ],
  [
    "with a template",
    rules(
      PERMIT,
      `@id("t") permit(principal == ?principal, action, resource);`,
    ),
    /template/,
    2,
  ],
  [
    "with an unknown action",
    rules(
      PERMIT,
      `@id("b") forbid(principal, action == Action::"runs", resource);`,
    ),
    /"b".*runs/,
    2,
  ],
  [
    "with an unknown attribute",
    rules(
      PERMIT,
      `@id("b") forbid(principal, action, resource) when { resource.netwrok };`,
    ),
    /"b"/,
    2,
  ],
  [
    "with an unknown value of an enumeration",
    rules(
      PERMIT,
      `@id("b") forbid(principal, action == Action::"run", resource) when { principal.kind == Kind::"robot" };`,
    ),
    /robot/,
    2,
  ],
  [
    "with a text where an enumeration belongs",
    rules(
      PERMIT,
      `@id("b") forbid(principal, action == Action::"run", resource) when { principal.kind == "agent" };`,
    ),
    /not compatible/,
    2,
  ],
  [
    "with an unknown entity type",
    rules(PERMIT, `@id("b") forbid(principal is Robot, action, resource);`),
    /Robot/,
    2,
  ],
  [
    "with a rule that can never apply",
    rules(
      PERMIT,
      `@id("b") forbid(principal, action == Action::"run", resource) when { false };`,
    ),
    /impossible/,
    2,
  ],
  [
    "with a text that hides its direction",
    rules(
      PERMIT,
      `@id("b") forbid(principal, action == Action::"run", resource) when { resource.name == "a\u202eb" };`,
    ),
    /BIDI/,
    2,
  ],
  [
    "with a file that is no policy",
    {
      files: {
        "writ.cedarschema": SCHEMA,
        "a.cedar": PERMIT,
        "../b.cedar": PERMIT,
      },
    },
    /file name/,
    undefined,
  ],
];

for (const [sentence, policy, words, line] of FAULTY) {
  Deno.test(`a policy ${sentence} is refused by its place`, async () => {
    const faults = await validatePolicy(policy);
    assert(faults.length > 0);
    assert(words.test(faults[0].message), faults[0].message);
    assertEquals(faults[0].place?.line, line);
    const error = await refused("policy.invalid", async () => {
      await decide(planOf({}), policy, TRUST, factsOf());
      await mayApprove(planOf({}), policy, factsOf(), {
        id: "k",
        owner: "Ana",
        kind: "human",
      });
    });
    assertEquals(error.faults[0].message.length > 0, true);
  });
}

Deno.test("the default policy and the control of these tests have no fault", async () => {
  assertEquals(await validatePolicy(DEFAULT_POLICY), []);
  assertEquals(await validatePolicy(rules(PERMIT)), []);
});

Deno.test("all faults are found at once", async () => {
  const faults = await validatePolicy(
    rules("permit(principal, action, resource);", PERMIT, PERMIT),
  );
  assertEquals(faults.map(({ place }) => place?.line), [1, 3]);
});

Deno.test("a place counts characters, also behind some of several bytes", async () => {
  const faults = await validatePolicy(
    rules(`// größer\n${PERMIT.replace("all", "é")} permit(principal`),
  );
  assertEquals(faults[0].place?.line, 2);
  const named = PERMIT.replace("permit", '@reason("größer") permit');
  const [fault] = await validatePolicy(
    rules(`${named} permit(principal, action, resource);`),
  );
  assertEquals(fault.place, {
    file: "rules.cedar",
    line: 1,
    column: named.length + 2,
  });
});

Deno.test("a policy without rules is missing", async () => {
  const policy = { files: { "writ.cedarschema": SCHEMA } };
  await refused(
    "policy.missing",
    () => decide(planOf({}), policy, TRUST, factsOf()),
  );
});

// Cedar leaves out a rule that fails while it is evaluated, and allows.
const ERRING = rules(
  PERMIT,
  `@id("long") forbid(principal, action == Action::"run", resource)
when { resource.retries * 9223372036854775807 > 1 };`,
);

Deno.test("a forbid that fails while it is evaluated is refused, not skipped", async () => {
  assertEquals(await validatePolicy(ERRING), []);
  const error = await refused(
    "policy.invalid",
    () => decide(planOf({ retries: 3 }), ERRING, TRUST, factsOf()),
  );
  assertEquals(error.place, { file: "rules.cedar", line: 3, column: 8 });
});

Deno.test("the same forbid without the overflow answers", async () => {
  const decision = await decide(planOf({}), ERRING, TRUST, factsOf());
  assertEquals(decision.outcomes[0].outcome, "allow");
});

Deno.test("a policy said to be checked is still refused when it fails", async () => {
  const { policy } = await decide(planOf({}), ERRING, TRUST, factsOf());
  await refused(
    "policy.invalid",
    () =>
      decide(planOf({ retries: 3 }), ERRING, TRUST, factsOf(), {
        validated: policy,
      }),
  );
});

Deno.test("a policy whose types were left unchecked once is checked when nobody vouches for it", async () => {
  const typo = rules(
    PERMIT,
    `@id("b") forbid(principal, action == Action::"runs", resource);`,
  );
  const plan = planOf({});
  const { policy } = await decide(plan, rules(PERMIT), TRUST, factsOf());
  await refused(
    "policy.invalid",
    () => decide(plan, typo, TRUST, factsOf(), { validated: policy }),
  );
  const vouched = { validated: policyDigest(typo) };
  await decide(plan, typo, TRUST, factsOf(), vouched);
  await refused("policy.invalid", () => decide(plan, typo, TRUST, factsOf()));
});
