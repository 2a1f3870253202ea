/**
 * `ledger.entries`: the ledger admitted this run and closed it with this seal.
 *
 * @module
 */
import { BUNDLE_FILES } from "../../bundle/bundle.ts";
import { sha256 } from "../../core/digest.ts";
import type { BundleParts, Excerpt } from "../../bundle/parse_bundle.ts";
import { Findings, type Invariant } from "../invariant.ts";
import { entriesOf, entryPointer } from "../ledger_events.ts";
import { type Event, eventsOf, receiptPointer } from "../step_runs.ts";

/** Entries in order and linked where they touch, and the run's receipts and seal name them and are named by them. */
export const ledgerEntries: Invariant = {
  id: "ledger.entries",
  title: "The ledger admitted this run and closed it with this seal",
  beforeSeal: false,
  check(parts) {
    const found = new Findings();
    const excerpt = found.own(parts.ledger);
    if (excerpt === undefined) return found;
    checkId(parts, excerpt, found);
    checkLinks(excerpt, found);
    checkAdmission(parts, excerpt, found);
    checkClosing(parts, excerpt, found);
    checkStray(parts, excerpt, found);
    return found;
  },
};

function checkId(parts: BundleParts, excerpt: Excerpt, found: Findings): void {
  const ids: [pointer: string, id: string | undefined][] = [
    [BUNDLE_FILES.ticket, found.need(parts.ticket)?.payload.ledger],
    [BUNDLE_FILES.seal, found.need(parts.seal)?.payload.ledger],
    ...excerpt.entries.map(({ value }, i): [string, string] => [
      entryPointer(i),
      value.ledger,
    ]),
  ];
  for (const [pointer, id] of ids) {
    if (id !== undefined && id !== excerpt.ledger) {
      found.fail(
        "ledger.id",
        `The ledger is ${id}, the excerpt is of ${excerpt.ledger}`,
        pointer,
      );
    }
  }
}

/** An excerpt has gaps; where two entries touch, the later one names the earlier. */
function checkLinks({ entries }: Excerpt, found: Findings): void {
  for (const [i, { value }] of entries.entries()) {
    const before = entries[i - 1];
    const pointer = entryPointer(i);
    if (before !== undefined && value.seq <= before.value.seq) {
      found.fail(
        "ledger.sequence",
        `The entry ${value.seq} comes after the entry ${before.value.seq}`,
        pointer,
      );
    }
    const touches = before?.value.seq === value.seq - 1;
    if (
      (value.prev === null) !== (value.seq === 0) ||
      (touches && value.prev !== before.hash)
    ) {
      found.fail(
        "ledger.link",
        `The entry ${value.seq} does not follow the one before it`,
        pointer,
      );
    }
  }
}

/** `run.admitted` and `run.resumed` are those that the receipts name, and are of this run. */
function checkAdmission(
  parts: BundleParts,
  excerpt: Excerpt,
  found: Findings,
): void {
  const receipts = found.need(parts.receipts);
  if (receipts === undefined) return;
  const run = receipts[0]?.value.run;
  const opened = eventsOf(receipts, "run.opened");
  const resumed = eventsOf(receipts, "run.resumed");
  if (opened.length + resumed.length === 0) {
    found.unknown(
      "ledger.admission",
      "No receipt says how the run was admitted",
      BUNDLE_FILES.receipts,
    );
  }
  const named = new Set<number>();
  for (const event of opened) {
    const i = checkNamed("run.admitted", event, run, excerpt, named, found);
    checkOpened(event, i, excerpt, found);
  }
  for (const event of resumed) {
    checkNamed("run.resumed", event, run, excerpt, named, found);
  }
  for (const [i, { value }] of excerpt.entries.entries()) {
    const admits = value.type === "run.admitted" ||
      value.type === "run.resumed";
    if (admits && value.body.run === run && !named.has(i)) {
      found.fail(
        "ledger.admission",
        `The entry ${value.seq} "${value.type}" is of this run, but no receipt names it`,
        entryPointer(i),
      );
    }
  }
}

/** The entry that a receipt names is there, of its type and run, and named once; its place. */
function checkNamed(
  type: "run.admitted" | "run.resumed",
  { seq, body }: Event<"run.opened" | "run.resumed">,
  run: string | undefined,
  excerpt: Excerpt,
  named: Set<number>,
  found: Findings,
): number {
  const i = excerpt.entries.findIndex(({ hash }) => hash === body.entry.hash);
  const entry = excerpt.entries[i]?.value;
  if (
    entry === undefined || named.has(i) || entry.type !== type ||
    entry.seq !== body.entry.seq || entry.body.run !== run
  ) {
    found.fail(
      "ledger.admission",
      `The receipt names the entry ${body.entry.seq} "${type}", which is not in the excerpt as it says`,
      receiptPointer(seq),
      BUNDLE_FILES.ledger,
    );
  } else named.add(i);
  return i;
}

/** The run was opened under the ticket, and for the decision, that it was admitted with. */
function checkOpened(
  { seq, body }: Event<"run.opened">,
  i: number,
  excerpt: Excerpt,
  found: Findings,
): void {
  const entry = excerpt.entries[i]?.value;
  if (entry?.type !== "run.admitted") return;
  const { ticket, decision } = entry.body;
  if (ticket !== body.ticket || decision !== body.decision) {
    found.fail(
      "ledger.admission",
      `The run was admitted with the ticket "${ticket}" for the decision ${decision}, but opened otherwise`,
      receiptPointer(seq),
      entryPointer(i),
    );
  }
}

/** One `run.closed` of this run, after its admission, which says what the seal says. */
function checkClosing(
  parts: BundleParts,
  excerpt: Excerpt,
  found: Findings,
): void {
  const seal = found.need(parts.seal);
  if (seal === undefined) return;
  const { run, outcome, head, count } = seal.payload;
  const envelope = sha256(parts.bundle.files.get(BUNDLE_FILES.seal)!);
  const closings = entriesOf(excerpt, "run.closed").filter(({ body }) =>
    body.run === run
  );
  if (closings.length !== 1) {
    found.fail(
      "ledger.closing",
      `The ledger closed the run ${closings.length} times, once was expected`,
      BUNDLE_FILES.ledger,
    );
  }
  const admitted = entriesOf(excerpt, "run.admitted").find(({ body }) =>
    body.run === run
  );
  for (const { body, seq, pointer } of closings) {
    if (
      body.seal !== seal.digest || body.envelope !== envelope ||
      body.outcome !== outcome ||
      body.head !== head || body.count !== count
    ) {
      found.fail(
        "ledger.closing",
        "The ledger closed the run with another seal",
        pointer,
        BUNDLE_FILES.seal,
      );
    }
    if (admitted === undefined || seq <= admitted.seq) {
      found.fail(
        "ledger.closing",
        "The ledger closed the run before it admitted it",
        pointer,
      );
    }
  }
}

/** Nothing but the issue of the ticket, once, and what is of the run: a reader shall not have to tell what matters. */
function checkStray(
  parts: BundleParts,
  excerpt: Excerpt,
  found: Findings,
): void {
  const run = parts.receipts.value?.[0]?.value.run;
  const ticket = parts.ticket.value?.payload.id;
  if (run === undefined || ticket === undefined) return;
  const issue = entriesOf(excerpt, "ticket.issued").find(({ body }) =>
    body.ticket === ticket
  );
  for (const [i, { value }] of excerpt.entries.entries()) {
    const isOfRun = "run" in value.body && value.body.run === run;
    if (isOfRun || issue?.pointer === entryPointer(i)) continue;
    found.fail(
      "ledger.stray",
      `The entry ${value.seq} "${value.type}" has nothing to do with this run`,
      entryPointer(i),
    );
  }
}
