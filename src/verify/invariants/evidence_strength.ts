/**
 * `evidence.strength`: how much the claims of the run rest on. What is weak is told, and a pipeline
 * may ask for runs in which nothing is.
 *
 * @module
 */
import { Findings, type Invariant } from "../invariant.ts";
import { type Event, eventsOf, receiptPointer } from "../step_runs.ts";

/** Nothing that was captured was cut off, and the sandbox held all that the plan asks for. */
export const evidenceStrength: Invariant = {
  id: "evidence.strength",
  title: "What the claims rest on is whole, and held by the sandbox",
  beforeSeal: "same",
  check(parts) {
    const found = new Findings();
    const receipts = found.need(parts.receipts);
    if (receipts === undefined) return found;
    for (const event of eventsOf(receipts, "step.finished")) {
      checkEnd(event, found);
    }
    return found;
  },
};

function checkEnd(
  { seq, body }: Event<"step.finished">,
  found: Findings,
): void {
  const at = `${receiptPointer(seq)}/body`;
  for (const [i, { name, truncated }] of body.evidence.entries()) {
    if (!truncated) continue;
    found.warn(
      "strength.truncated",
      `The ${name} of the step "${body.step}" was cut off at its limit`,
      `${at}/evidence/${i}`,
    );
  }
  if (body.status === "ok" && body.notEnforced.length > 0) {
    found.warn(
      "strength.not_enforced",
      `The sandbox of the step "${body.step}" did not hold everything: ${
        body.notEnforced.join("; ")
      }`,
      `${at}/notEnforced`,
    );
  }
}
