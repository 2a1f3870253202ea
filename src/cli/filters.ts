/**
 * The options that narrow what is shown of runs and their receipts.
 *
 * @module
 */
import { choiceOption, option, type Parameter } from "./parameters.ts";

/** How a run can stand in the ledger. */
export const RUN_STATUSES = [
  "running",
  "ok",
  "failed",
  "cancelled",
  "indeterminate",
] as const;

/** `--status`, `--since`, `--step`, `--actor`. */
export const FILTERS: {
  status: Parameter<typeof RUN_STATUSES[number] | null>;
  since: Parameter<string | null>;
  step: Parameter<string | null>;
  actor: Parameter<string | null>;
} = {
  status: choiceOption(RUN_STATUSES, "only runs that stand so"),
  since: option("WHEN", "only from then on: 2h, 7d, a date, an RFC 3339 time"),
  step: option("STEP", "only runs that chose this step"),
  actor: option(
    "WHO",
    "only runs that they asked for, approved or ran: a requester, an owner in trust, the id of a key",
  ),
};
