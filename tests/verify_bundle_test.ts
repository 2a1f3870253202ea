/**
 * What verify says of a bundle whose folder, pipeline, plan, decision or evidence is not what
 * it must be. One fault each, signed with the right keys.
 *
 * @module
 */
import { BUNDLE_FILES } from "../src/bundle/bundle.ts";
import { digestOf } from "../src/core/digest.ts";
import { rules } from "./support/policies.ts";
import { bundleOf, OTHER_RUN } from "./verify_fixtures.ts";
import {
  altered,
  editBody,
  editJson,
  relisted,
  testRows,
  withStep,
} from "./verify_rows.ts";
import { dropOutput, outputName, PIPELINE } from "./verify_story.ts";

/** What cannot be known without the plan. */
const NEED_PLAN = [
  "pipeline.plan",
  "decision.recomputed",
  "ticket.valid",
  "steps.complete",
  "steps.order",
  "steps.confinement",
  "steps.materials",
  "steps.fetched",
  "claims.bound",
  "steps.cached",
  "outcome.honest",
];

const output = (step: string) => new Map([[step, `output of ${step}\n`]]);

const withLink = async () => ({
  ...await bundleOf(),
  strange: [{ name: "evidence/link", what: "a link" }],
});

testRows([
  [
    "a required file is missing",
    {
      files: (files) => files.delete(BUNDLE_FILES.trust),
    },
    "bundle.file_missing",
    "bundle.complete",
    "decision.recomputed",
    "trust.same",
  ],
  [
    "a listed file is missing",
    altered((files) => files.delete(`policy/writ.cedarschema`)),
    "bundle.file_missing",
    "bundle.complete",
    "decision.recomputed",
    "ticket.valid",
  ],
  [
    "a file is not listed",
    altered((files) => files.set("extra.txt", new Uint8Array())),
    "bundle.file_unlisted",
    "bundle.complete",
  ],
  [
    "a file is listed of which nothing is known",
    relisted((files) => files.set("notes.txt", new Uint8Array([33]))),
    "bundle.file_unvouched",
    "bundle.complete",
  ],
  [
    "a file is longer than listed",
    altered((files) => grow(files, BUNDLE_FILES.pipeline)),
    "bundle.size",
    "bundle.complete",
    "pipeline.plan",
  ],
  [
    "a file is other than listed",
    altered((files) => {
      files.get(BUNDLE_FILES.pipeline)![PIPELINE.indexOf("What")] ^= 0x20;
    }),
    "bundle.digest",
    "bundle.complete",
    "pipeline.plan",
  ],
  [
    "a name leads out of the folder",
    {
      files: (files) => files.set("evidence/../../x", new Uint8Array()),
    },
    "bundle.name",
    "bundle.complete",
  ],
  [
    "a name is absolute",
    {
      files: (files) => files.set("/etc/passwd", new Uint8Array()),
    },
    "bundle.name",
    "bundle.complete",
  ],
  [
    "a name turns the text around",
    {
      files: (files) => files.set("a\u202eb", new Uint8Array()),
    },
    "bundle.name",
    "bundle.complete",
  ],
  ["a link is in the folder", withLink, "bundle.strange", "bundle.complete"],
  [
    "the list is not in order",
    altered((files) =>
      editJson<{ files: unknown[] }>(files, "index", (index) => {
        index.files.reverse();
      })
    ),
    "bundle.order",
    "bundle.complete",
  ],
  [
    "the list lists itself",
    altered((files) =>
      editJson<{ files: unknown[] }>(files, "index", (index) => {
        const [first, ...rest] = index.files;
        const digest = digestOf("itself");
        index.files = [first, { name: "bundle.json", size: 1, digest }, ...rest]
          .sort((a, b) => nameOf(a) < nameOf(b) ? -1 : 1);
      })
    ),
    "bundle.file_unlisted",
    "bundle.complete",
  ],
  [
    "the list is not canonical",
    altered((files) => grow(files, BUNDLE_FILES.index)),
    "part.malformed",
    "bundle.complete",
  ],
  [
    "the list is of another run",
    altered((files) =>
      editJson<{ run: string }>(files, "index", (index) => {
        index.run = OTHER_RUN;
      })
    ),
    "bundle.run",
    "bundle.complete",
    "receipts.chain",
  ],
  [
    "the pipeline has another argument",
    {
      pipeline: PIPELINE.replace(`"-cf"`, `"-czf"`),
    },
    "pipeline.differs",
    "pipeline.plan",
  ],
  [
    "the pipeline has another step",
    {
      pipeline: PIPELINE.replace(`"list":`, `"show":`),
    },
    "pipeline.differs",
    "pipeline.plan",
  ],
  [
    "the pipeline has another name",
    {
      pipeline: PIPELINE.replace(`"release"`, `"nightly"`),
    },
    "pipeline.differs",
    "pipeline.plan",
  ],
  [
    "the pipeline has other permissions",
    {
      pipeline: PIPELINE.replace(`"read": ["dist"]`, `"read": ["dist", "src"]`),
    },
    "pipeline.differs",
    "pipeline.plan",
  ],
  [
    "the pipeline is none",
    { pipeline: "{}" },
    "part.malformed",
    "pipeline.plan",
  ],
  [
    "a step's digest is not its own",
    {
      plan: (plan) => ({
        ...plan,
        steps: plan.steps.map((step) => ({ ...step, digest: digestOf("no") })),
      }),
    },
    "plan.step_digest",
    "plan.digests",
  ],
  [
    "a step needs one that is not there",
    { plan: withStep("list", { needs: ["pack", "nobody"] }) },
    "plan.needs",
    "plan.digests",
    "pipeline.plan",
    "steps.order",
  ],
  [
    "a step reads what no earlier step writes",
    {
      plan: withStep("list", { materials: [{ path: "dist", from: "check" }] }),
    },
    "plan.material_from",
    "plan.digests",
    "steps.materials",
  ],
  [
    "a step comes twice",
    {
      plan: (plan) => ({ ...plan, steps: [...plan.steps, plan.steps[0]] }),
      steps: (drafts) => drafts.slice(0, 7),
    },
    "plan.step_id",
    "plan.digests",
    "pipeline.plan",
  ],
  [
    "the run was opened for another plan",
    {
      receipts: editBody("run.opened", null, (body) => {
        body.plan = digestOf("another");
      }),
    },
    "plan.differs",
    "plan.digests",
  ],
  [
    "the decision is not what policy answers",
    {
      decision: (decision) => ({
        ...decision,
        outcomes: decision.outcomes.map((one) => ({ ...one, rules: [] })),
      }),
    },
    "decision.differs",
    "decision.recomputed",
  ],
  [
    "the run was opened for another decision",
    {
      receipts: editBody("run.opened", null, (body) => {
        body.decision = digestOf("another");
      }),
    },
    "decision.run",
    "decision.recomputed",
    "ledger.entries",
  ],
  [
    "policy denies a step",
    {
      policy: rules(`@id("no") forbid(principal, action, resource);`),
    },
    "policy.denied",
    "ticket.valid",
  ],
  [
    "the plan is not canonical",
    {
      files: (files) => grow(files, BUNDLE_FILES.plan),
    },
    "part.malformed",
    "plan.digests",
    ...NEED_PLAN,
    "expected",
  ],
  [
    "evidence is not there",
    {
      files: (files) => dropOutput(files, "list"),
    },
    "evidence.missing",
    "evidence.true",
  ],
  [
    "evidence is there that no receipt names",
    {
      evidence: output("nobody"),
    },
    "evidence.unreferenced",
    "evidence.true",
  ],
  [
    "evidence has another size than recorded",
    {
      steps: editBody("step.finished", "list", (body) => {
        body.evidence[0].bytes++;
      }),
    },
    "evidence.size",
    "evidence.true",
  ],
  [
    "evidence is other than its name",
    relisted((files) => {
      const name = outputName("list");
      files.set(name, new TextEncoder().encode("OUTPUT of list\n"));
    }),
    "evidence.digest",
    "evidence.true",
  ],
]);

function grow(files: Map<string, Uint8Array>, name: string): void {
  files.set(name, new Uint8Array([...files.get(name)!, 0x20]));
}

function nameOf(listed: unknown): string {
  return (listed as { name: string }).name;
}
