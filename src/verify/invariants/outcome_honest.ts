/**
 * `outcome.honest`: the outcome that was sealed follows from how the steps ended.
 *
 * @module
 */
import { BUNDLE_FILES } from "../../bundle/bundle.ts";
import type { Hashed } from "../../bundle/parse_bundle.ts";
import type { Receipt, RunOutcome, StepStatus } from "../../ledger/receipt.ts";
import { canonicalText } from "../../core/canonical_json.ts";
import type { Plan } from "../../plan/plan.ts";
import { Findings, type Invariant } from "../invariant.ts";
import { chosenSteps, endOf } from "../chosen.ts";
import { poisonedBy } from "../sealed_results.ts";
import { eventsOf, receiptPointer, stepRuns } from "../step_runs.ts";

/** Each status follows from exit, signal and limits; the sealed list and outcome follow from the statuses. */
export const outcomeHonest: Invariant = {
  id: "outcome.honest",
  title: "The outcome follows from how the steps ended",
  beforeSeal: false,
  check(parts) {
    const found = new Findings();
    const plan = found.need(parts.plan);
    const receipts = found.need(parts.receipts);
    if (receipts === undefined) return found;
    checkStatuses(receipts, found);
    if (plan !== undefined) checkOutcome(plan, receipts, found);
    return found;
  },
};

/** A step is `ok` only when its program said so: exit 0, no signal, no limit hit. */
function checkStatuses(
  receipts: readonly Hashed<Receipt>[],
  found: Findings,
): void {
  for (const { seq, body } of eventsOf(receipts, "step.finished")) {
    const clean = body.exit === 0 && body.signal === null &&
      body.limits.length === 0;
    if (body.status === "ok" && !clean) {
      found.fail(
        "outcome.status",
        `The step "${body.step}" is recorded as ok, but it did not end with exit 0 within its limits`,
        receiptPointer(seq),
      );
    }
    const silent = body.reason === null || body.reason.trim() === "";
    if (body.status !== "ok" && body.status !== "cached" && silent) {
      found.fail(
        "outcome.status",
        `The step "${body.step}" is recorded as ${body.status} without a reason`,
        receiptPointer(seq),
      );
    }
  }
}

function checkOutcome(
  plan: Plan,
  receipts: readonly Hashed<Receipt>[],
  found: Findings,
): void {
  const runs = stepRuns(receipts);
  const expected = plan.steps.map(({ id }) => ({
    step: id,
    status: endOf(runs.get(id)),
  }));
  const chosen = chosenSteps(plan, receipts);
  const statuses = expected.filter(({ step }) => chosen.has(step)).map((
    { status },
  ) => status);
  const left = plan.steps.filter(({ id }) => !chosen.has(id));
  if (left.length > 0) {
    found.warn(
      "outcome.partial",
      `The run was to do ${chosen.size} of the ${plan.steps.length} steps of its plan; left out: ${
        left.map(({ id }) => `"${id}"`).join(", ")
      }`,
      `${receiptPointer(0)}/body/only`,
    );
  }
  for (const { seq, body } of eventsOf(receipts, "run.sealed")) {
    // A step that was not chosen may be left out: it has no status but the one that says so.
    const named = new Set(body.steps.map(({ step }) => step));
    const wanted = expected.filter(({ step }) =>
      chosen.has(step) || named.has(step)
    );
    if (canonicalText(body.steps) !== canonicalText(wanted)) {
      found.fail(
        "outcome.steps",
        "The sealed list of steps is not how they ended",
        `${receiptPointer(seq)}/body/steps`,
      );
    }
    const poisoned = poisonedBy(body.invariants, plan.require).length > 0;
    if (!possibleOutcomes(statuses, poisoned).includes(body.outcome)) {
      found.fail(
        "outcome.differs",
        `The run was sealed as ${body.outcome}, which does not follow from its steps and invariants`,
        `${receiptPointer(seq)}/body/outcome`,
        BUNDLE_FILES.seal,
      );
    }
  }
}

/** What a run can truly be called whose chosen steps ended so; `poisoned` by an invariant that must hold. */
function possibleOutcomes(
  statuses: readonly (StepStatus | null)[],
  poisoned: boolean,
): RunOutcome[] {
  const good = (status: StepStatus | null) =>
    status === "ok" || status === "cached";
  if (statuses.every(good)) return [poisoned ? "failed" : "ok"];
  return statuses.includes("indeterminate")
    ? ["indeterminate", "cancelled"]
    : ["failed", "cancelled"];
}
