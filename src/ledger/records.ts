/**
 * The documents that lie beside the chains: what is known of a run and of a ticket, so that
 * nobody has to walk the ledger for it. `verify` recomputes them from the chains.
 *
 * @module
 */
import * as z from "zod";
import { parseCanonical } from "../core/canonical_json.ts";
import { type Digest, DigestSchema, sha256 } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { TimeSchema } from "../core/time.ts";
import type { EvidenceClass } from "../pipeline/pipeline.ts";
import type { RunOutcome } from "./receipt.ts";
import type { Store } from "./store.ts";

/** What is known of a run. */
export interface RunRecord {
  v: 1;
  run: string;
  ticket: string;
  plan: Digest;
  decision: Digest;
  only: string[] | null;
  /** The use of the ticket, from 1. */
  use: number;
  openedAt: string;
  /** `null` while it is not closed. */
  closedAt: string | null;
  /** `running` while it is not closed: whether a runner still holds it is asked of its lock. */
  status: "running" | RunOutcome;
  /** Digest of the seal's payload. */
  seal: Digest | null;
  /** The `seq` of its entries in the ledger, ascending. */
  entries: number[];
  /** Which classes of its evidence have expired, and which are still kept; left out where none has expired. */
  evidence?: { expired: EvidenceClass[]; kept: EvidenceClass[] };
}

/**
 * Where a run stands. `running`: a runner holds it. `interrupted`: none does, and no step was
 * under way. `indeterminate`: none does, and nobody saw how a step ended.
 */
export type RunState = "running" | "interrupted" | RunOutcome;

/** What is known of a ticket beside its envelope. */
export interface TicketState {
  v: 1;
  ticket: string;
  /** Digest of the ticket's payload. */
  payload: Digest;
  decision: Digest;
  maxUses: number;
  uses: number;
  /** The `seq` of its `ticket.issued`. */
  issued: number;
  revoked: { at: string; reason: string; by: string; seq: number } | null;
}

const count = z.int().min(0);
const classes = z.array(z.enum(["public", "sealed"]));

/** The fields of a {@linkcode RunRecord}, for schemas of what holds more. */
export const RUN_RECORD_FIELDS = {
  v: z.literal(1),
  run: z.string(),
  ticket: z.string(),
  plan: DigestSchema,
  decision: DigestSchema,
  only: z.array(z.string()).nullable(),
  use: z.int().min(1),
  openedAt: TimeSchema,
  closedAt: TimeSchema.nullable(),
  status: z.enum(["running", "ok", "failed", "cancelled", "indeterminate"]),
  seal: DigestSchema.nullable(),
  entries: z.array(count).min(1),
  evidence: z.strictObject({ expired: classes, kept: classes }).optional(),
};

/** Schema of a {@linkcode RunRecord}. */
export const RunRecordSchema: z.ZodType<RunRecord> = z.strictObject(
  RUN_RECORD_FIELDS,
);

/** Schema of a {@linkcode TicketState}. */
export const TicketStateSchema: z.ZodType<TicketState> = z.strictObject({
  v: z.literal(1),
  ticket: z.string(),
  payload: DigestSchema,
  decision: DigestSchema,
  maxUses: z.int().min(1),
  uses: count,
  issued: count,
  revoked: z.strictObject({
    at: TimeSchema,
    reason: z.string(),
    by: z.string(),
    seq: count,
  }).nullable(),
});

/**
 * Reads what the ledger itself has stored.
 *
 * @throws {WritError} `ledger.corrupt`
 */
export function parseStored<T>(
  bytes: Uint8Array,
  schema: z.ZodType<T>,
  what: string,
): T {
  try {
    return schema.parse(parseCanonical(bytes, what));
  } catch (cause) {
    throw new WritError(
      "ledger.corrupt",
      `Cannot read ${what} from the ledger: it is damaged`,
      { hint: CORRUPT_HINT, cause },
    );
  }
}

/** What to do about a damaged ledger. */
export const CORRUPT_HINT =
  "Nothing was changed. Keep the state folder as it is and restore it from a copy; bundles prove their runs without it";

/**
 * A plan, decision or other document; `null` when there is none.
 *
 * @throws {WritError} `ledger.corrupt` when its bytes are not what the digest says
 */
export async function readDocument(
  store: Store,
  id: Digest,
): Promise<Uint8Array | null> {
  const bytes = await store.get("document", id);
  if (bytes === null || sha256(bytes) === id) return bytes;
  throw new WritError(
    "ledger.corrupt",
    `Cannot read document "${id}" from the ledger: its bytes are another's`,
    { hint: CORRUPT_HINT },
  );
}
