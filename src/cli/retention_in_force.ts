/**
 * How long evidence of a ledger is kept by what is in force now.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { longer } from "../evidence/retention.ts";
import { listPins } from "../policy/pins.ts";
import { RETENTION, type Retention } from "../ticket/trust.ts";
import { trustInForce } from "./trust_in_force.ts";

/**
 * The longest of all workspaces that share the ledger: no run says whose it was, and what is still
 * wanted in one of them must not go in another.
 *
 * @throws {WritError} `config.unsafe`
 */
export async function retentionInForce(
  config: string,
  ledger: Digest,
): Promise<Retention> {
  const pinned = (await listPins(config))
    .filter((pins) => pins.ledger === ledger);
  const all = await Promise.all(
    pinned.map(async (pins) =>
      (await trustInForce(config, pins))?.retention ?? RETENTION
    ),
  );
  if (all.length === 0) return RETENTION;
  return all.reduce((a, b) => ({
    public: longer(a.public, b.public),
    sealed: longer(a.sealed, b.sealed),
  }));
}
