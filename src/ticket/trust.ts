/**
 * Trust: whose keys a reader believes, for what role, owned by whom, until when.
 *
 * @module
 */
import * as z from "zod";
import { type Digest, digestOf, DigestSchema } from "../core/digest.ts";
import { TimeSchema } from "../core/time.ts";

/** What a key may sign for. */
export type Role =
  | "approver"
  | "requester"
  | "runner"
  | "ledger"
  | "policy"
  | "witness";

/** Every role. */
export const ROLES: readonly Role[] = [
  "approver",
  "requester",
  "runner",
  "ledger",
  "policy",
  "witness",
];

/** Schema of a {@linkcode Role}. */
export const RoleSchema: z.ZodType<Role> = z.enum(ROLES);

/** A public key and what it is believed for. */
export interface TrustedKey {
  /** SHA-256 of the 32 raw bytes of the public key. */
  id: Digest;
  /** The raw public key (32 bytes), base64. */
  publicKey: string;
  /**
   * Who answers for it: a person, or a person and which of their keys it is, after a slash
   * (`ada/laptop`). Names that differ in case, width or space only are one owner.
   */
  owner: string;
  /** Who signs with it: a person, an AI agent, or software. */
  kind: "human" | "agent" | "system";
  /** At least one. */
  roles: Role[];
  /** From when on its signatures count: RFC 3339, UTC, milliseconds. */
  notBefore: string;
  /** `null`: no end. */
  notAfter: string | null;
  /** From when on its signatures no longer count; `null`: not revoked. */
  revokedAt: string | null;
}

/** Somebody who can open sealed evidence. */
export interface Recipient {
  /** An X25519 public key as age writes it: `age1…`. */
  recipient: string;
  /** Who holds the identity that opens it. */
  owner: string;
}

/** How long evidence is kept, in days from its capture; `null`: for ever. */
export interface Retention {
  /** Of what anybody who has the bundle can read. */
  public: number | null;
  /** Of what is encrypted for the recipients in trust. */
  sealed: number | null;
}

/** What holds where trust says nothing. */
export const RETENTION: Retention = { public: 30, sealed: 7 };

/** A trust file. */
export interface Trust {
  /** Format version; any other is refused. */
  v: 1;
  /** Each key once; whoever is not listed is not believed. */
  keys: TrustedKey[];
  /** How many people must approve a ticket; all owners of one name before the slash are one. */
  quorum: number;
  /**
   * How many witnesses, different people, must have cosigned a checkpoint that covers a run
   * before verify believes its ledger; none where it is not given.
   */
  witnesses?: number;
  /** Policy digests under which the runner's key (role `policy`) may issue tickets for what policy allows. */
  policies: Digest[];
  /** For whom evidence of steps that say `"evidence": "sealed"` is encrypted: for each of them. */
  recipients?: Recipient[];
  /** Left out: {@linkcode RETENTION}. */
  retention?: Retention;
}

const days = z.int().min(0).max(36_500).nullable();

/** Schema of a {@linkcode TrustedKey}. */
export const TrustedKeySchema: z.ZodType<TrustedKey> = z.strictObject({
  id: DigestSchema,
  publicKey: z.base64(),
  owner: z.string().min(1),
  kind: z.enum(["human", "agent", "system"]),
  roles: z.array(RoleSchema).min(1),
  notBefore: TimeSchema,
  notAfter: TimeSchema.nullable(),
  revokedAt: TimeSchema.nullable(),
});

/** Schema of a {@linkcode Recipient}. */
export const RecipientSchema: z.ZodType<Recipient> = z.strictObject({
  recipient: z.string(),
  owner: z.string().min(1),
});

/** Schema of a {@linkcode Retention}. */
export const RetentionSchema: z.ZodType<Retention> = z.strictObject({
  public: days,
  sealed: days,
});

/** Schema of a {@linkcode Trust}. */
export const TrustSchema: z.ZodType<Trust> = z.strictObject({
  v: z.literal(1),
  keys: z.array(TrustedKeySchema),
  quorum: z.int().min(1),
  witnesses: z.int().min(0).optional(),
  policies: z.array(DigestSchema),
  recipients: z.array(RecipientSchema).optional(),
  retention: RetentionSchema.optional(),
});

/** The digest of trust: SHA-256 of its canonical bytes. */
export function trustDigest(trust: Trust): Digest {
  return digestOf(trust);
}
