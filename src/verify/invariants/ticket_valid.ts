/**
 * `ticket.valid`: people whom the reader trusts had allowed exactly this when the run was admitted.
 *
 * @module
 */
import { BUNDLE_FILES } from "../../bundle/bundle.ts";
import type {
  BundleParts,
  Excerpt,
  Hashed,
  Signed,
} from "../../bundle/parse_bundle.ts";
import { sha256 } from "../../core/digest.ts";
import { isWritError } from "../../core/errors.ts";
import type { Receipt } from "../../ledger/receipt.ts";
import type { Ticket } from "../../ticket/ticket.ts";
import { Findings, type Invariant, type VerifyOptions } from "../invariant.ts";
import { entriesOf, type LedgerEvent } from "../ledger_events.ts";
import { eventsOf, receiptPointer } from "../step_runs.ts";

/** Signatures, quorum and validity at the time of admission; issued before it, not revoked before it, within its uses. */
export const ticketValid: Invariant = {
  id: "ticket.valid",
  title: "Trusted approvers had allowed this when it was admitted",
  beforeSeal: false,
  async check(parts, options) {
    const found = new Findings();
    const ticket = found.own(parts.ticket);
    const excerpt = found.need(parts.ledger);
    const receipts = found.need(parts.receipts);
    if (ticket === undefined || excerpt === undefined) return found;
    if (receipts === undefined) return found;
    checkOpened(parts, ticket.payload.id, receipts, found);
    const run = receipts[0]?.value.run;
    const admitted = entriesOf(excerpt, "run.admitted").find(({ body }) =>
      body.run === run && body.ticket === ticket.payload.id
    );
    if (admitted === undefined) {
      found.fail(
        "ticket.not_admitted",
        "The ledger did not admit this run with this ticket",
        BUNDLE_FILES.ledger,
      );
      return found;
    }
    checkHistory(ticket, excerpt, admitted, found);
    await checkLeave(parts, options, admitted, found);
    return found;
  },
};

function checkOpened(
  { bundle }: BundleParts,
  ticket: string,
  receipts: readonly Hashed<Receipt>[],
  found: Findings,
): void {
  for (const { seq, body } of eventsOf(receipts, "run.opened")) {
    if (body.ticket !== ticket) {
      found.fail(
        "ticket.run",
        `The run was opened with the ticket "${body.ticket}", this is "${ticket}"`,
        BUNDLE_FILES.ticket,
        receiptPointer(seq),
      );
    }
    const envelope = sha256(bundle.files.get(BUNDLE_FILES.ticket)!);
    if (body.envelope !== envelope) {
      found.fail(
        "ticket.envelope",
        `The run was opened with the envelope ${body.envelope}, this is ${envelope}: who had signed is not who signs here`,
        BUNDLE_FILES.ticket,
        receiptPointer(seq),
      );
    }
  }
}

/** What the ledger says of the ticket up to the admission. */
function checkHistory(
  { payload: ticket, digest }: Signed<Ticket>,
  excerpt: Excerpt,
  admitted: LedgerEvent<"run.admitted">,
  found: Findings,
): void {
  const issued = entriesOf(excerpt, "ticket.issued").filter(({ body }) =>
    body.ticket === ticket.id
  );
  const before = issued.some(({ seq, body }) =>
    seq < admitted.seq && body.payload === digest &&
    body.decision === ticket.decision
  );
  if (!before) {
    found.fail(
      "ticket.not_issued",
      "The ledger does not have this ticket as issued before the run was admitted",
      ...issued.map(({ pointer }) => pointer),
      admitted.pointer,
    );
  }
  for (const { seq, pointer, body } of entriesOf(excerpt, "ticket.revoked")) {
    if (body.ticket === ticket.id && seq < admitted.seq) {
      found.fail(
        "ticket.revoked",
        `The ticket was revoked by "${body.by}" before the run was admitted: ${body.reason}`,
        pointer,
        admitted.pointer,
      );
    }
  }
  const twice = entriesOf(excerpt, "run.admitted").some(({ hash, body }) =>
    hash !== admitted.hash && body.ticket === ticket.id &&
    body.use === admitted.body.use
  );
  if (admitted.body.use > ticket.maxUses || twice) {
    found.fail(
      "ticket.uses",
      twice
        ? `Two runs were admitted with use ${admitted.body.use} of the ticket`
        : `The run is use ${admitted.body.use} of a ticket for ${ticket.maxUses}`,
      admitted.pointer,
    );
  }
}

/** Whether the ticket is leave, by the reader's own trust. */
async function checkLeave(
  parts: BundleParts,
  { trust }: VerifyOptions,
  admitted: LedgerEvent<"run.admitted">,
  found: Findings,
): Promise<void> {
  const ticket = found.need(parts.ticket);
  const excerpt = found.need(parts.ledger);
  const plan = found.need(parts.plan);
  const decision = found.need(parts.decision);
  const policy = found.need(parts.policy);
  if (trust === null) {
    found.unknown(
      "trust.none",
      "The reader named no trust file: whose leave it is is not known",
      BUNDLE_FILES.ticket,
    );
  }
  if (
    trust === null || ticket === undefined || excerpt === undefined ||
    plan === undefined || decision === undefined || policy === undefined
  ) return;
  // With it comes the policy engine, which is most of what verify has to load.
  const { checkTicket } = await import("../../ticket/check_ticket.ts");
  try {
    const { signers } = await checkTicket({
      envelope: ticket.envelope,
      trust,
      decision,
      plan,
      policy,
      at: admitted.at,
      ledger: excerpt.ledger,
    });
    for (const { owner, id } of signers) {
      found.signers.push({ as: "approver", owner, key: id });
    }
  } catch (error) {
    if (!isWritError(error)) throw error;
    found.fail(error.code, error.message, BUNDLE_FILES.ticket);
  }
}
