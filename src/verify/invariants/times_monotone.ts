/**
 * `times.monotone`: times run forwards. They are the runner's clock, so that nothing rests on them alone.
 *
 * @module
 */
import { BUNDLE_FILES } from "../../bundle/bundle.ts";
import { Findings, type Invariant } from "../invariant.ts";
import { receiptPointer } from "../step_runs.ts";

/** How far ahead of the reader's clock a time may lie: five minutes, in milliseconds. */
export const TOLERANCE: number = 5 * 60_000;

/** No receipt and no entry is earlier than the one before it, and none lies ahead of the reader's clock. */
export const timesMonotone: Invariant = {
  id: "times.monotone",
  title: "Times run forwards",
  beforeSeal: "cut",
  check(parts, { now, sealing = false }) {
    const found = new Findings();
    const receipts = found.need(parts.receipts);
    const ledger = sealing ? undefined : found.need(parts.ledger);
    const chains = [
      receipts?.map(({ value }, i) => ({
        at: value.at,
        pointer: receiptPointer(i),
      })),
      ledger?.entries.map(({ value }, i) => ({
        at: value.at,
        pointer: `${BUNDLE_FILES.ledger}#/entries/${i}`,
      })),
    ];
    const limit = Date.parse(now) + TOLERANCE;
    for (const chain of chains) {
      let latest = "";
      for (const { at, pointer } of chain ?? []) {
        if (at < latest) {
          found.warn(
            "times.backwards",
            `${at} comes after ${latest}: the clock was set back`,
            pointer,
          );
        } else latest = at;
        if (Date.parse(at) > limit) {
          found.warn(
            "times.future",
            `${at} lies ahead of the reader's clock, ${now}`,
            pointer,
          );
        }
      }
    }
    return found;
  },
};
