/**
 * What verify says of a run that was not allowed as it says: ticket, ledger, and the reader's
 * trust. One fault each, all of it hashed and signed with the right keys.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { digestOf } from "../src/core/digest.ts";
import type { EntryBodies } from "../src/ledger/entry.ts";
import { verifyBundle } from "../src/verify/verify.ts";
import {
  at,
  bundleOf,
  entry,
  KEYS,
  type LedgerDraft,
  NOW,
  OTHER_RUN,
  TICKET_ID,
  trustIn,
} from "./verify_fixtures.ts";
import { editJson, relisted, testRows } from "./verify_rows.ts";

const admittedAt = (seconds: number) => (entries: LedgerDraft[]) =>
  entries.map((each, i) =>
    i < 3 ? each : { ...each, draft: { ...each.draft, at: at(seconds) } }
  );

/** The admission of the run, with something else in it. */
function admission(
  change: Partial<EntryBodies["run.admitted"]>,
  entries: LedgerDraft[],
): LedgerDraft {
  const body = entries[3].draft.body as EntryBodies["run.admitted"];
  return entry(true, 4, "run.admitted", { ...body, ...change });
}

testRows([
  [
    "the decision is of another plan",
    { decision: (decision) => ({ ...decision, plan: digestOf("another") }) },
    "decision.plan",
    "decision.recomputed",
    "ticket.valid",
  ],
  [
    "the ledger's entries are not in order",
    relisted((files) =>
      editJson<{ entries: unknown[] }>(files, "ledger", (excerpt) => {
        excerpt.entries.reverse();
      })
    ),
    "ledger.sequence",
    "ledger.entries",
    "ledger.inclusion",
  ],
  [
    "an entry does not follow the one before it",
    relisted(
      (files) =>
        editJson<{ entries: { prev: string }[] }>(
          files,
          "ledger",
          (excerpt) => {
            excerpt.entries[1].prev = digestOf("another");
          },
        ),
      {
        ledger: (
          entries,
        ) => [entries[1], { ...entries[2], shown: true }, entries[3]],
      },
    ),
    "ledger.link",
    "ledger.entries",
    "ledger.inclusion",
    // Its history begins otherwise than the one that was seen.
    "ledger.consistency",
  ],
  [
    "the ticket had expired",
    { ledger: admittedAt(3600) },
    "ticket.expired",
    "ticket.valid",
  ],
  [
    "the ticket was not yet valid",
    { ledger: admittedAt(-1) },
    "ticket.not_yet_valid",
    "ticket.valid",
  ],
  [
    "the ticket is for another decision",
    {
      ticket: (ticket) => ({ ...ticket, decision: digestOf("another") }),
    },
    "ticket.decision",
    "ticket.valid",
    "ledger.entries",
  ],
  [
    "the ticket is for another ledger",
    {
      ticket: (ticket) => ({ ...ticket, ledger: digestOf("another") }),
    },
    "ticket.ledger",
    "ticket.valid",
    "ledger.entries",
  ],
  [
    "the ticket names another requester",
    {
      ticket: (ticket) => ({
        ...ticket,
        requester: { kind: "agent", id: "bot", key: null },
      }),
    },
    "ticket.decision",
    "ticket.valid",
  ],
  [
    "a stranger signed the ticket",
    { approvers: [KEYS.mallory] },
    "ticket.signer_unknown",
    "ticket.valid",
  ],
  [
    "the runner signed the ticket",
    { approvers: [KEYS.runner] },
    "ticket.signer_not_allowed",
    "ticket.valid",
  ],
  [
    "the ticket was revoked before",
    {
      ledger: (entries) => [
        ...entries.slice(0, 3),
        entry(true, 3, "ticket.revoked", {
          ticket: TICKET_ID,
          reason: "a mistake",
          by: "ana",
        }),
        entries[3],
      ],
    },
    "ticket.revoked",
    "ticket.valid",
    "ledger.entries",
  ],
  [
    "the ticket was never issued",
    {
      ledger: (entries) =>
        entries.map((each, i) => i === 1 ? { ...each, shown: false } : each),
    },
    "ticket.not_issued",
    "ticket.valid",
  ],
  [
    "another ticket of that name was issued",
    {
      ledger: (entries) => [
        entries[0],
        entry(true, 2, "ticket.issued", {
          ticket: TICKET_ID,
          payload: digestOf("another"),
          decision: digestOf("another"),
        }),
        ...entries.slice(2),
      ],
    },
    "ticket.not_issued",
    "ticket.valid",
  ],
  [
    "the ticket was used up",
    {
      ledger: (
        entries,
      ) => [...entries.slice(0, 3), admission({ use: 2 }, entries)],
    },
    "ticket.uses",
    "ticket.valid",
  ],
  [
    "another run was admitted with the same use",
    {
      ledger: (entries) => [
        ...entries.slice(0, 3),
        admission({ run: OTHER_RUN }, entries),
        entries[3],
      ],
    },
    "ticket.uses",
    "ticket.valid",
    "ledger.entries",
  ],
  [
    "the run was admitted with another ticket",
    {
      ledger: (entries) => [
        ...entries.slice(0, 3),
        admission({ ticket: "tkt_01KEYHQ8000000000000000009" }, entries),
      ],
    },
    "ticket.not_admitted",
    "ticket.valid",
    "ledger.entries",
  ],
  [
    "the run was not admitted",
    {
      ledger: (entries) => entries.slice(0, 3),
    },
    "ledger.admission",
    "ledger.entries",
    "ticket.valid",
  ],
  [
    "the run was admitted for another decision",
    {
      ledger: (entries) => [
        ...entries.slice(0, 3),
        admission({ decision: digestOf("another") }, entries),
      ],
    },
    "ledger.admission",
    "ledger.entries",
  ],
  [
    "the run was admitted twice",
    {
      ledger: (entries) => [...entries, admission({ use: 2 }, entries)],
    },
    "ledger.admission",
    "ledger.entries",
  ],
  [
    "the ledger did not close the run",
    { closing: () => [] },
    "ledger.closing",
    "ledger.entries",
  ],
  [
    "the ledger closed the run twice",
    {
      closing: (entries) => [...entries, ...entries],
    },
    "ledger.closing",
    "ledger.entries",
  ],
  [
    "the ledger closed the run with another seal",
    {
      closing: ([{ draft }]) => [{
        shown: true,
        draft: {
          ...draft,
          body: { ...draft.body, seal: digestOf("another") },
        } as typeof draft,
      }],
    },
    "ledger.closing",
    "ledger.entries",
  ],
  [
    "an entry is of another ledger",
    {
      closing: ([{ draft, shown }]) => [
        { draft: { ...draft, ledger: digestOf("another") }, shown },
      ],
    },
    "ledger.id",
    "ledger.entries",
  ],
]);

const REVOKED = { revokedAt: "2026-01-14T11:00:00.000Z" };
const BEFORE: [
  sentence: string,
  trust: ReturnType<typeof trustIn>,
  invariant: string,
  code: string,
][] = [
  [
    "the approver's key was revoked before",
    trustIn({ ana: REVOKED }),
    "ticket.valid",
    "ticket.signer_not_in_force",
  ],
  [
    "the runner's key was revoked before",
    trustIn({ runner: REVOKED }),
    "seal.signature",
    "seal.signer_not_in_force",
  ],
  [
    "the runner's key had ended",
    trustIn({ runner: { notAfter: at(-1) } }),
    "seal.signature",
    "seal.signer_not_in_force",
  ],
  [
    "the reader wants two approvers",
    { ...trustIn(), quorum: 2 },
    "ticket.valid",
    "ticket.quorum",
  ],
  [
    "the reader lists another key under the id",
    {
      ...trustIn(),
      keys:
        trustIn({ runner: { publicKey: trustIn().keys[0].publicKey } }).keys,
    },
    "seal.signature",
    "seal.signer_unknown",
  ],
];

for (const [sentence, trust, invariant, code] of BEFORE) {
  Deno.test(`refused by another reader: ${sentence}`, async () => {
    const report = await verifyBundle(await bundleOf(), { trust, now: NOW });
    const found = report.invariants.find(({ id }) => id === invariant)!;
    assertEquals([found.verdict, report.exit], ["FAIL", 4]);
    assertEquals(found.reasons.map((reason) => reason.code), [code]);
  });
}

Deno.test("a runner's key that was revoked since is told", async () => {
  const trust = trustIn({ runner: { revokedAt: at(4000) } });
  const report = await verifyBundle(await bundleOf(), { trust, now: NOW });
  const seal = report.invariants.find(({ id }) => id === "seal.signature")!;
  assertEquals([seal.verdict, report.exit], ["WARN", 0]);
  assertEquals(
    seal.reasons.map(({ code }) => code),
    ["seal.signer_revoked_since"],
  );
});
