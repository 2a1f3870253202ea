/**
 * Tickets: one that holds, and each thing that makes one not hold.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import fc from "fast-check";
import { canonicalBytes } from "../src/core/canonical_json.ts";
import { digestOf, sha256 } from "../src/core/digest.ts";
import { type Envelope, signEnvelope } from "../src/core/dsse.ts";
import { type ErrorCode, WritError } from "../src/core/errors.ts";
import type { Requester } from "../src/policy/decision.ts";
import {
  checkTicket,
  judgeTicket,
  openTicket,
  type TicketCheck,
} from "../src/ticket/check_ticket.ts";
import { type Ticket, TICKET_TYPE } from "../src/ticket/ticket.ts";
import { otherSignatures } from "./support/envelopes.ts";
import { planOf } from "./support/plans.ts";
import { PERMIT, refused, rules } from "./support/policies.ts";
import {
  type Case,
  type Name,
  RUNS_ALONE,
  signer,
  ticketCheck,
  trustOf,
} from "./support/tickets.ts";

const HOUR = 3_600_000;
const asks = (name: Name, owner: string = name): Requester => ({
  kind: name === "bot" ? "agent" : "human",
  id: owner,
  key: signer(name).id,
});
const two = trustOf({}, { quorum: 2 });

const HOLDS: [sentence: string, setting: Case, signers: string[]][] = [
  ["one approver signed it", {}, ["ana approver"]],
  ["another approver signed it", { signers: ["li"] }, ["li approver"]],
  ["its hour has almost passed", { after: HOUR - 1 }, ["ana approver"]],
  ["it was issued this very moment", { after: 0 }, ["ana approver"]],
  ["somebody else asked for it", {
    facts: { requester: asks("mo") },
  }, ["ana approver"]],
  ["an agent asked for it", { facts: { requester: asks("bot") } }, [
    "ana approver",
  ]],
  ["two people signed it and two are needed", {
    trust: two,
    signers: ["ana", "li"],
  }, ["ana approver", "li approver"]],
  ["the requester signed it too, and somebody else", {
    facts: { requester: { kind: "human", id: "ana", key: null } },
    signers: ["ana", "li"],
  }, ["li approver"]],
  ["somebody asked whose name begins alike", {
    facts: { requester: { kind: "human", id: "anabel/laptop", key: null } },
  }, ["ana approver"]],
  ["the runner's name is of the requester's, and it signed for policy", {
    step: RUNS_ALONE,
    facts: { requester: { kind: "human", id: "ana", key: null } },
    trust: trustOf({ runner: { owner: "ana/runner" } }),
    signers: ["runner"],
  }, ["ana/runner policy"]],
  ["two people have keys of a kind", {
    trust: trustOf({ ana: { owner: "ana/key" }, li: { owner: "li/key" } }, {
      quorum: 2,
    }),
    signers: ["ana", "li"],
  }, ["ana/key approver", "li/key approver"]],
  ["a stranger signed it too", { signers: ["stranger", "ana"] }, [
    "ana approver",
  ]],
  ["the runner signed what policy allows by itself", {
    step: RUNS_ALONE,
    signers: ["runner"],
  }, ["runner policy"]],
  ["the runner signed what policy allows, and people must agree in pairs", {
    step: RUNS_ALONE,
    signers: ["runner"],
    trust: two,
  }, ["runner policy"]],
  ["a person signed what policy allows by itself", { step: RUNS_ALONE }, [
    "ana approver",
  ]],
  ["its signer's key ends later", {
    trust: trustOf({ ana: { notAfter: "2026-01-14T13:00:00.000Z" } }),
  }, ["ana approver"]],
  ["its signer's key is revoked later", {
    trust: trustOf({ ana: { revokedAt: "2026-01-14T13:00:00.000Z" } }),
  }, ["ana approver"]],
];

for (const [sentence, setting, signers] of HOLDS) {
  Deno.test(`a ticket holds when ${sentence}`, async () => {
    const input = await ticketCheck(setting);
    const checked = await checkTicket(input);
    assertEquals(
      checked.signers.map(({ owner, role }) => `${owner} ${role}`),
      signers,
    );
    assertEquals(checked.payloadDigest, sha256(checked.payload));
    assertEquals(checked.ticket, openTicket(input.envelope).ticket);
  });
}

const onlyLi = rules(
  PERMIT.replace("all", "run").replace("action,", 'action == Action::"run",'),
  `@id("li") permit(principal, action == Action::"approve", resource)
when { principal.owner == "li" };`,
);

const FAILS: [sentence: string, code: ErrorCode, setting: Case][] = [
  ["nobody known signed it", "ticket.signer_unknown", {
    signers: ["stranger"],
  }],
  ["its signer's key begins later", "ticket.signer_not_in_force", {
    trust: trustOf({ ana: { notBefore: "2026-01-14T12:00:01.001Z" } }),
  }],
  ["its signer's key has ended", "ticket.signer_not_in_force", {
    trust: trustOf({ ana: { notAfter: "2026-01-14T12:00:01.000Z" } }),
  }],
  ["its signer's key was revoked", "ticket.signer_not_in_force", {
    trust: trustOf({ ana: { revokedAt: "2026-01-14T12:00:01.000Z" } }),
  }],
  ["its signer is no approver", "ticket.signer_not_allowed", {
    signers: ["mo"],
  }],
  ["its signer is an agent", "ticket.signer_not_allowed", {
    trust: trustOf({ bot: { roles: ["approver"] } }),
    signers: ["bot"],
  }],
  ["policy does not let its signer approve", "ticket.signer_not_allowed", {
    policy: onlyLi,
  }],
  ["the runner signed what people must approve", "ticket.signer_not_allowed", {
    signers: ["runner"],
  }],
  [
    "the runner signed under a policy that may not allow by itself",
    "ticket.signer_not_allowed",
    {
      step: RUNS_ALONE,
      signers: ["runner"],
      trust: trustOf({}, { policies: [] }),
    },
  ],
  ["a person's key signs for policy", "ticket.signer_not_allowed", {
    step: RUNS_ALONE,
    signers: ["runner"],
    trust: trustOf({ runner: { kind: "human" } }),
  }],
  ["the key that asked signed it", "ticket.self_approval", {
    facts: { requester: asks("ana", "nobody in particular") },
  }],
  ["the owner who asked signed it", "ticket.self_approval", {
    facts: { requester: { kind: "human", id: "ana", key: null } },
  }],
  ["the owner who asked signed it, otherwise spelt", "ticket.self_approval", {
    facts: { requester: { kind: "human", id: " Ana ", key: null } },
  }],
  ["the owner of the key that asked signed it", "ticket.self_approval", {
    facts: { requester: asks("ana2", "somebody") },
  }],
  [
    "the person who asked signed it, by another name of theirs",
    "ticket.self_approval",
    {
      facts: { requester: { kind: "human", id: "ana/laptop", key: null } },
    },
  ],
  ["the person who asked signed it, in wide letters", "ticket.self_approval", {
    facts: { requester: { kind: "human", id: "Ａｎａ ／laptop", key: null } },
  }],
  ["the person who asked signed it, behind a slash", "ticket.self_approval", {
    facts: { requester: { kind: "human", id: "/ana", key: null } },
  }],
  [
    "the person who asked signed it with a key of another name",
    "ticket.self_approval",
    {
      facts: { requester: { kind: "human", id: "ana", key: null } },
      trust: trustOf({ ana: { owner: "ana/yubikey" } }),
    },
  ],
  ["the person whose other key asked signed it", "ticket.self_approval", {
    facts: { requester: asks("ana2", "somebody") },
    trust: trustOf({ ana2: { owner: "ana/laptop" } }),
  }],
  ["one person signed it by two names", "ticket.quorum", {
    trust: trustOf({ ana2: { owner: "ana/laptop" } }, { quorum: 2 }),
    signers: ["ana", "ana2"],
  }],
  ["one of two people signed it", "ticket.quorum", { trust: two }],
  ["one person signed it with two keys", "ticket.quorum", {
    trust: two,
    signers: ["ana", "ana2"],
  }],
  ["it has expired", "ticket.expired", { after: HOUR }],
  ["it begins later", "ticket.not_yet_valid", { after: -1 }],
];

for (const [sentence, code, setting] of FAILS) {
  Deno.test(`a ticket does not hold when ${sentence}`, async () => {
    const input = await ticketCheck(setting);
    await refused(code, () => checkTicket(input));
  });
}

const sign = (value: unknown, type = TICKET_TYPE) =>
  signEnvelope(type, canonicalBytes(value), [signer("ana")]);
const ticketOf = (input: TicketCheck) => openTicket(input.envelope).ticket;

/** Another ticket, well signed by Ana. */
function resigned(changes: Record<string, unknown>) {
  return async (input: TicketCheck) => ({
    ...input,
    envelope: await sign({ ...ticketOf(input), ...changes }),
  });
}

const withEnvelope = (change: (envelope: Envelope) => Envelope) =>
(
  input: TicketCheck,
) => Promise.resolve({ ...input, envelope: change(input.envelope) });

const BROKEN: [
  sentence: string,
  code: ErrorCode,
  change: (input: TicketCheck) => Promise<TicketCheck>,
][] = [
  ["it is of another type", "ticket.malformed", async (input) => ({
    ...input,
    envelope: await sign(ticketOf(input), "application/json"),
  })],
  ["it is not canonical", "ticket.malformed", async (input) => ({
    ...input,
    envelope: await signEnvelope(
      TICKET_TYPE,
      new TextEncoder().encode(JSON.stringify(ticketOf(input), null, 1)),
      [signer("ana")],
    ),
  })],
  ["it says more", "ticket.malformed", resigned({ more: true })],
  ["its count is a text", "ticket.malformed", resigned({ maxUses: "1" })],
  ["it may be used no time", "ticket.malformed", resigned({ maxUses: 0 })],
  [
    "it ends before it begins",
    "ticket.malformed",
    resigned({
      expiresAt: "2026-01-14T12:00:00.000Z",
    }),
  ],
  [
    "nobody signed it",
    "ticket.malformed",
    withEnvelope((envelope) => ({
      ...envelope,
      signatures: [],
    })),
  ],
  [
    "its base64 has another reading",
    "ticket.malformed",
    withEnvelope(otherSignatures),
  ],
  [
    "its signature is false",
    "ticket.signature",
    withEnvelope((envelope) => ({
      ...envelope,
      signatures: [{
        keyid: envelope.signatures[0].keyid,
        sig: encodeBase64(new Uint8Array(64)),
      }],
    })),
  ],
  [
    "one of its signatures is false",
    "ticket.signature",
    withEnvelope((envelope) => ({
      ...envelope,
      signatures: [...envelope.signatures, {
        keyid: signer("li").id,
        sig: envelope.signatures[0].sig,
      }],
    })),
  ],
  [
    "its bytes were changed after it was signed",
    "ticket.signature",
    (input) =>
      Promise.resolve({
        ...input,
        envelope: {
          ...input.envelope,
          payload: encodeBase64(
            canonicalBytes({ ...ticketOf(input), maxUses: 99 }),
          ),
        },
      }),
  ],
  [
    "it is for another decision",
    "ticket.decision",
    resigned({ decision: digestOf("another") }),
  ],
  [
    "it names another requester",
    "ticket.decision",
    resigned({
      requester: { kind: "human", id: "li", key: null },
    }),
  ],
  [
    "the decision has changed since",
    "ticket.decision",
    (input) =>
      Promise.resolve({
        ...input,
        decision: { ...input.decision, outcomes: [] },
      }),
  ],
  [
    "the plan has changed since",
    "ticket.decision",
    (input) => Promise.resolve({ ...input, plan: planOf({ id: "other" }) }),
  ],
  [
    "the policy has changed since",
    "ticket.decision",
    (input) => Promise.resolve({ ...input, policy: rules(PERMIT) }),
  ],
  [
    "it is for another ledger",
    "ticket.ledger",
    (input) => Promise.resolve({ ...input, ledger: digestOf("elsewhere") }),
  ],
  ["policy denies a step", "policy.denied", async (input) => {
    const [outcome] = input.decision.outcomes;
    const decision = {
      ...input.decision,
      outcomes: [{ ...outcome, outcome: "deny" as const }],
    };
    return {
      ...input,
      decision,
      envelope: await sign({
        ...ticketOf(input),
        decision: digestOf(decision),
      }),
    };
  }],
];

for (const [sentence, code, change] of BROKEN) {
  Deno.test(`a ticket is refused when ${sentence}`, async () => {
    const input = await ticketCheck();
    await checkTicket(input);
    await refused(code, async () => checkTicket(await change(input)));
  });
}

Deno.test("a signature that is listed twice counts once", async () => {
  const input = await ticketCheck({ trust: two });
  const { signatures } = input.envelope;
  const envelope = {
    ...input.envelope,
    signatures: [...signatures, ...signatures],
  };
  const judged = await judgeTicket({ ...input, envelope });
  assertEquals(judged.signers.length, 1);
  assertEquals(judged.missing, 1);
});

Deno.test("whoever is passed over is named with the reason", async () => {
  const input = await ticketCheck({ signers: ["stranger", "mo", "ana"] });
  const { passedOver } = await checkTicket(input);
  assertEquals(passedOver.map(({ id, error }) => [id, error.code]), [
    [signer("stranger").id, "ticket.signer_unknown"],
    [signer("mo").id, "ticket.signer_not_allowed"],
  ]);
});

Deno.test("whatever is changed in a signed ticket, it is refused", async () => {
  const input = await ticketCheck();
  const ticket: Ticket = ticketOf(input);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(ticket)),
      fc.oneof(fc.jsonValue(), fc.constant(undefined)),
      async (field, value) => {
        const changed = { ...ticket, [field]: value };
        fc.pre(digestOf(changed) !== digestOf(ticket));
        const envelope = {
          ...input.envelope,
          payload: encodeBase64(canonicalBytes(changed)),
        };
        // Which of the codes it is, the table above says.
        await assertRejects(
          () => checkTicket({ ...input, envelope }),
          WritError,
        );
      },
    ),
    { numRuns: 60 },
  );
});
