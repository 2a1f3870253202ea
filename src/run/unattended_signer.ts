/**
 * The keys that sign with nobody there to ask: the runner's and the ledger's.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import type { Signer } from "../core/keys.ts";
import { loadSigner } from "../ticket/keyring.ts";

/**
 * A key that signs without a passphrase.
 *
 * @throws {WritError} `keys.missing`, `keys.unsafe`, `keys.passphrase`
 */
export function unattendedSigner(
  config: string,
  name: "runner" | "ledger",
): Promise<Signer> {
  return loadSigner(config, name, () => {
    throw new WritError(
      "keys.passphrase",
      `Cannot use the ${name}'s key: it is sealed by a passphrase`,
      { hint: `The ${name}'s key must lie open, since nobody is there to ask` },
    );
  });
}
