/**
 * Ids that sort by the time they were made.
 *
 * @module
 */
import { ulid } from "@std/ulid";

/** A new ticket id, `tkt_` and a ULID. */
export function newTicketId(now: number): string {
  return `tkt_${ulid(now)}`;
}

/** What every run id looks like. */
export const RUN_ID = /^run_[0-9A-HJKMNP-TV-Z]{26}$/;

/** Whether a text is a run id. */
export function isRunId(text: string): boolean {
  return RUN_ID.test(text);
}

/** A new run id, `run_` and a ULID. */
export function newRunId(now: number): string {
  return `run_${ulid(now)}`;
}

/** A new request id, `req_` and a ULID. */
export function newRequestId(now: number): string {
  return `req_${ulid(now)}`;
}
