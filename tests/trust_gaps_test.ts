/**
 * What a trust makes impossible, and that whoever meets it is told: by the dry run, by
 * `policy explain`, `doctor`, `trust accept` and `execute` alike.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Digest, digestOf } from "../src/core/digest.ts";
import { DEFAULT_POLICY } from "../src/policy/default_policy.ts";
import { policyDigest } from "../src/policy/policy_set.ts";
import { type TrustGap, trustGaps } from "../src/ticket/trust_gaps.ts";
import type { Trust } from "../src/ticket/trust.ts";
import { writHere } from "./support/in_process.ts";
import { signer, trustedKey, trustOf } from "./support/tickets.ts";
import { codeOf, refused, TRUST, World } from "./support/world.ts";

const AT = "2026-01-14T12:00:00.000Z";
const POLICY = policyDigest(DEFAULT_POLICY);
const runner = trustedKey("runner", {
  kind: "system",
  roles: ["runner", "policy"],
});
const ledger = trustedKey("mo", { kind: "system", roles: ["ledger"] });

/** A trust that lacks nothing: one approver of two keys, another, a runner, a ledger. */
const whole: Trust = {
  ...trustOf(),
  keys: [
    trustedKey("ana"),
    trustedKey("ana2", { owner: "ana" }),
    trustedKey("li"),
    runner,
    ledger,
  ],
  quorum: 2,
  policies: [POLICY],
};

const changed = (
  id: Digest,
  change: Partial<Trust["keys"][number]>,
): Partial<Trust> => ({
  keys: whole.keys.map((key) => key.id === id ? { ...key, ...change } : key),
});

const GAPS: [
  sentence: string,
  trust: Partial<Trust>,
  about: TrustGap["about"][],
][] = [
  ["a whole trust has none", {}, []],
  ["more approvers than owners of their keys", { quorum: 3 }, ["approvers"]],
  [
    "an approver whose key is revoked",
    changed(signer("li").id, { revokedAt: "2026-01-02T00:00:00.000Z" }),
    ["approvers"],
  ],
  [
    "an approver whose key is not yet in force",
    changed(signer("li").id, { notBefore: "2026-02-02T00:00:00.000Z" }),
    ["approvers"],
  ],
  [
    "two approvers who are one person",
    changed(signer("li").id, { owner: "ANA/laptop" }),
    ["approvers"],
  ],
  ["witnesses that nobody is", { witnesses: 1 }, ["witnesses"]],
  [
    "a witness who is somebody else",
    {
      witnesses: 1,
      ...changed(signer("li").id, { roles: ["approver", "witness"] }),
    },
    [],
  ],
  [
    "a witness of their own ledger",
    {
      witnesses: 1,
      ...changed(signer("li").id, {
        owner: "mo/laptop",
        roles: ["approver", "witness"],
      }),
    },
    ["witnesses"],
  ],
  ["no keys at all", { keys: [] }, ["approvers", "runner", "ledger"]],
  [
    "another runner",
    { keys: whole.keys.filter((key) => key !== runner) },
    ["runner"],
  ],
  [
    "another ledger",
    { keys: whole.keys.filter((key) => key !== ledger) },
    ["ledger"],
  ],
  ["a policy that is not listed", { policies: [] }, ["unattended"]],
  [
    "a policy that is listed, of another text",
    { policies: [digestOf("another")] },
    ["unattended"],
  ],
  [
    "a runner that may not sign for policy",
    changed(runner.id, { roles: ["runner"] }),
    ["unattended"],
  ],
];

for (const [sentence, trust, about] of GAPS) {
  Deno.test(`told of a trust: ${sentence}`, () => {
    const gaps = trustGaps({
      trust: { ...whole, ...trust },
      policy: POLICY,
      own: { runner: runner.id, ledger: ledger.id },
      at: AT,
    });
    assertEquals(gaps.map((gap) => gap.about), about);
  });
}

const LISTS =
  "writ trust add --policy lists it, writ trust accept puts that in force";

Deno.test("a policy that changed by a comment waits for people, all say so, and one command lists it", async () => {
  await using world = await World.make({
    unattended: true,
    steps: { hi: { run: ["echo", "hi"] } },
  });
  const here = { cwd: world.workspace, home: world.ann.home };
  const before = await world.must(["run", "pipeline.json"]);
  assertStringIncludes(before.stdout, "Next: writ execute pipeline.json\n");
  assert(!before.stdout.includes("Waits for an approval"));

  const text = world.text("policies/default.cedar");
  world.put({ "policies/default.cedar": `${text}// a comment\n` });
  const accept = await writHere(["trust", "accept", "--yes"], here);
  assertEquals(accept.status, 0, accept.stderr);
  assertStringIncludes(
    accept.stderr,
    "warning: what policy allows waits for an approval, since trust does not list the policy sha256:",
  );
  assertStringIncludes(accept.stderr, LISTS);

  const dry = await world.must(["run", "pipeline.json"]);
  assertStringIncludes(
    dry.stdout,
    "Waits for an approval: trust does not list the policy sha256:",
  );
  assertStringIncludes(dry.stdout, `  help  ${LISTS}\n`);
  assert(dry.stdout.endsWith("Next: writ approve pipeline.json\n"));
  const explained = await writHere(
    ["policy", "explain", "pipeline.json"],
    here,
  );
  assertStringIncludes(explained.stdout, "Waits for an approval: trust does");
  assert(!explained.stdout.includes("It may run without an approval"));
  const doctor = await writHere(["doctor", "--json"], here);
  assertEquals(
    JSON.parse(doctor.stdout).checks.find(({ what }: { what: string }) =>
      what === "unattended"
    ).good,
    null,
  );
  const shown = await writHere(["trust", "show"], here);
  assertStringIncludes(shown.stdout, ", this workspace's\n");
  const execute = await world.execute();
  refused(execute, "ticket.missing");
  assertStringIncludes(
    execute.stderr,
    `hint: writ approve pipeline.json, or ${LISTS}\n`,
  );

  const add = await writHere(["trust", "add", "--policy"], here);
  assertEquals(add.status, 0, add.stderr);
  const again = await writHere(["trust", "add", "--policy"], here);
  assertEquals([again.status, codeOf(again)], [2, "usage.invalid"]);
  // Proposed is not in force.
  refused(await world.execute(), "trust.unpinned");
  const second = await writHere(["trust", "accept", "--yes"], here);
  assert(!second.stderr.includes("warning"), second.stderr);
  const run = await world.execute();
  assertEquals(run.status, 0, run.stderr);
  assertEquals((await world.verify()).status, 0);
});

Deno.test("a policy is taken from the list as a key is, and only the list's own digests", async () => {
  await using world = await World.make({ unattended: true });
  const here = { cwd: world.workspace, home: world.ann.home };
  const { policies }: Trust = JSON.parse(world.text(TRUST)!);
  assertEquals(policies.length, 1);
  const no = await writHere(["trust", "revoke", digestOf("another")], here);
  assertEquals([no.status, codeOf(no)], [2, "reference.unknown"]);
  const yes = await writHere(["trust", "revoke", policies[0]], here);
  assertEquals(yes.status, 0, yes.stderr);
  assertEquals(JSON.parse(world.text(TRUST)!).policies, []);
});

Deno.test("a policy that is not valid is not listed, and goes with no key", async () => {
  await using world = await World.make({ unattended: true });
  const here = { cwd: world.workspace, home: world.ann.home };
  for (const words of [["approver"], ["--role", "policy"], ["--owner", "x"]]) {
    const ended = await writHere(["trust", "add", "--policy", ...words], here);
    assertEquals([ended.status, codeOf(ended)], [2, "usage.invalid"]);
  }
  const none = await writHere(["trust", "add"], here);
  assertEquals([none.status, codeOf(none)], [2, "usage.invalid"]);
  world.put({ "policies/own.cedar": "permit (principal" });
  const ended = await writHere(["trust", "add", "--policy"], here);
  assertEquals([ended.status, codeOf(ended)], [3, "policy.invalid"]);
});

Deno.test("who accepts a trust that nobody can satisfy is warned, and doctor says what is missing", async () => {
  await using world = await World.make({ unattended: true });
  const here = { cwd: world.workspace, home: world.ann.home };
  await world.changeTrust((trust) => ({ ...trust, quorum: 5 }));
  const five = await writHere(["trust", "accept", "--yes"], here);
  assertEquals(five.status, 0, five.stderr);
  assertStringIncludes(
    five.stderr,
    "warning: trust wants 5 approvers and names 1 person whose key is in force as one, so no ticket can be approved\n",
  );
  await world.changeTrust((trust) => ({ ...trust, keys: [], quorum: 1 }));
  const none = await writHere(["trust", "accept", "--yes"], here);
  assertEquals(none.stderr.match(/^warning: .*$/gm)?.length, 3);
  const doctor = await writHere(["doctor", "--json"], here);
  assertEquals(doctor.status, 3, doctor.stderr);
  const { checks } = JSON.parse(doctor.stdout) as {
    checks: { what: string; good: boolean | null }[];
  };
  assertEquals(
    checks.filter(({ good }) => good === false).map(({ what }) => what),
    ["approvers", "runner", "ledger"],
  );
});
