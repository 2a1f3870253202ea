/**
 * `evidence.retention`: what is not there any more has expired, by the ledger's word, and was due.
 *
 * @module
 */
import { BUNDLE_FILES, EXPIRED_FILE } from "../../bundle/bundle.ts";
import { evidenceName } from "../../bundle/names.ts";
import type { BundleParts, Expired } from "../../bundle/parse_bundle.ts";
import { dueAt } from "../../evidence/retention.ts";
import { originOf } from "../../ledger/checkpoint.ts";
import { verifyConsistency, verifyInclusion } from "../../ledger/merkle.ts";
import { RETENTION } from "../../ticket/trust.ts";
import { expiredClasses } from "../expired_evidence.ts";
import { Findings, type Invariant } from "../invariant.ts";
import { judgeCheckpoint } from "./ledger_checkpoint.ts";

/**
 * Each entry is in a ledger that continues the bundle's and that a trusted key signed, and came no
 * earlier than the trust that was in force, which the ticket's decision names, lets it.
 */
export const evidenceRetention: Invariant = {
  id: "evidence.retention",
  title: "What is said to have expired was due to go",
  beforeSeal: false,
  async check(parts, options) {
    const found = new Findings();
    if (parts.expired === null) {
      found.nothing = "Nothing is said to have expired";
      found.need(parts.receipts);
      return found;
    }
    const expired = found.own(parts.expired);
    if (expired === undefined) return found;
    checkProofs(parts, expired, found);
    const at = expired.entries.at(-1)?.value.at;
    const { checkpoint, ledger } = expired;
    await judgeCheckpoint(
      { checkpoint, ledger, at, file: EXPIRED_FILE },
      options,
      found,
    );
    checkDue(parts, expired, options.now, found);
    tellGone(parts, expired, found);
    return found;
  },
};

const at = (index: number) => `${EXPIRED_FILE}#/entries/${index}`;

/** The entries are of the bundle's ledger, as it went on. */
function checkProofs(
  parts: BundleParts,
  { ledger, entries, checkpoint, inclusion, consistency }: Expired,
  found: Findings,
): void {
  const excerpt = found.need(parts.ledger);
  const before = found.need(parts.checkpoint);
  const ids = [ledger, ...entries.map(({ value }) => value.ledger)];
  if (
    excerpt !== undefined && ids.some((id) => id !== excerpt.ledger) ||
    checkpoint.origin !== originOf(ledger)
  ) {
    found.fail(
      "expiry.foreign",
      "The expiry is told by another ledger than that of the run",
      EXPIRED_FILE,
      BUNDLE_FILES.ledger,
    );
  }
  if (
    before !== undefined &&
    (checkpoint.size < before.size ||
      !verifyConsistency(before, checkpoint, consistency))
  ) {
    found.fail(
      "expiry.history",
      `Nothing proves that the ledger of ${checkpoint.size} entries, by which evidence expired, goes on from the ${before.size} of the bundle`,
      EXPIRED_FILE,
      BUNDLE_FILES.checkpoint,
    );
  }
  for (const [i, { value: { seq }, hash }] of entries.entries()) {
    if (i > 0 && seq <= entries[i - 1].value.seq) {
      found.fail(
        "ledger.sequence",
        `The entry ${seq} comes after the entry ${entries[i - 1].value.seq}`,
        at(i),
      );
    }
    if (
      seq >= checkpoint.size ||
      !verifyInclusion(hash, seq, checkpoint, inclusion[i] ?? [])
    ) {
      found.fail(
        "expiry.proof",
        `Nothing proves that the entry ${seq} is in the ledger`,
        at(i),
      );
    }
  }
  if (inclusion.length !== entries.length) {
    found.fail(
      "expiry.proof",
      `There are ${inclusion.length} proofs for ${entries.length} entries`,
      `${EXPIRED_FILE}#/inclusion`,
    );
  }
}

/** Nothing went before its time, as those who approved the run were shown it. */
function checkDue(
  parts: BundleParts,
  { entries }: Expired,
  now: string,
  found: Findings,
): void {
  const trust = found.need(parts.trust);
  const receipts = found.need(parts.receipts);
  if (trust === undefined || receipts === undefined) return;
  const classes = expiredClasses(parts);
  for (const [i, { value }] of entries.entries()) {
    if (
      value.type !== "evidence.expired" ||
      value.body.run !== receipts[0]?.value.run
    ) {
      found.fail(
        "expiry.foreign",
        `The entry ${value.seq} "${value.type}" is not about evidence of this run`,
        at(i),
      );
      continue;
    }
    const { class: name } = value.body;
    const days = (trust.retention ?? RETENTION)[name];
    const captured = classes.get(name)?.captured;
    if (captured === undefined) continue;
    const due = dueAt(captured, days);
    // Whoever gives the time of an entry could give a later one.
    const told = Math.min(Date.parse(value.at), Date.parse(now));
    if (due === null || told < due) {
      found.fail(
        "expiry.early",
        `The ${name} evidence expired at ${value.at}; captured at ${captured}, it was to be kept ${
          days === null ? "for ever" : `${days} days`
        }`,
        at(i),
        BUNDLE_FILES.trust,
      );
    }
  }
}

/** What is gone is told, piece by piece. */
function tellGone(
  parts: BundleParts,
  { entries }: Expired,
  found: Findings,
): void {
  const { files } = parts.bundle;
  for (const [name, { refs }] of expiredClasses(parts)) {
    const when = entries.find(({ value }) =>
      value.type === "evidence.expired" && value.body.class === name
    )!.value.at;
    for (
      const digest of new Set(refs.map((ref) =>
        ref.digest
      ))
    ) {
      const file = evidenceName(digest);
      if (files.has(file)) {
        found.warn(
          "evidence.not_removed",
          `Evidence expired at ${when} (${name}), and is still there`,
          file,
        );
      } else {
        found.warn(
          "evidence.expired",
          `Evidence expired at ${when} (${name}): its digest and size are what is left`,
          file,
        );
      }
    }
  }
}
