/**
 * What verify says of steps that were not held, did not read or write what the plan says, or
 * ended otherwise than the outcome says. One fault each, signed with the right keys.
 *
 * @module
 */
import { digestOf } from "../src/core/digest.ts";
import {
  editBody,
  editJson,
  LIST,
  outcome,
  PACK,
  relisted,
  testRows,
  without,
  withStep,
} from "./verify_rows.ts";
import {
  DIST,
  finished,
  hostOf,
  LANDLOCK,
  PIPELINE,
  started,
} from "./verify_story.ts";

testRows([
  [
    "a step that no sandbox can hold was started",
    relisted((files) =>
      editJson(
        files,
        "plan",
        withStep("check", { argv: ["check", "--allow-all", "src/main.ts"] }),
      )
    ),
    "confinement.refused",
    "steps.confinement",
    "pipeline.plan",
    "plan.digests",
    "decision.recomputed",
    "ticket.valid",
  ],
  [
    "a step was started twice, and ended once",
    {
      steps: (drafts) =>
        drafts.flatMap((draft) =>
          draft.type === "step.finished" && draft.body.step === "pack"
            ? [
              ...editBody("step.started", "pack", (body) => {
                body.attempt = 2;
              })([started(PACK)]),
              ...editBody("step.finished", "pack", (body) => {
                body.attempt = 2;
              })([draft]),
            ]
            : [draft]
        ),
    },
    "steps.unfinished",
    "steps.complete",
    "receipts.order",
  ],
  [
    "a step was started with another command",
    {
      steps: editBody("step.started", "list", (body) => {
        body.argv.push("--verbose");
      }),
    },
    "confinement.argv",
    "steps.confinement",
  ],
  [
    "a step's sandbox was left open",
    {
      steps: editBody("step.started", "list", (body) => {
        body.argv = body.argv.filter((word) => word !== "--unshare-all");
      }),
    },
    "confinement.argv",
    "steps.confinement",
  ],
  [
    "a step was started by another program",
    {
      steps: editBody("step.started", "list", (body) => {
        body.program = "/usr/bin/env";
      }),
    },
    "confinement.argv",
    "steps.confinement",
  ],
  [
    "a step saw a folder that it does not read",
    {
      steps: (drafts) =>
        drafts.map((draft) =>
          draft.type === "step.started" && draft.body.step === "list"
            ? started(LIST, 1, undefined, {
              ...hostOf(LIST),
              binds: [{ path: "secrets", source: "/srv/secrets" }],
            })
            : draft
        ),
    },
    "confinement.host",
    "steps.confinement",
  ],
  [
    "a step saw all of the system",
    {
      steps: editBody("step.started", "list", (body) => {
        const system = body.host.system as { top: unknown[] };
        system.top.push({ path: "/home", link: null });
      }),
    },
    "confinement.host",
    "steps.confinement",
  ],
  [
    "host facts are missing",
    {
      steps: editBody("step.started", "list", (body) => {
        body.host = {};
      }),
    },
    "confinement.host",
    "steps.confinement",
  ],
  [
    "a weaker sandbox than the plan wants",
    {
      pipeline: PIPELINE.replace(
        `"needs": ["pack"],`,
        `"needs": ["pack"], "isolation": "namespaces",`,
      ),
      plan: withStep("list", { isolation: "namespaces" }),
      steps: (drafts) => [
        ...drafts.slice(0, 5),
        started(LIST, 1, LANDLOCK),
        finished(LIST, {}, LANDLOCK),
      ],
    },
    "confinement.isolation",
    "steps.confinement",
  ],
  [
    "a gap of the sandbox was not told",
    {
      steps: (drafts) => [
        ...drafts.slice(0, 5),
        started(LIST, 1, LANDLOCK),
        finished(LIST),
      ],
    },
    "confinement.mechanisms",
    "steps.confinement",
  ],
  [
    "a step read another tree than planned",
    {
      steps: editBody("step.finished", "check", (body) => {
        body.materials[0].tree = digestOf("another");
      }),
    },
    "materials.differ",
    "steps.materials",
  ],
  [
    "a step read fewer files than planned",
    {
      steps: editBody("step.finished", "check", (body) => {
        body.materials[0].files--;
      }),
    },
    "materials.differ",
    "steps.materials",
  ],
  [
    "a step did not record what it read",
    {
      steps: editBody("step.finished", "check", (body) => {
        body.materials = [];
      }),
    },
    "materials.missing",
    "steps.materials",
  ],
  [
    "a step read what the plan does not say",
    {
      steps: editBody("step.finished", "check", (body) => {
        body.materials.push({ ...DIST, path: "secrets" });
      }),
    },
    "materials.differ",
    "steps.materials",
  ],
  [
    "a step read another tree than the earlier step wrote",
    {
      steps: editBody("step.finished", "list", (body) => {
        body.materials[0].tree = digestOf("another");
      }),
    },
    "materials.differ",
    "steps.materials",
  ],
  [
    "a step is ok without its product",
    {
      steps: (drafts) =>
        editBody("step.published", "pack", (body) => {
          body.products = [];
        })(
          editBody("step.finished", "pack", (body) => {
            body.products = [];
          })(drafts),
        ),
    },
    "products.missing",
    "steps.materials",
  ],
  [
    "a step has a product that the plan does not have",
    {
      steps: editBody("step.finished", "check", (body) => {
        body.products.push({ ...DIST, path: "deno.json" });
      }),
    },
    "products.undeclared",
    "steps.materials",
  ],
  [
    "what was published is not what was written",
    {
      steps: editBody("step.published", "pack", (body) => {
        body.products[0].tree = digestOf("another");
      }),
    },
    "products.published",
    "steps.materials",
  ],
  [
    "a product was not published",
    {
      steps: without("step.published", "pack"),
    },
    "products.published",
    "steps.materials",
  ],
  [
    "a failed run is called ok",
    {
      steps: editBody("step.finished", "list", (body) => {
        Object.assign(body, { status: "failed", reason: "exit 1", exit: 1 });
      }),
      receipts: outcome("ok"),
    },
    "outcome.differs",
    "outcome.honest",
  ],
  [
    "a run that was ok is called failed",
    {
      receipts: outcome("failed"),
    },
    "outcome.differs",
    "outcome.honest",
  ],
  [
    "a run that was ok is called cancelled",
    {
      receipts: outcome("cancelled"),
    },
    "outcome.differs",
    "outcome.honest",
  ],
  [
    "the sealed list has a better status",
    {
      steps: editBody("step.finished", "list", (body) => {
        Object.assign(body, { status: "failed", reason: "exit 1", exit: 1 });
      }),
      receipts: editBody("run.sealed", null, (body) => {
        body.steps[2].status = "ok";
      }),
    },
    "outcome.steps",
    "outcome.honest",
  ],
  [
    "the sealed list leaves out a step",
    {
      receipts: editBody("run.sealed", null, (body) => {
        body.steps.pop();
      }),
    },
    "outcome.steps",
    "outcome.honest",
  ],
  [
    "a step is ok with exit 1",
    {
      steps: editBody("step.finished", "list", (body) => {
        body.exit = 1;
      }),
    },
    "outcome.status",
    "outcome.honest",
  ],
  [
    "a step is ok that was killed",
    {
      steps: editBody("step.finished", "list", (body) => {
        Object.assign(body, { exit: null, signal: "SIGKILL" });
      }),
    },
    "outcome.status",
    "outcome.honest",
  ],
  [
    "a step is ok that hit a limit",
    {
      steps: editBody("step.finished", "list", (body) => {
        body.limits = ["timeout"];
      }),
    },
    "outcome.status",
    "outcome.honest",
  ],
  [
    "a step failed without a reason",
    {
      steps: editBody("step.finished", "list", (body) => {
        Object.assign(body, { status: "failed", exit: 1 });
      }),
    },
    "outcome.status",
    "outcome.honest",
  ],
]);
