/**
 * What is said when a run that was admitted could not be brought to its end.
 *
 * @module
 */
import { asWritError } from "../core/as_writ_error.ts";
import { WritError } from "../core/errors.ts";
import type { ActiveRun } from "./active_run.ts";
import { wishWords } from "./wish_words.ts";

/** The error, with the way on in its hint: the use of the ticket is consumed, the run is not over. */
export function resumable(thrown: unknown, run: ActiveRun): WritError {
  const error = asWritError(thrown);
  const { code, message, hint, place, faults } = error;
  const next = `deno task execute ${
    wishWords(run.proposal.wish)
  } --resume ${run.id} continues the run under its ticket, which expires at ${run.leave.judged.ticket.expiresAt}`;
  return new WritError(code, message, {
    hint: hint === undefined ? next : `${hint}; ${next}`,
    place,
    faults: [...faults],
    cause: error,
  });
}
