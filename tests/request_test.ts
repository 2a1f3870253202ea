/**
 * Requests and handed-over tickets: nothing in them is believed.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { canonicalBytes } from "../src/core/canonical_json.ts";
import { digestOf, sha256 } from "../src/core/digest.ts";
import type { ErrorCode } from "../src/core/errors.ts";
import { newRequestId } from "../src/core/id.ts";
import { type TreeEntry, treeRoot } from "../src/core/tree.ts";
import type { Requester } from "../src/policy/decision.ts";
import { decide } from "../src/policy/decide.ts";
import { decisionDigest } from "../src/policy/decision.ts";
import { DEFAULT_POLICY } from "../src/policy/default_policy.ts";
import { issueTicket } from "../src/ticket/issue_ticket.ts";
import {
  openRequest,
  requestBytes,
  requestEnvelope,
  type WritRequest,
} from "../src/ticket/request.ts";
import { openTicketFile, ticketFileBytes } from "../src/ticket/ticket_file.ts";
import { trustDigest } from "../src/ticket/trust.ts";
import { otherSignatures } from "./support/envelopes.ts";
import { factsOf, planOf } from "./support/plans.ts";
import { PERMIT, refused, rules } from "./support/policies.ts";
import { LEDGER, NOW, signer, TICKET_ID, trustOf } from "./support/tickets.ts";

const ENTRIES: TreeEntry[] = ["a.ts", "b.ts"].map((path) => ({
  path,
  mode: "100644",
  digest: digestOf(path),
}));
const ROOT = treeRoot(ENTRIES);
const OTHER = treeRoot(ENTRIES.slice(1));
const BOT: Requester = { kind: "agent", id: "bot", key: signer("bot").id };
const CLAIMED: Requester = { kind: "agent", id: "bot", key: null };

const PIPELINE = JSON.stringify({
  name: "release",
  steps: {
    push: { run: ["true"], permissions: { net: true, read: ["src"] } },
  },
});

async function requestOf(
  requester: Requester,
  trust = trustOf(),
): Promise<WritRequest> {
  const plan = planOf({
    id: "push",
    permissions: { net: true, read: ["src"] },
    materials: [{ path: "src", tree: ROOT, files: 2, bytes: 8 }],
  });
  const decision = await decide(
    plan,
    DEFAULT_POLICY,
    trustDigest(trust),
    factsOf({ requester }),
  );
  return {
    v: 1,
    id: newRequestId(NOW),
    ledger: LEDGER,
    pipeline: { file: "pipeline.json", text: PIPELINE },
    plan,
    decision,
    policy: DEFAULT_POLICY.files,
    trust,
    trees: { [ROOT]: ENTRIES },
    requester,
    reason: "please",
    at: "2026-01-14T12:00:00.000Z",
  };
}

async function signedBytes(request: WritRequest, by: "bot" | "mo" = "bot") {
  return canonicalBytes(await requestEnvelope(request, signer(by)));
}

Deno.test("a request without a signature is opened as a claim", async () => {
  const request = await requestOf(CLAIMED);
  assertEquals(await openRequest(requestBytes(request), trustOf()), {
    request,
    signed: false,
  });
});

Deno.test("a signed request is opened as its signer's", async () => {
  const request = await requestOf(BOT);
  assertEquals(await openRequest(await signedBytes(request), trustOf()), {
    request,
    signed: true,
  });
});

const WRONG: [
  sentence: string,
  change: (request: WritRequest) => WritRequest | Promise<WritRequest>,
][] = [
  ["says more", (r) => ({ ...r, more: 1 }) as WritRequest],
  ["names a key and is not signed", () => requestOf(BOT)],
  ["holds another plan", (r) => ({ ...r, plan: planOf({ id: "push" }) })],
  ["holds another policy", (r) => ({ ...r, policy: rules(PERMIT).files })],
  ["holds another trust", (r) => ({ ...r, trust: trustOf({}, { quorum: 2 }) })],
  ["holds another requester", (r) => ({
    ...r,
    requester: { kind: "human", id: "li", key: null },
  })],
  ["turns review into allow", (r) => ({
    ...r,
    decision: {
      ...r.decision,
      outcomes: [{ ...r.decision.outcomes[0], outcome: "allow" }],
    },
  })],
  ["leaves out what a reviewer must look at", (r) => ({
    ...r,
    decision: {
      ...r.decision,
      outcomes: [{ ...r.decision.outcomes[0], obligations: [] }],
    },
  })],
  ["leaves out an outcome", (r) => ({
    ...r,
    decision: { ...r.decision, outcomes: [] },
  })],
  ["has a step whose digest is another's", (r) => {
    const plan = {
      ...r.plan,
      steps: [{ ...r.plan.steps[0], digest: digestOf("x") }],
    };
    return { ...r, plan, decision: { ...r.decision, plan: digestOf(plan) } };
  }],
  ["shows other files than the plan's", (r) => ({
    ...r,
    trees: { [ROOT]: [{ ...ENTRIES[0], digest: digestOf("x") }, ENTRIES[1]] },
  })],
  ["shows files out of order", (r) => ({
    ...r,
    trees: { [ROOT]: ENTRIES.toReversed() },
  })],
  ["shows no files", (r) => ({ ...r, trees: {} })],
  ["shows files that are not the plan's", (r) => ({
    ...r,
    trees: { [ROOT]: ENTRIES, [OTHER]: ENTRIES.slice(1) },
  })],
];

for (const [sentence, change] of WRONG) {
  Deno.test(`a request that ${sentence} is refused`, async () => {
    const request = await requestOf(CLAIMED);
    await openRequest(requestBytes(request), trustOf());
    const bytes = requestBytes(await change(request));
    await refused("input.invalid", () => openRequest(bytes, trustOf()));
  });
}

const SIGNATURES: [
  sentence: string,
  code: ErrorCode,
  act: () => Promise<{ bytes: Uint8Array; trust?: ReturnType<typeof trustOf> }>,
][] = [
  ["whose key trust does not know", "ticket.signer_unknown", async () => ({
    bytes: await signedBytes(await requestOf(BOT)),
    trust: trustOf({}, { keys: [] }),
  })],
  ["whose key may not ask", "ticket.signer_not_allowed", async () => ({
    bytes: await signedBytes(await requestOf(BOT)),
    trust: trustOf({ bot: { roles: ["runner"] } }),
  })],
  [
    "that names another than its signer",
    "ticket.signer_not_allowed",
    async () => ({
      bytes: await signedBytes(await requestOf({ ...BOT, id: "ana" })),
    }),
  ],
  [
    "of an agent that calls itself human",
    "ticket.signer_not_allowed",
    async () => ({
      bytes: await signedBytes(await requestOf({ ...BOT, kind: "human" })),
    }),
  ],
  ["whose key was revoked", "ticket.signer_not_in_force", async () => ({
    bytes: await signedBytes(await requestOf(BOT)),
    trust: trustOf({ bot: { revokedAt: "2026-01-02T00:00:00.000Z" } }),
  })],
  ["with a false signature", "ticket.signature", async () => {
    const one = await requestEnvelope(await requestOf(BOT), signer("bot"));
    const two = await requestEnvelope(
      { ...await requestOf(BOT), reason: "now" },
      signer("bot"),
    );
    return {
      bytes: canonicalBytes({ ...one, signatures: two.signatures }),
    };
  }],
  ["with two signatures", "ticket.signer_unknown", async () => {
    const one = await requestEnvelope(await requestOf(BOT), signer("bot"));
    return {
      bytes: canonicalBytes({
        ...one,
        signatures: [...one.signatures, ...one.signatures],
      }),
    };
  }],
  ["in base64 of another form", "input.invalid", async () => ({
    bytes: canonicalBytes(otherSignatures(
      await requestEnvelope(await requestOf(BOT), signer("bot")),
    )),
  })],
  ["in an envelope of another type", "input.invalid", async () => ({
    bytes: canonicalBytes({
      ...await requestEnvelope(await requestOf(BOT), signer("bot")),
      payloadType: "application/json",
    }),
  })],
];

for (const [sentence, code, act] of SIGNATURES) {
  Deno.test(`a signed request ${sentence} is refused`, async () => {
    const { bytes, trust = trustOf() } = await act();
    await refused(code, () => openRequest(bytes, trust));
  });
}

Deno.test("nobody signs a request that names another key", async () => {
  const request = await requestOf(BOT);
  await refused("usage.invalid", () => requestEnvelope(request, signer("mo")));
});

async function ticketFile() {
  const { plan, decision, trees } = await requestOf(CLAIMED);
  const { envelope, ticket } = await issueTicket({
    decision,
    ledger: LEDGER,
    seen: null,
    requester: decision.facts.requester,
    reason: "",
    now: NOW,
    id: TICKET_ID,
    signers: [signer("ana")],
  });
  return { file: { v: 1 as const, envelope, plan, decision, trees }, ticket };
}

Deno.test("a ticket that is handed over comes with what it is for", async () => {
  const { file, ticket } = await ticketFile();
  assertEquals(openTicketFile(ticketFileBytes(file)), { file, ticket });
  assertEquals(ticket.decision, decisionDigest(file.decision));
});

Deno.test("a ticket that is handed over with something else is refused", async (t) => {
  const { file } = await ticketFile();
  const cases: [name: string, code: ErrorCode, change: object][] = [
    ["another decision", "ticket.decision", {
      decision: { ...file.decision, trust: sha256(new Uint8Array()) },
    }],
    ["another plan", "ticket.decision", { plan: planOf({ id: "push" }) }],
    ["other trees", "ticket.decision", { trees: {} }],
    ["more", "ticket.malformed", { more: 1 }],
  ];
  for (const [name, code, change] of cases) {
    await t.step(name, () =>
      refused(
        code,
        () =>
          Promise.try(() =>
            openTicketFile(canonicalBytes({ ...file, ...change }))
          ),
      ).then((error) => assert(error.message !== "")));
  }
});
