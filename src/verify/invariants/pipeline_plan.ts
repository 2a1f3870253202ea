/**
 * `pipeline.plan`: the plan says what the pipeline says, as far as it can be told without the workspace.
 *
 * @module
 */
import { BUNDLE_FILES } from "../../bundle/bundle.ts";
import { sha256 } from "../../core/digest.ts";
import { isWritError } from "../../core/errors.ts";
import type { Pipeline } from "../../pipeline/pipeline.ts";
import { pipelineDifferences } from "../../plan/pipeline_differences.ts";
import type { Plan } from "../../plan/plan.ts";
import { Findings, type Invariant } from "../invariant.ts";
import { eventsOf, receiptPointer } from "../step_runs.ts";

/** The file that the run was opened from. Name, parameters, steps, and of each step all that the planner only carries over. */
export const pipelinePlan: Invariant = {
  id: "pipeline.plan",
  title: "The plan says what the pipeline says",
  beforeSeal: "same",
  async check(parts) {
    const found = new Findings();
    const bytes = found.own(parts.pipeline);
    const plan = found.need(parts.plan);
    const receipts = found.need(parts.receipts);
    if (bytes === undefined) return found;
    for (const { seq, body } of eventsOf(receipts ?? [], "run.opened")) {
      if (body.pipeline !== sha256(bytes)) {
        found.fail(
          "pipeline.file",
          `The run was opened from the file ${body.pipeline}, this is ${
            sha256(bytes)
          }`,
          BUNDLE_FILES.pipeline,
          receiptPointer(seq),
        );
      }
    }
    if (plan === undefined) return found;
    const pipeline = await parse(bytes, plan, found);
    if (pipeline === undefined) return found;
    for (const { what, pointer } of pipelineDifferences(pipeline, plan)) {
      found.fail(
        "pipeline.differs",
        `The plan has another ${what} than the pipeline`,
        `${BUNDLE_FILES.plan}#${pointer}`,
        BUNDLE_FILES.pipeline,
      );
    }
    return found;
  },
};

async function parse(
  bytes: Uint8Array,
  plan: Plan,
  found: Findings,
): Promise<Pipeline | undefined> {
  const { parsePipeline } = await import("../../pipeline/parse.ts");
  try {
    return parsePipeline(bytes, BUNDLE_FILES.pipeline, { params: plan.params });
  } catch (error) {
    if (!isWritError(error)) throw error;
    found.fail(
      "part.malformed",
      [error.message, ...error.faults.map(({ message }) => message)].join("; "),
      BUNDLE_FILES.pipeline,
    );
    return undefined;
  }
}
