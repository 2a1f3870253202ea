/**
 * How the ends of steps look.
 *
 * @module
 */
import type { StepStatus } from "../ledger/receipt.ts";
import type { Emphasis } from "./paint.ts";

/** How the end of a step looks. */
export const STEP_EMPHASIS: Record<StepStatus, Emphasis> = {
  ok: "good",
  cached: "good",
  failed: "bad",
  refused: "bad",
  indeterminate: "bad",
  skipped: "faint",
};
