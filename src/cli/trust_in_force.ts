/**
 * The trust that was accepted for a workspace.
 *
 * @module
 */
import { parseCanonical } from "../core/canonical_json.ts";
import { type Pins, readPinned } from "../policy/pins.ts";
import { type Trust, TrustSchema } from "../ticket/trust.ts";

/**
 * As it was pinned, whatever the workspace proposes now; `null` where nothing is in force.
 *
 * @throws {WritError} `config.unsafe`
 */
export async function trustInForce(
  config: string,
  pins: Pins | null,
): Promise<Trust | null> {
  if (pins === null) return null;
  const { trust } = await readPinned(config, pins);
  return TrustSchema.parse(parseCanonical(trust, "the trust in force"));
}
