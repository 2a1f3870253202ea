/**
 * verify on runs whose steps fetch packages and are given what was fetched.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { digestOf } from "../src/core/digest.ts";
import type { ReceiptBodies } from "../src/ledger/receipt.ts";
import type { Plan, PlanStep } from "../src/plan/plan.ts";
import type { HostFacts } from "../src/sandbox/confinement.ts";
import { HostFactsSchema } from "../src/verify/host_facts.ts";
import { verifyBundle } from "../src/verify/verify.ts";
import { asBundle, bundleFiles, type Changes } from "./verify_fixtures.ts";
import {
  editBody,
  LIST,
  PACK,
  READER,
  type Row,
  testRows,
  withStep,
} from "./verify_rows.ts";
import { NPM, PIPELINE, type StepDraft } from "./verify_story.ts";

/** `pack` fetches, `list` is given what it fetched. */
const FETCHING = PIPELINE
  .replace(
    '"permissions": { "read": ["src"], "write": ["dist"] }',
    '"fetch": "npm", "permissions": { "read": ["src"], "net": true }',
  )
  .replace('"permissions": { "read": ["dist"] }', '"fetched": ["npm"]');

const fetching = (given: Partial<PlanStep> = {}) => (plan: Plan): Plan =>
  withStep("list", {
    materials: [],
    permissions: { ...LIST.permissions, read: [] },
    fetched: [{ cache: "npm", from: "pack" }],
    ...given,
  })(
    withStep("pack", {
      fetch: "npm",
      products: [],
      permissions: { ...PACK.permissions, write: [], net: true },
    })(plan),
  );

const GOOD: Changes = { pipeline: FETCHING, plan: fetching() };

/** The same, of a cache that an earlier run fetched. */
const KEPT: Changes = {
  pipeline: FETCHING.replace(
    '["npm"]',
    `[{ "cache": "npm", "tree": "${NPM.tree}" }]`,
  ),
  plan: fetching({ fetched: [{ cache: "npm", tree: NPM.tree }] }),
};

for (
  const [name, changes] of [["this run", GOOD], [
    "an earlier run",
    KEPT,
  ]] as const
) {
  Deno.test(`verified: a step was given what ${name} fetched`, async () => {
    const report = await verifyBundle(
      asBundle(await bundleFiles(changes)),
      READER,
    );
    assertEquals(
      report.verdict,
      "verified",
      JSON.stringify(
        report.invariants.filter(({ verdict }) => verdict !== "PASS"),
        null,
        1,
      ),
    );
  });
}

const finish = (
  step: string,
  change: Parameters<typeof editBody<"step.finished">>[2],
): (drafts: StepDraft[]) => StepDraft[] =>
  editBody("step.finished", step, change);

const another = { ...NPM, tree: digestOf("another") };

const ROWS: Row[] = [
  [
    "a step was given another cache than was fetched",
    {
      ...GOOD,
      steps: finish("list", (body) => void (body.fetched = [another])),
    },
    "fetched.differ",
    "steps.fetched",
  ],
  [
    "a step was given another cache than the plan names",
    {
      ...KEPT,
      steps: finish("list", (body) => void (body.fetched = [another])),
    },
    "fetched.differ",
    "steps.fetched",
  ],
  [
    "a step fetched another cache than was given",
    { ...GOOD, steps: finish("pack", (body) => void (body.fetch = another)) },
    "fetched.differ",
    "steps.fetched",
  ],
  [
    "a step did not record the cache that it was given",
    { ...GOOD, steps: finish("list", (body) => void (body.fetched = [])) },
    "fetched.missing",
    "steps.fetched",
  ],
  [
    "a step was given a cache that the plan does not have",
    { steps: finish("list", (body) => void (body.fetched = [NPM])) },
    "fetched.undeclared",
    "steps.fetched",
  ],
  [
    "a step was given a cache twice",
    {
      ...GOOD,
      steps: finish("list", (body) => void (body.fetched = [NPM, NPM])),
    },
    "fetched.undeclared",
    "steps.fetched",
  ],
  [
    "a step that fetches is ok without its cache",
    { ...KEPT, steps: finish("pack", (body) => void (body.fetch = null)) },
    "fetched.missing",
    "steps.fetched",
  ],
  [
    "a step fetched what the plan does not have it fetch",
    { steps: finish("check", (body) => void (body.fetch = NPM)) },
    "fetched.undeclared",
    "steps.fetched",
  ],
  [
    "a step fetched another kind than the plan says",
    {
      ...KEPT,
      steps: finish(
        "pack",
        (body) => void (body.fetch = { ...NPM, cache: "pip" }),
      ),
    },
    "fetched.undeclared",
    "steps.fetched",
  ],
  [
    "the plan takes a cache from a step that does not fetch it",
    { ...GOOD, plan: fetching({ fetched: [{ cache: "npm", from: "check" }] }) },
    "plan.material_from",
    "plan.digests",
    "pipeline.plan",
    "steps.fetched",
  ],
  [
    "the plan names a cache that the pipeline does not",
    {
      ...GOOD,
      plan: fetching({ fetched: [{ cache: "npm", tree: NPM.tree }] }),
    },
    "pipeline.differs",
    "pipeline.plan",
  ],
  [
    "the plan gives a cache that the pipeline does not",
    { plan: withStep("list", { fetched: [{ cache: "npm", tree: NPM.tree }] }) },
    "pipeline.differs",
    "pipeline.plan",
  ],
  [
    "the plan has a step fetch that the pipeline does not",
    {
      ...GOOD,
      pipeline: FETCHING.replace('"fetch": "npm", ', "").replace(
        '"fetched": ["npm"]',
        '"env": {}',
      ),
      plan: (plan) => withStep("list", { fetched: [] })(fetching()(plan)),
    },
    "pipeline.differs",
    "pipeline.plan",
  ],
];
testRows(ROWS);

/** Changes the facts of a start, and what follows from them. */
const startedWith = (
  step: PlanStep,
  change: (host: HostFacts) => HostFacts,
) =>
(drafts: StepDraft[]): StepDraft[] =>
  drafts.map((draft) => {
    if (draft.type !== "step.started" || draft.body.step !== step.id) {
      return draft;
    }
    const body = draft.body as ReceiptBodies["step.started"];
    const host = change(HostFactsSchema.parse(body.host));
    return { ...draft, body: { ...body, host: { ...host } } } as StepDraft;
  });

testRows([
  [
    "a step saw a cache that the plan does not give",
    {
      steps: startedWith(LIST, (host) => ({
        ...host,
        caches: [{ cache: "npm", folder: "/var/lib/npm" }],
      })),
    },
    "confinement.refused",
    "steps.confinement",
  ],
  [
    "a step saw another folder as its cache than it was started with",
    {
      ...GOOD,
      steps: startedWith(LIST, (host) => ({
        ...host,
        caches: [{ cache: "npm", folder: "/var/lib/npm" }],
      })),
    },
    "confinement.argv",
    "steps.confinement",
  ],
  [
    "a step was given a cache to write to",
    {
      ...GOOD,
      steps: editBody("step.started", "list", (body) => {
        const at = body.argv.indexOf("/cache/npm");
        body.argv[at - 2] = "--bind";
      }),
    },
    "confinement.argv",
    "steps.confinement",
  ],
]);

Deno.test("a report names what was fetched", async () => {
  const { subjects } = await verifyBundle(
    asBundle(await bundleFiles(GOOD)),
    READER,
  );
  assertEquals(subjects.fetched, [
    { step: "pack", cache: "npm", tree: NPM.tree },
  ]);
});
