/**
 * The format of a database: ours, and one that this version knows.
 *
 * Edge: Deno KV.
 *
 * @module
 */
import { canonicalBytes, parseCanonical } from "../core/canonical_json.ts";
import { WritError } from "../core/errors.ts";
import { type Assignment, FORMAT_VERSION, KEYS } from "./kv_layout.ts";
import { CORRUPT_HINT } from "./records.ts";

/** What the first commit writes beside everything else. */
export const FORMAT: Assignment = {
  key: KEYS.format,
  value: canonicalBytes({ v: FORMAT_VERSION }),
};

/**
 * Looks whether a database is a ledger, or empty.
 *
 * @throws {WritError} `ledger.newer`, `ledger.corrupt`
 */
export async function checkFormat(kv: Deno.Kv, where: string): Promise<void> {
  const { value } = await kv.get(KEYS.format);
  if (value !== null) return checkVersion(value, where);
  for await (const _ of kv.list({ prefix: [] }, { limit: 1 })) {
    // The format comes with whatever is first: another may have written both meanwhile.
    const { value } = await kv.get(KEYS.format);
    if (value !== null) return checkVersion(value, where);
    throw new WritError(
      "ledger.corrupt",
      `Cannot use "${where}" as a ledger: it holds data of something else`,
      { hint: "Name another state folder" },
    );
  }
}

/** Looks at the value of the format's key; `null` is that of an empty database. */
export function checkVersion(value: unknown, where: string): void {
  if (value === null) return;
  let version: unknown;
  try {
    version = (parseCanonical(value as Uint8Array, "the format") as {
      v: unknown;
    }).v;
  } catch (cause) {
    throw new WritError(
      "ledger.corrupt",
      `Cannot read the ledger "${where}": its format is damaged`,
      { hint: CORRUPT_HINT, cause },
    );
  }
  if (typeof version === "number" && version > FORMAT_VERSION) {
    throw new WritError(
      "ledger.newer",
      `Cannot use the ledger "${where}": its format is ${version}, this Writ knows ${FORMAT_VERSION}`,
      { hint: "Update Writ; the ledger was left as it is" },
    );
  }
  if (version !== FORMAT_VERSION) {
    throw new WritError(
      "ledger.corrupt",
      `Cannot read the ledger "${where}": its format is unknown`,
      { hint: CORRUPT_HINT },
    );
  }
}
