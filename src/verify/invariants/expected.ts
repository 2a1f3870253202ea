/**
 * `expected`: the run is the one that the reader asked for.
 *
 * @module
 */
import { BUNDLE_FILES } from "../../bundle/bundle.ts";
import { sha256 } from "../../core/digest.ts";
import { planDigest } from "../../plan/plan.ts";
import { Findings, type Invariant } from "../invariant.ts";

/** Plan, pipeline and commit are those that the reader named, where any was named. */
export const expected: Invariant = {
  id: "expected",
  title: "It is the run that the reader asked for",
  beforeSeal: false,
  check(parts, { expect = {} }) {
    const found = new Findings();
    if (Object.values(expect).every((wanted) => wanted === undefined)) {
      found.nothing = "The reader named no plan, pipeline or commit to expect";
      found.need(parts.plan);
    }
    if (expect.plan !== undefined) {
      const plan = found.need(parts.plan);
      if (plan !== undefined && planDigest(plan) !== expect.plan) {
        found.fail(
          "expect.plan",
          `The plan is ${planDigest(plan)}, ${expect.plan} was expected`,
          BUNDLE_FILES.plan,
        );
      }
    }
    if (expect.pipeline !== undefined) {
      const pipeline = found.need(parts.pipeline);
      if (pipeline !== undefined && sha256(pipeline) !== expect.pipeline) {
        found.fail(
          "expect.pipeline",
          `The pipeline is ${
            sha256(pipeline)
          }, ${expect.pipeline} was expected`,
          BUNDLE_FILES.pipeline,
        );
      }
    }
    if (expect.commit !== undefined) {
      const commit = found.need(parts.decision)?.facts.source.commit;
      if (commit !== undefined && commit !== expect.commit) {
        found.fail(
          "expect.commit",
          `The commit is ${
            commit ?? "not known"
          }, ${expect.commit} was expected`,
          `${BUNDLE_FILES.decision}#/facts/source/commit`,
        );
      }
    }
    return found;
  },
};
