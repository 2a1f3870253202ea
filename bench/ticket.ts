/**
 * Runs that a ledger admits for figures: there is nothing behind their documents.
 *
 * @module
 */
import { canonicalBytes } from "../src/core/canonical_json.ts";
import { type Digest, sha256 } from "../src/core/digest.ts";
import { signEnvelope } from "../src/core/dsse.ts";
import { newRunId, newTicketId } from "../src/core/id.ts";
import type { Signer } from "../src/core/keys.ts";
import type { Ledger } from "../src/ledger/ledger.ts";
import type { Actor } from "../src/ledger/receipt.ts";
import { type Ticket, TICKET_TYPE } from "../src/ticket/ticket.ts";

/** Who does it. */
export const ACTOR: Actor = { kind: "system", id: "bench" };

/** The digest of no bytes. */
export const NOTHING: Digest = sha256(new Uint8Array());

/** Admits a run under a ticket of its own. */
export async function admitBenchRun(
  ledger: Ledger,
  signer: Signer,
): Promise<{ run: string; ticket: string }> {
  const now = Date.now();
  const ticket: Ticket = {
    v: 1,
    id: newTicketId(now),
    ledger: ledger.id,
    decision: NOTHING,
    seen: await ledger.tree(),
    requester: { kind: "human", id: "bench", key: null },
    reason: "",
    notBefore: new Date(now - 1000).toISOString(),
    expiresAt: new Date(now + 3_600_000).toISOString(),
    maxUses: 1,
  };
  const payload = canonicalBytes(ticket);
  const { record } = await ledger.admit({
    ticket,
    envelope: await signEnvelope(TICKET_TYPE, payload, [signer]),
    payloadDigest: sha256(payload),
    run: newRunId(now),
    opened: { plan: NOTHING, decision: NOTHING, pipeline: NOTHING, only: null },
    actor: ACTOR,
  });
  return { run: record.run, ticket: ticket.id };
}
