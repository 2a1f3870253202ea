/**
 * Policy: what the default answers, what a policy must be, what a decision is.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { digestOf, EMPTY_DIGEST } from "../src/core/digest.ts";
import { decide } from "../src/policy/decide.ts";
import {
  decisionDigest,
  DecisionSchema,
  type Facts,
  type Verdict,
} from "../src/policy/decision.ts";
import { DEFAULT_POLICY } from "../src/policy/default_policy.ts";
import { explain } from "../src/policy/explain.ts";
import { mayApprove } from "../src/policy/may_approve.ts";
import { factsOf, planOf, type StepOptions } from "./support/plans.ts";
import { PERMIT, rules } from "./support/policies.ts";

const TRUST = digestOf("trust");
const agent = factsOf({
  requester: { kind: "agent", id: "bot", key: null },
});

const DEFAULTS: [
  sentence: string,
  step: StepOptions,
  facts: Facts,
  outcome: Verdict,
  by: string[],
][] = [
  ["a step that touches nothing may run alone", {}, factsOf(), "allow", [
    "run-in-sandbox",
    "unattended",
  ]],
  [
    "a step that reads and writes its own paths may run alone",
    { permissions: { read: ["src"], write: ["dist"] } },
    factsOf(),
    "allow",
    ["run-in-sandbox", "unattended"],
  ],
  [
    "a step of a deno subcommand may run alone",
    { kind: "deno", argv: ["test"], permissions: { sys: true } },
    factsOf(),
    "allow",
    ["run-in-sandbox", "unattended"],
  ],
  [
    "a private loopback is no network",
    { permissions: { net: ["localhost", "localhost:8080"] } },
    factsOf(),
    "allow",
    ["run-in-sandbox", "unattended"],
  ],
  [
    "a private loopback is no network by its addresses either",
    { permissions: { net: ["127.0.0.1:8080", "[::1]", "127.0.0.1"] } },
    factsOf(),
    "allow",
    ["run-in-sandbox", "unattended"],
  ],
  [
    "another address of the machine's own is a network",
    { permissions: { net: ["127.0.0.2:8080"] } },
    factsOf(),
    "review",
    ["run-in-sandbox", "uses-network"],
  ],
  ["an agent's step waits", {}, agent, "review", ["run-in-sandbox"]],
  [
    "a system's step may run alone",
    {},
    factsOf({
      requester: { kind: "system", id: "timer", key: null },
    }),
    "allow",
    ["run-in-sandbox", "unattended"],
  ],
  [
    "a write of package.json waits",
    { permissions: { write: ["packages/a/package.json"] } },
    factsOf(),
    "review",
    ["run-in-sandbox", "writes-what-tools-execute"],
  ],
  [
    "a product that tools execute waits, even if it is not under write",
    { products: [{ path: "Makefile", starts: "absent" }] },
    factsOf(),
    "review",
    ["run-in-sandbox", "writes-what-tools-execute"],
  ],
  [
    "the whole network waits",
    { permissions: { net: true } },
    factsOf(),
    "review",
    ["run-in-sandbox", "uses-network"],
  ],
  [
    "one host waits",
    { permissions: { net: ["example.com:443"] } },
    factsOf(),
    "review",
    ["run-in-sandbox", "uses-network"],
  ],
  [
    "a host beside a loopback waits",
    { permissions: { net: ["localhost", "10.0.0.1"] } },
    factsOf(),
    "review",
    ["run-in-sandbox", "uses-network"],
  ],
  [
    "a step that fetches packages waits, and is told apart",
    { fetch: "npm", permissions: { net: ["example.com:443"] } },
    factsOf(),
    "review",
    ["fetches", "run-in-sandbox"],
  ],
  [
    "a step that is given what was fetched may run alone",
    { fetched: [{ cache: "npm", tree: EMPTY_DIGEST }] },
    factsOf(),
    "allow",
    ["run-in-sandbox", "unattended"],
  ],
  [
    "a secret waits",
    { env: { TOKEN: { secret: "NPM_TOKEN" } } },
    factsOf(),
    "review",
    ["run-in-sandbox", "uses-secrets"],
  ],
  [
    "a value of the requester's environment waits",
    { env: { CI: "1" }, bound: ["CI"] },
    factsOf(),
    "review",
    ["binds-environment", "run-in-sandbox"],
  ],
  [
    "native libraries wait",
    { kind: "deno", argv: ["run"], permissions: { ffi: ["lib.so"] } },
    factsOf(),
    "review",
    ["loads-libraries", "run-in-sandbox"],
  ],
  [
    "programs of a deno step wait",
    { kind: "deno", argv: ["run"], permissions: { run: ["git"] } },
    factsOf(),
    "review",
    ["run-in-sandbox", "starts-programs"],
  ],
  [
    "further programs of a native step do not wait",
    { permissions: { run: ["git"] } },
    factsOf(),
    "allow",
    ["run-in-sandbox", "unattended"],
  ],
];

const UNVOUCHED = {
  files: { ...DEFAULT_POLICY.files, "more.cedar": "// no more rules\n" },
};

for (const [sentence, step, facts, outcome, by] of DEFAULTS) {
  Deno.test(`by default, ${sentence}`, async () => {
    const decision = await decide(planOf(step), DEFAULT_POLICY, TRUST, facts);
    const [first] = decision.outcomes;
    assertEquals(first.outcome, outcome);
    assertEquals(first.rules.map(({ id }) => id).sort(), by);
    assert(first.rules.every(({ reason }) => reason !== ""));
    // The default policy is asked without its schema; any other is held to it.
    const checked = await decide(planOf(step), UNVOUCHED, TRUST, facts);
    assertEquals(checked.outcomes, decision.outcomes);
  });
}

const EXPLICIT = `${PERMIT}
@id("no-git") @reason("Not here")
forbid(principal, action == Action::"run", resource)
when { resource.executable.name == "git" };`;

Deno.test("a step that policy forbids is denied, and the others are not", async () => {
  const git = { name: "git", digest: digestOf("git"), tier: "system" as const };
  const plan = planOf({ id: "a" }, { id: "b", executable: git });
  const decision = await decide(plan, rules(EXPLICIT), TRUST, factsOf());
  assertEquals(decision.outcomes.map(({ outcome }) => outcome), [
    "allow",
    "deny",
  ]);
  assertEquals(decision.outcomes[1].rules, [{
    id: "no-git",
    question: "run",
    effect: "forbid",
    reason: "Not here",
  }]);
});

Deno.test("what no rule permits is denied", async () => {
  const none = rules(
    `@id("x") permit(principal, action == Action::"approve", resource);`,
  );
  const decision = await decide(planOf({}), none, TRUST, factsOf());
  assertEquals(decision.outcomes[0].outcome, "deny");
  assertEquals(decision.outcomes[0].rules, []);
});

Deno.test("a decision has the form of one, and names what it was made from", async () => {
  const decision = await decide(planOf({}), DEFAULT_POLICY, TRUST, agent);
  assertEquals(DecisionSchema.parse(decision), decision);
  assertEquals(decision.trust, TRUST);
  assertEquals(decision.outcomes[0].obligations, [
    'An agent asks for it: "bot", by a name that nothing proves',
  ]);
});

Deno.test("a rule that names a step answers for that step alone", async () => {
  for (
    const condition of [
      `resource) when { resource.name == "b" }`,
      `resource) when { resource == Step::"b" }`,
      `resource) when { [Step::"b"].contains(resource) }`,
      `resource == Step::"b")`,
    ]
  ) {
    const policy = rules(
      PERMIT,
      `@id("b") forbid(principal, action == Action::"run", ${condition};`,
    );
    const plan = planOf({ id: "a" }, { id: "b" }, { id: "c" });
    const decision = await decide(plan, policy, TRUST, factsOf());
    assertEquals(decision.outcomes.map(({ outcome }) => outcome), [
      "allow",
      "deny",
      "allow",
    ]);
  }
});

Deno.test("a list of allowed hosts does not hold for every host", async () => {
  const policy = rules(
    `@id("r") permit(principal, action == Action::"run", resource);`,
    `@id("u") permit(principal, action == Action::"runUnattended", resource)
when { ["example.com"].containsAll(resource.hosts) };`,
  );
  const outcome = async (net: boolean | string[]) =>
    (await decide(planOf({ permissions: { net } }), policy, TRUST, factsOf()))
      .outcomes[0].outcome;
  assertEquals(await outcome(["example.com"]), "allow");
  assertEquals(await outcome(true), "review");
  assertEquals(await outcome(["example.com", "example.org"]), "review");
});

Deno.test("a rule may leave the network to steps that fetch, of some caches", async () => {
  const policy = rules(
    PERMIT,
    `@id("n") forbid(principal, action == Action::"run", resource)
when { resource.network && resource.fetches.isEmpty() };`,
    `@id("c") forbid(principal, action == Action::"run", resource)
unless { [Cache::"npm", Cache::"deno"].containsAll(resource.fetches) &&
  [Cache::"npm", Cache::"deno"].containsAll(resource.fetched) };`,
  );
  const net = { permissions: { net: true } };
  const plan = planOf(
    { id: "upload", ...net },
    { id: "npm", fetch: "npm", ...net },
    { id: "pip", fetch: "pip", ...net },
    { id: "use", fetched: [{ cache: "npm", from: "npm" }] },
    { id: "not", fetched: [{ cache: "pip", from: "pip" }] },
  );
  const { outcomes } = await decide(plan, policy, TRUST, factsOf());
  assertEquals(outcomes.map(({ outcome }) => outcome), [
    "deny",
    "allow",
    "deny",
    "allow",
    "deny",
  ]);
});

Deno.test("two policies that are asked in turn do not mix", async () => {
  const none = rules(
    `@id("x") permit(principal, action == Action::"approve", resource);`,
  );
  const plans = Array.from({ length: 6 }, () => planOf({}));
  const decisions = await Promise.all(
    plans.map((plan, index) =>
      decide(plan, index % 2 ? none : rules(PERMIT), TRUST, factsOf())
    ),
  );
  assertEquals(
    decisions.map(({ outcomes }) => outcomes[0].outcome),
    ["allow", "deny", "allow", "deny", "allow", "deny"],
  );
});

const anyStep: fc.Arbitrary<StepOptions> = fc.record({
  kind: fc.constantFrom("run" as const, "deno" as const),
  retries: fc.nat(3),
  bound: fc.subarray(["CI", "HOME"]),
  permissions: fc.record({
    read: fc.subarray(["src", "deno.json"]),
    write: fc.subarray(["dist", "package.json", ".github/workflows"]),
    net: fc.oneof(fc.boolean(), fc.subarray(["localhost", "example.com"])),
    run: fc.subarray(["git"]),
    ffi: fc.boolean(),
  }),
});

Deno.test("the same inputs give the same decision, alone and among others", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyStep, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(factsOf(), agent),
      async (steps, facts) => {
        const named = steps.map((step, index) => ({
          ...step,
          id: `s${index}`,
        }));
        const one = await decide(
          planOf(...named),
          DEFAULT_POLICY,
          TRUST,
          facts,
        );
        const two = await decide(
          planOf(...named),
          DEFAULT_POLICY,
          TRUST,
          facts,
        );
        assertEquals(decisionDigest(one), decisionDigest(two));
        // Equal facts are asked once; each step asked by itself must say the same.
        for (const [index, step] of named.entries()) {
          const alone = await decide(
            planOf(step),
            DEFAULT_POLICY,
            TRUST,
            facts,
          );
          assertEquals(alone.outcomes[0], one.outcomes[index]);
        }
      },
    ),
    { numRuns: 40 },
  );
});

const APPROVERS: [kind: "human" | "agent" | "system", refused: string[]][] = [
  ["human", []],
  ["agent", ["a", "b"]],
  ["system", ["a", "b"]],
];

for (const [kind, expected] of APPROVERS) {
  Deno.test(`by default, a key of kind ${kind} ${expected.length ? "approves nothing" : "approves"}`, async () => {
    const plan = planOf({ id: "a" }, { id: "b" });
    const approver = { id: "k", owner: "Ana", kind };
    assertEquals(
      await mayApprove(plan, DEFAULT_POLICY, factsOf(), approver),
      expected,
    );
  });
}

Deno.test("approval can be left to some, step by step", async () => {
  const policy = rules(
    PERMIT,
    `@id("team") forbid(principal, action == Action::"approve", resource)
when { resource.name == "publish" } unless { principal.owner == "Li" };`,
  );
  const plan = planOf({ id: "test" }, { id: "publish" });
  const ask = (owner: string) =>
    mayApprove(plan, policy, factsOf(), { id: "k", owner, kind: "human" });
  assertEquals(await ask("Li"), []);
  assertEquals(await ask("Ana"), ["publish"]);
});

Deno.test("an explanation names the rule, the value and who may help", async () => {
  const plan = planOf(
    { id: "net", permissions: { net: ["example.com"] } },
    { id: "fine" },
  );
  const decision = await decide(plan, DEFAULT_POLICY, TRUST, factsOf());
  const [net, fine] = explain(decision, plan);
  assertEquals(net.outcome, "review");
  assert(net.rules[0].startsWith("uses-network: "));
  assertEquals(net.values, ['It reaches the network: "example.com"']);
  assert(net.help !== null);
  assertEquals(fine.help, null);
  assert(fine.rules[0].startsWith("unattended: "));
});

Deno.test("an explanation says so where no rule permits", async () => {
  const plan = planOf({});
  const decision = await decide(plan, DEFAULT_POLICY, TRUST, agent);
  assertEquals(explain(decision, plan)[0].rules, [
    "No rule permits it to run without an approval",
  ]);
});
