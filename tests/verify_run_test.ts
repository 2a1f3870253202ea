/**
 * What verify says of a run that its own runner tells wrongly: ticket, ledger, receipts, seal
 * and steps, one fault each, all of it hashed and signed with the right keys.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { canonicalText } from "../src/core/canonical_json.ts";
import { digestOf } from "../src/core/digest.ts";
import type { ReceiptDraft } from "../src/ledger/chain.ts";
import { verifyBundle } from "../src/verify/verify.ts";
import {
  at,
  bundleOf,
  entry,
  KEYS,
  type LedgerDraft,
  NOW,
  OTHER_RUN,
  RUN,
  TICKET_ID,
  trustIn,
} from "./verify_fixtures.ts";
import {
  CHECK,
  editBody,
  LIST,
  PACK,
  READER,
  testRows,
  without,
  withStep,
} from "./verify_rows.ts";
import {
  DIST,
  finished,
  hostOf,
  LANDLOCK,
  published,
  settled,
  started,
} from "./verify_story.ts";

const admittedAt = (seconds: number) => (entries: LedgerDraft[]) =>
  entries.map((each, i) =>
    i < 3 ? each : { ...each, draft: { ...each.draft, at: at(seconds) } }
  );
const outcome = (value: "ok" | "failed" | "cancelled") =>
  editBody("run.sealed", null, (body) => {
    body.outcome = value;
  });

testRows([
  ["the ticket had expired", { ledger: admittedAt(3600) }, "ticket.expired", "ticket.valid"],
  ["the ticket was not yet valid", { ledger: admittedAt(-1) }, "ticket.not_yet_valid", "ticket.valid"],
  ["the ticket is for another decision", {
    ticket: (ticket) => ({ ...ticket, decision: digestOf("another") }),
  }, "ticket.decision", "ticket.valid", "ledger.entries"],
  ["the ticket is for another ledger", {
    ticket: (ticket) => ({ ...ticket, ledger: digestOf("another") }),
  }, "ticket.ledger", "ticket.valid", "ledger.entries"],
  ["the ticket names another requester", {
    ticket: (ticket) => ({
      ...ticket,
      requester: { kind: "agent", id: "bot", key: null },
    }),
  }, "ticket.decision", "ticket.valid"],
  ["a stranger signed the ticket", { approvers: [KEYS.mallory] }, "ticket.signer_unknown", "ticket.valid"],
  ["the runner signed the ticket", { approvers: [KEYS.runner] }, "ticket.signer_not_allowed", "ticket.valid"],
  ["the ticket was revoked before", {
    ledger: (entries) => [
      ...entries.slice(0, 3),
      entry(true, 3, "ticket.revoked", {
        ticket: TICKET_ID,
        reason: "a mistake",
        by: "ana",
      }),
      entries[3],
    ],
  }, "ticket.revoked", "ticket.valid"],
  ["the ticket was never issued", {
    ledger: (entries) =>
      entries.map((each, i) => i === 1 ? { ...each, shown: false } : each),
  }, "ticket.not_issued", "ticket.valid"],
  ["another ticket of that name was issued", {
    ledger: (entries) => [
      entries[0],
      entry(true, 2, "ticket.issued", {
        ticket: TICKET_ID,
        payload: digestOf("another"),
        decision: digestOf("another"),
      }),
      ...entries.slice(2),
    ],
  }, "ticket.not_issued", "ticket.valid"],
  ["the ticket was used up", {
    ledger: (entries) => [...entries.slice(0, 3), admission({ use: 2 }, entries)],
  }, "ticket.uses", "ticket.valid"],
  ["another run was admitted with the same use", {
    ledger: (entries) => [
      ...entries.slice(0, 3),
      admission({ run: OTHER_RUN }, entries),
      entries[3],
    ],
  }, "ticket.uses", "ticket.valid"],
  ["the run was admitted with another ticket", {
    ledger: (entries) => [
      ...entries.slice(0, 3),
      admission({ ticket: "tkt_01KEYHQ8000000000000000009" }, entries),
    ],
  }, "ticket.not_admitted", "ticket.valid", "ledger.entries"],
  ["the run was not admitted", {
    ledger: (entries) => entries.slice(0, 3),
  }, "ledger.admission", "ledger.entries", "ticket.valid"],
  ["the run was admitted for another decision", {
    ledger: (entries) => [
      ...entries.slice(0, 3),
      admission({ decision: digestOf("another") }, entries),
    ],
  }, "ledger.admission", "ledger.entries"],
  ["the run was admitted twice", {
    ledger: (entries) => [...entries, admission({ use: 2 }, entries)],
  }, "ledger.admission", "ledger.entries"],
  ["the ledger did not close the run", { closing: () => [] }, "ledger.closing", "ledger.entries"],
  ["the ledger closed the run twice", {
    closing: (entries) => [...entries, ...entries],
  }, "ledger.closing", "ledger.entries"],
  ["the ledger closed the run with another seal", {
    closing: ([{ draft }]) => [{
      shown: true,
      draft: {
        ...draft,
        body: { ...draft.body, seal: digestOf("another") },
      } as typeof draft,
    }],
  }, "ledger.closing", "ledger.entries"],
  ["an entry is of another ledger", {
    closing: ([{ draft, shown }]) => [
      { draft: { ...draft, ledger: digestOf("another") }, shown },
    ],
  }, "ledger.id", "ledger.entries"],
  ["a receipt is of another run", {
    receipts: (drafts) =>
      drafts.map((draft, i) => i === 2 ? { ...draft, run: OTHER_RUN } : draft),
  }, "receipts.run", "receipts.chain"],
  ["the seal counts other receipts", {
    seal: (seal) => ({ ...seal, count: seal.count + 1 }),
  }, "receipts.count", "receipts.chain"],
  ["the seal has another head", {
    seal: (seal) => ({ ...seal, head: digestOf("another") }),
  }, "receipts.head", "receipts.chain"],
  ["the run was not sealed", {
    receipts: (drafts) => drafts.slice(0, -1),
  }, "receipts.unsealed", "receipts.order", "seal.signature"],
  ["the run was sealed twice", {
    receipts: (drafts) => [...drafts, drafts.at(-1)!],
  }, "receipts.order", "receipts.order"],
  ["something follows the seal", {
    receipts: (drafts) => [...drafts, drafts[1]],
  }, "receipts.order", "receipts.order", "steps.complete"],
  ["the run was not opened", {
    receipts: (drafts) => drafts.slice(1),
  }, "receipts.order", "receipts.order", "ledger.entries", "seal.signature"],
  ["a step ended before it began", {
    steps: ([first, second, ...rest]) => [second, first, ...rest],
  }, "receipts.order", "receipts.order"],
  ["a stranger sealed it", { runner: KEYS.mallory }, "seal.signer_unknown", "seal.signature"],
  ["the approver sealed it", { runner: KEYS.ana }, "seal.signer_not_allowed", "seal.signature"],
  ["the seal is of another run", {
    seal: (seal) => ({ ...seal, run: OTHER_RUN }),
  }, "seal.run", "seal.signature", "bundle.complete", "ledger.entries"],
  ["the seal is of another ticket", {
    seal: (seal) => ({ ...seal, ticket: "tkt_01KEYHQ8000000000000000009" }),
  }, "seal.run", "seal.signature"],
  ["the seal says a better outcome than the receipts", {
    receipts: outcome("failed"),
    seal: (seal) => ({ ...seal, outcome: "ok" }),
  }, "seal.outcome", "seal.signature", "outcome.honest"],
  ["the seal has another product", {
    seal: (seal) => ({
      ...seal,
      products: [{ path: "dist", tree: digestOf("another") }],
    }),
  }, "seal.products", "seal.signature"],
  ["the seal leaves out a product", {
    seal: (seal) => ({ ...seal, products: [] }),
  }, "seal.products", "seal.signature"],
  ["a step was left out in silence", {
    steps: (drafts) => drafts.slice(0, 5),
    receipts: outcome("ok"),
    evidence: new Map(),
    files: dropList,
  }, "steps.missing", "steps.complete", "outcome.honest"],
  ["a step was skipped without a cause", {
    steps: (drafts) => [
      ...drafts.slice(0, 5),
      settled(LIST, "skipped", "no time"),
    ],
    receipts: outcome("failed"),
    files: dropList,
  }, "steps.skipped_without_cause", "steps.complete"],
  ["a step is ok that was never started", {
    steps: without("step.started", "list"),
  }, "steps.not_started", "steps.complete", "receipts.order"],
  ["a step was started and did not end", {
    steps: (drafts) => drafts.slice(0, -1),
    receipts: outcome("ok"),
    files: dropList,
  }, "steps.missing", "steps.complete", "receipts.order", "outcome.honest"],
  ["a step of no plan was run", {
    steps: (drafts) => [
      ...drafts,
      started({ ...LIST, id: "extra" }),
      finished({ ...LIST, id: "extra" }, { evidence: [] }),
    ],
  }, "steps.unknown", "steps.complete"],
  ["a step was tried more often than allowed", {
    steps: (drafts) => [
      started(CHECK),
      finished(CHECK, { status: "failed", reason: "exit 1", exit: 1 }),
      started(CHECK, 2),
      finished(CHECK, { attempt: 2 }),
      ...drafts.slice(2),
    ],
  }, "steps.attempts", "steps.complete"],
  ["a step was run that was not chosen", {
    receipts: editBody("run.opened", null, (body) => {
      body.only = ["check", "pack"];
    }),
  }, "steps.not_chosen", "steps.complete"],
  ["a step began before what it needs was done", {
    steps: (drafts) => [...drafts.slice(2), ...drafts.slice(0, 2)],
  }, "steps.before_needs", "steps.order"],
  ["a step was started with another command", {
    steps: editBody("step.started", "list", (body) => {
      body.argv.push("--verbose");
    }),
  }, "confinement.argv", "steps.confinement"],
  ["a step's sandbox was left open", {
    steps: editBody("step.started", "list", (body) => {
      body.argv = body.argv.filter((word) => word !== "--unshare-all");
    }),
  }, "confinement.argv", "steps.confinement"],
  ["a step was started by another program", {
    steps: editBody("step.started", "list", (body) => {
      body.program = "/usr/bin/env";
    }),
  }, "confinement.argv", "steps.confinement"],
  ["a step saw a folder that it does not read", {
    steps: (drafts) =>
      drafts.map((draft) =>
        draft.type === "step.started" && draft.body.step === "list"
          ? started(LIST, 1, undefined, {
            ...hostOf(LIST),
            binds: [{ path: "secrets", source: "/srv/secrets" }],
          })
          : draft
      ),
  }, "confinement.host", "steps.confinement"],
  ["a step saw all of the system", {
    steps: editBody("step.started", "list", (body) => {
      const system = body.host.system as { top: unknown[] };
      system.top.push({ path: "/home", link: null });
    }),
  }, "confinement.host", "steps.confinement"],
  ["host facts are missing", {
    steps: editBody("step.started", "list", (body) => {
      body.host = {};
    }),
  }, "confinement.host", "steps.confinement"],
  ["a weaker sandbox than the plan wants", {
    pipeline: PIPELINE_WITH_NAMESPACES(),
    plan: withStep("list", { isolation: "namespaces" }),
    steps: (drafts) => [
      ...drafts.slice(0, 5),
      started(LIST, 1, LANDLOCK),
      finished(LIST, {}, LANDLOCK),
    ],
  }, "confinement.isolation", "steps.confinement"],
  ["a gap of the sandbox was not told", {
    steps: (drafts) => [
      ...drafts.slice(0, 5),
      started(LIST, 1, LANDLOCK),
      finished(LIST),
    ],
  }, "confinement.mechanisms", "steps.confinement"],
]);

const REVOKED = { revokedAt: "2026-01-14T11:00:00.000Z" };
const BEFORE: [
  sentence: string,
  trust: ReturnType<typeof trustIn>,
  invariant: string,
  code: string,
][] = [
  ["the approver's key was revoked before", trustIn({ ana: REVOKED }), "ticket.valid", "ticket.signer_not_in_force"],
  ["the runner's key was revoked before", trustIn({ runner: REVOKED }), "seal.signature", "seal.signer_not_in_force"],
  ["the runner's key had ended", trustIn({ runner: { notAfter: at(-1) } }), "seal.signature", "seal.signer_not_in_force"],
  ["the reader wants two approvers", { ...trustIn(), quorum: 2 }, "ticket.valid", "ticket.quorum"],
  ["the reader lists another key under the id", {
    ...trustIn(),
    keys: trustIn({ runner: { publicKey: trustIn().keys[0].publicKey } }).keys,
  }, "seal.signature", "seal.signer_unknown"],
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
});

Deno.test("the same bundle gives the same report", async () => {
  const bundle = await bundleOf();
  assertEquals(
    canonicalText(await verifyBundle(bundle, READER)),
    canonicalText(await verifyBundle(bundle, READER)),
  );
});
