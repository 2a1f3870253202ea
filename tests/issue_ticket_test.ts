/**
 * Issuing a ticket and adding a second signature.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { digestOf } from "../src/core/digest.ts";
import type { ErrorCode } from "../src/core/errors.ts";
import { checkTicket, judgeTicket } from "../src/ticket/check_ticket.ts";
import { countersign, issueTicket } from "../src/ticket/issue_ticket.ts";
import { refused } from "./support/policies.ts";
import { signer, TICKET_ID, ticketCheck, trustOf } from "./support/tickets.ts";

const two = trustOf({}, { quorum: 2 });

Deno.test("a second approver completes a ticket", async () => {
  const input = await ticketCheck({ trust: two });
  assertEquals((await judgeTicket(input)).missing, 1);
  const envelope = await countersign(input.envelope, signer("li"));
  assertEquals((await checkTicket({ ...input, envelope })).signers.length, 2);
  await refused("usage.invalid", () => countersign(envelope, signer("li")));
});

const ISSUES: [sentence: string, code: ErrorCode, change: object][] = [
  ["without a signer", "usage.invalid", { signers: [] }],
  ["for no time", "usage.invalid", { validForMs: 0 }],
  ["for longer than there are years", "usage.invalid", { validForMs: 1e15 }],
  ["for no use", "usage.invalid", { maxUses: 0 }],
  ["with an id that is none", "usage.invalid", { id: "tkt_1" }],
  ["for another requester", "ticket.decision", {
    requester: { kind: "human", id: "li", key: null },
  }],
];

for (const [sentence, code, change] of ISSUES) {
  Deno.test(`no ticket is issued ${sentence}`, async () => {
    const { decision } = await ticketCheck();
    const request = {
      decision,
      ledger: digestOf("ledger"),
      seen: { size: 3, root: digestOf("root") },
      requester: decision.facts.requester,
      reason: "",
      now: 0,
      id: TICKET_ID,
      signers: [signer("ana")],
    };
    const { ticket } = await issueTicket(request);
    assertEquals(ticket.expiresAt, "1970-01-01T01:00:00.000Z");
    assertEquals(ticket.maxUses, 1);
    await refused(code, () => issueTicket({ ...request, ...change }));
  });
}
