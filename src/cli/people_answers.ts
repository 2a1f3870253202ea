/**
 * What `--json` answers where people decide: requests, approvals, tickets, keys, trust and policy.
 *
 * @module
 */
import * as z from "zod";
import { type Digest, DigestSchema } from "../core/digest.ts";
import { EnvelopeSchema } from "../core/dsse.ts";
import { type TicketState, TicketStateSchema } from "../ledger/records.ts";
import { type Facts, FactsSchema } from "../policy/decision.ts";
import type { Explanation } from "../policy/explain.ts";
import { type Pins, PinsSchema } from "../policy/pins.ts";
import type { Differences } from "../ticket/differences.ts";
import { type KeyringKey, PUBLIC_KEY_FIELDS } from "../ticket/keyring.ts";
import type { SetupResult } from "../ticket/setup.ts";
import { type Ticket, TicketSchema } from "../ticket/ticket.ts";
import {
  RecipientSchema,
  RetentionSchema,
  type Trust,
  TrustedKeySchema,
  TrustSchema,
} from "../ticket/trust.ts";
import type { TrustGap } from "../ticket/trust_gaps.ts";
import { count, RUN_STATES, text } from "./answer_parts.ts";
import type { RunUnder, ShownTicket } from "./shown_ticket.ts";

/** Of `request`: its id, and the absolute path of its file. */
export interface RequestAnswer {
  request: string;
  file: string;
}

/** Of `approve`: all `null` where the person who was asked said no. */
export interface ApproveAnswer {
  ticket: Ticket | null;
  /** How many more approvers must sign. */
  missing: number | null;
  /** The file that was asked for; `null` where the ticket is in the ledger. */
  out: string | null;
}

/** Of `tickets list`, the newest first. */
export interface TicketsAnswer {
  tickets: ShownTicket[];
}

/** Of `tickets show`. */
export interface TicketAnswer extends ShownTicket {
  /** The newest first. */
  runs: RunUnder[];
}

/**
 * Of `tickets revoke`; `revoked` is `null` where the person who was asked said no, and where it
 * was used up or had expired already.
 */
export interface RevokeAnswer {
  ticket: string;
  revoked: TicketState["revoked"];
}

/** Of `keys new`. */
export interface KeyAnswer {
  key: KeyringKey;
}

/** Of `keys list`. */
export interface KeysAnswer {
  keys: KeyringKey[];
}

/** Of `trust show`. */
export interface TrustAnswer {
  /** The root, absolute. */
  workspace: string;
  digest: Digest;
  inForce: boolean;
  /** What was accepted; `null` where nothing was. */
  pins: Pins | null;
  trust: Trust;
}

/** Of `trust add` and `trust revoke`: the file as it is now. */
export interface TrustChangeAnswer {
  trust: Trust;
}

/** Of `trust accept`. */
export interface AcceptAnswer {
  accepted: boolean;
  changes: Differences;
  /** What is in force now; `null` where nothing is. */
  pins: Pins | null;
  gaps: TrustGap[];
}

/** Of `policy check`. */
export interface PolicyAnswer {
  workspace: string;
  from: "workspace" | "embedded";
  /** Sorted. */
  files: string[];
  digest: Digest;
  inForce: boolean;
}

/** Of `policy explain`. */
export interface ExplainAnswer {
  plan: Digest;
  facts: Facts;
  /** Why what policy allows waits for people all the same; `null` where it does not. */
  waits: string | null;
  steps: Explanation[];
}

/** Of `setup`. */
export interface SetupAnswer extends SetupResult {
  workspace: string;
}

const RequestAnswerSchema: z.ZodType<RequestAnswer> = z.strictObject({
  request: text,
  file: text,
});

const ApproveAnswerSchema: z.ZodType<ApproveAnswer> = z.strictObject({
  ticket: TicketSchema.nullable(),
  missing: count.nullable(),
  out: text.nullable(),
});

const shownTicket = {
  ticket: TicketSchema,
  envelope: EnvelopeSchema,
  state: TicketStateSchema,
  status: z.enum(["open", "early", "expired", "used", "revoked"]),
  pipeline: text,
  steps: z.array(text),
  plan: DigestSchema,
  signers: z.array(z.strictObject({ key: text, owner: text.nullable() })),
};

const TicketsAnswerSchema: z.ZodType<TicketsAnswer> = z.strictObject({
  tickets: z.array(z.strictObject(shownTicket)),
});

const TicketAnswerSchema: z.ZodType<TicketAnswer> = z.strictObject({
  ...shownTicket,
  runs: z.array(z.strictObject({
    run: text,
    state: z.enum(RUN_STATES),
    next: text.nullable(),
  })),
});

const RevokeAnswerSchema: z.ZodType<RevokeAnswer> = z.strictObject({
  ticket: text,
  revoked: z.strictObject({
    at: text,
    reason: text,
    by: text,
    seq: count,
  }).nullable(),
});

const key = { ...PUBLIC_KEY_FIELDS, name: text, sealed: z.boolean() };

const KeyAnswerSchema: z.ZodType<KeyAnswer> = z.strictObject({
  key: z.strictObject(key),
});

const KeysAnswerSchema: z.ZodType<KeysAnswer> = z.strictObject({
  keys: z.array(z.strictObject(key)),
});

const TrustAnswerSchema: z.ZodType<TrustAnswer> = z.strictObject({
  workspace: text,
  digest: DigestSchema,
  inForce: z.boolean(),
  pins: PinsSchema.nullable(),
  trust: TrustSchema,
});

const TrustChangeAnswerSchema: z.ZodType<TrustChangeAnswer> = z.strictObject({
  trust: TrustSchema,
});

const change = z.enum(["added", "removed"]);
const trustDifference = z.union([
  z.strictObject({ what: z.literal("key"), change, key: TrustedKeySchema }),
  z.strictObject({
    what: z.literal("key"),
    change: z.literal("changed"),
    key: TrustedKeySchema,
    fields: z.array(z.strictObject({ name: text, from: text, to: text })),
  }),
  z.strictObject({ what: z.literal("quorum"), from: count, to: count }),
  z.strictObject({ what: z.literal("witnesses"), from: count, to: count }),
  z.strictObject({
    what: z.literal("recipient"),
    change,
    recipient: RecipientSchema,
  }),
  z.strictObject({
    what: z.literal("retention"),
    from: RetentionSchema,
    to: RetentionSchema,
  }),
  z.strictObject({
    what: z.literal("policies"),
    added: z.array(text),
    removed: z.array(text),
  }),
]);

const AcceptAnswerSchema: z.ZodType<AcceptAnswer> = z.strictObject({
  accepted: z.boolean(),
  changes: z.strictObject({
    policy: z.array(z.strictObject({
      file: text,
      change: z.enum(["added", "removed", "changed"]),
      lines: z.array(z.strictObject({
        op: z.enum(["added", "removed", "same"]),
        text,
      })),
    })),
    trust: z.array(trustDifference),
  }),
  pins: PinsSchema.nullable(),
  gaps: z.array(z.strictObject({
    about: z.enum(["approvers", "witnesses", "runner", "ledger", "unattended"]),
    what: text,
    hint: text.nullable(),
  })),
});

const PolicyAnswerSchema: z.ZodType<PolicyAnswer> = z.strictObject({
  workspace: text,
  from: z.enum(["workspace", "embedded"]),
  files: z.array(text),
  digest: DigestSchema,
  inForce: z.boolean(),
});

const ExplainAnswerSchema: z.ZodType<ExplainAnswer> = z.strictObject({
  plan: DigestSchema,
  facts: FactsSchema,
  waits: text.nullable(),
  steps: z.array(z.strictObject({
    step: text,
    outcome: z.enum(["allow", "review", "deny"]),
    summary: text,
    rules: z.array(text),
    values: z.array(text),
    help: text.nullable(),
  })),
});

const SetupAnswerSchema: z.ZodType<SetupAnswer> = z.strictObject({
  workspace: text,
  keys: z.array(z.strictObject({ ...key, made: z.boolean() })),
  files: z.array(z.strictObject({ path: text, made: z.boolean() })),
  pins: PinsSchema.nullable(),
  pinned: z.boolean(),
});

/** By command. */
export const PEOPLE_ANSWERS = {
  request: RequestAnswerSchema,
  approve: ApproveAnswerSchema,
  "tickets list": TicketsAnswerSchema,
  "tickets show": TicketAnswerSchema,
  "tickets revoke": RevokeAnswerSchema,
  "keys new": KeyAnswerSchema,
  "keys list": KeysAnswerSchema,
  "trust show": TrustAnswerSchema,
  "trust add": TrustChangeAnswerSchema,
  "trust revoke": TrustChangeAnswerSchema,
  "trust accept": AcceptAnswerSchema,
  "policy check": PolicyAnswerSchema,
  "policy explain": ExplainAnswerSchema,
  setup: SetupAnswerSchema,
} as const;
