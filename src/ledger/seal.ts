/**
 * The seal: the runner's signature over how a run ended.
 *
 * @module
 */
import * as z from "zod";
import { type Digest, DigestSchema } from "../core/digest.ts";

/** The DSSE payload type of a seal. */
export const SEAL_TYPE = "application/vnd.writ.seal.v1+json";

/** The payload of a seal's DSSE envelope, as canonical bytes. */
export interface Seal {
  v: 1;
  ledger: Digest;
  run: string;
  ticket: string;
  outcome: "ok" | "failed" | "cancelled" | "indeterminate";
  /** Hash of the last receipt. */
  head: Digest;
  /** How many receipts the run has. */
  count: number;
  /** What was published, by path. */
  products: { path: string; tree: Digest }[];
}

/** Schema of a {@linkcode Seal}. */
export const SealSchema: z.ZodType<Seal> = z.strictObject({
  v: z.literal(1),
  ledger: DigestSchema,
  run: z.string(),
  ticket: z.string(),
  outcome: z.enum(["ok", "failed", "cancelled", "indeterminate"]),
  head: DigestSchema,
  count: z.int().min(1),
  products: z.array(z.strictObject({ path: z.string(), tree: DigestSchema })),
});
