/**
 * The index of tickets by plan: what may be executed is looked for among the tickets for that very
 * plan, however many others there are.
 *
 * @module
 */
import * as z from "zod";
import { type Digest, DigestSchema } from "../core/digest.ts";
import { parseStored } from "./records.ts";
import type { Put, Store } from "./store.ts";

/** Of a decision, what it is about. */
const AboutSchema: z.ZodType<{ plan: Digest }> = z.looseObject({
  plan: DigestSchema,
});

/** How the ids begin under which the tickets for a plan are listed. */
export function byPlan(plan: Digest): string {
  return `plan/${plan}/`;
}

/** What lists a ticket. */
export function listingOf(ticket: string, plan: Digest): Put {
  return {
    kind: "index",
    id: byPlan(plan) + ticket,
    bytes: new Uint8Array(),
  };
}

/**
 * The plan that a decision is about.
 *
 * @param decision its bytes
 * @throws {WritError} `ledger.corrupt` when they are not one
 */
export function planOf(decision: Uint8Array): Digest {
  return parseStored(decision, AboutSchema, "a decision").plan;
}

/**
 * Whether a ticket is listed under the plan that its decision is about. Of a ticket whose decision
 * is not kept nothing can be executed, and nothing is looked for.
 *
 * @throws {WritError} `ledger.corrupt` when the decision cannot be read
 */
export async function isListedByPlan(
  store: Store,
  ticket: string,
  decision: Digest,
): Promise<boolean> {
  const bytes = await store.get("document", decision);
  if (bytes === null) return true;
  const { id } = listingOf(ticket, planOf(bytes));
  return await store.get("index", id) !== null;
}
