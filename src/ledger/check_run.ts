/**
 * Checking one run of a ledger: its receipts, its entries and its seal must fit each other.
 *
 * @module
 */
import { decodeBase64 } from "@std/encoding/base64";
import { canonicalText } from "../core/canonical_json.ts";
import { type Digest, sha256 } from "../core/digest.ts";
import { EnvelopeSchema } from "../core/dsse.ts";
import { ReceiptCheck } from "./check_chain.ts";
import { sameHead } from "./conflict.ts";
import type { EntryBodies } from "./entry.ts";
import type { RunFacts } from "./ledger_facts.ts";
import { failing, type LedgerFault } from "./ledger_fault.ts";
import type { ReceiptBodies, ReceiptType } from "./receipt.ts";
import { parseStored, type RunRecord } from "./records.ts";
import { SealSchema } from "./seal.ts";
import type { Store } from "./store.ts";

/**
 * What is wrong with a run that the entries tell of, and how many receipts it has.
 *
 * @throws {WritError} `ledger.corrupt` when it cannot even be read
 */
export async function checkRun(
  store: Store,
  run: string,
  facts: RunFacts,
  record: Pick<RunRecord, "plan" | "only">,
): Promise<{ receipts: number; faults: LedgerFault[] }> {
  const { admitted, resumed, closed } = facts;
  const before = await store.runHead(run);
  const check = new ReceiptCheck(run);
  let receipts = 0;
  let last: ReceiptType | undefined;
  const named: { seq: number; hash: Digest }[] = [];
  let opened: ReceiptBodies["run.opened"] | undefined;
  for await (const line of store.receipts(run)) {
    if (check.head.size === before.size) break;
    const receipt = check.add(line);
    if (receipt === undefined) continue;
    receipts++;
    last = receipt.type;
    if (receipt.type === "run.opened") opened = receipt.body;
    if (receipt.type === "run.opened" || receipt.type === "run.resumed") {
      named.push(receipt.body.entry);
    }
  }
  const { head, faults } = check;
  const refs = [admitted, ...resumed];
  const wrong = failing([
    [
      opened === undefined || opened.plan === record.plan &&
        canonicalText(opened.only) === canonicalText(record.only),
      "run.record",
      "its record is not what its first receipt says",
    ],
    [
      sameHead(head, before),
      "run.head",
      "its receipts do not end at its head",
    ],
    [
      named.length === refs.length &&
      refs.every(({ seq, hash }, i) =>
        named[i].seq === seq && named[i].hash === hash
      ),
      "run.entries",
      "its receipts name other entries than the ledger has",
    ],
    [
      closed === null ||
      closed.body.head === head.hash && closed.body.count === head.size,
      "run.closing",
      "it was closed with another head or count",
    ],
    [
      closed === null || last === "run.sealed",
      "run.unsealed",
      "it was closed unsealed",
    ],
    [
      closed === null || await isSeal(store, run, closed.body),
      "run.seal",
      "its seal is not what closed it",
    ],
  ]);
  return { receipts, faults: [...wrong, ...faults] };
}

async function isSeal(
  store: Store,
  run: string,
  closed: EntryBodies["run.closed"],
): Promise<boolean> {
  const bytes = await store.get("seal", run);
  if (bytes === null || sha256(bytes) !== closed.envelope) return false;
  const payload = payloadOf(bytes, "its seal");
  if (sha256(payload) !== closed.seal) return false;
  const seal = parseStored(payload, SealSchema, "its seal");
  return seal.run === run && seal.outcome === closed.outcome &&
    seal.head === closed.head && seal.count === closed.count;
}

/** What an envelope's signatures are over. */
export function payloadOf(envelope: Uint8Array, what: string): Uint8Array {
  return decodeBase64(parseStored(envelope, EnvelopeSchema, what).payload);
}
