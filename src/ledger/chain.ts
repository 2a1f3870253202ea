/**
 * Hash chains of receipts and entries: making the next link, and walking a whole chain.
 *
 * The hash of a record is `SHA-256(0x00 || bytes)` (the leaf hash of RFC 6962 section 2.1)
 * over its canonical bytes; `prev` is the hash of the record before.
 *
 * @module
 */
import { canonicalBytes, parseCanonical } from "../core/canonical_json.ts";
import { type Digest, leafHash, leafHex } from "../core/digest.ts";
import { isWritError, WritError } from "../core/errors.ts";
import {
  type Entry,
  type EntryBodies,
  EntrySchema,
  type EntryType,
} from "./entry.ts";
import { OrderGuard } from "./order.ts";
import {
  type Actor,
  type Receipt,
  type ReceiptBodies,
  ReceiptSchema,
  type ReceiptType,
} from "./receipt.ts";
import { ascii, Scanner } from "./scan.ts";
import { EMPTY_HEAD, type Head } from "./store.ts";

/** A receipt before it has a place in its chain. */
export type ReceiptDraft = {
  [T in ReceiptType]: {
    run: string;
    at: string;
    type: T;
    actor: Actor;
    body: ReceiptBodies[T];
  };
}[ReceiptType];

/** An entry before it has a place in the ledger. */
export type EntryDraft = {
  [T in EntryType]: {
    ledger: Digest;
    at: string;
    type: T;
    body: EntryBodies[T];
  };
}[EntryType];

/** A receipt in its place: its canonical bytes, their hash, and the head of the chain that it ends. */
export interface ReceiptLink {
  receipt: Receipt;
  bytes: Uint8Array;
  hash: Digest;
  head: Head;
}

/** An entry in its place: its canonical bytes, their hash, and the head of the chain that it ends. */
export interface EntryLink {
  entry: Entry;
  bytes: Uint8Array;
  hash: Digest;
  head: Head;
}

/** What is wrong with one record of a chain; `index` is the `seq` that its place asks for. */
export interface ChainFault {
  index: number;
  code:
    /** Not JSON, or not canonical. */
    | "chain.bytes"
    | "chain.schema"
    /** Another run's receipt, another ledger's entry. */
    | "chain.owner"
    | "chain.seq"
    | "chain.prev"
    | "chain.order";
  message: string;
}

/** Puts a receipt after `head`. */
export function nextReceipt(head: Head, draft: ReceiptDraft): ReceiptLink {
  const receipt = {
    ...draft,
    v: 1,
    seq: head.size,
    prev: head.hash,
  } as Receipt;
  const bytes = canonicalBytes(receipt);
  const hash = leafHash(bytes);
  return { receipt, bytes, hash, head: { size: head.size + 1, hash } };
}

/** Puts an entry after `head`. */
export function nextEntry(head: Head, draft: EntryDraft): EntryLink {
  const entry = { ...draft, v: 1, seq: head.size, prev: head.hash } as Entry;
  const bytes = canonicalBytes(entry);
  const hash = leafHash(bytes);
  return { entry, bytes, hash, head: { size: head.size + 1, hash } };
}

/**
 * Reads receipts, each from its bytes, without looking at how they hang together.
 *
 * @throws {WritError} `input.invalid` at the first that is not one.
 */
export function readReceipts(lines: Iterable<Uint8Array>): Receipt[] {
  const receipts: Receipt[] = [];
  for (const line of lines) {
    const what = `receipt ${receipts.length}`;
    const parsed = ReceiptSchema.safeParse(parseCanonical(line, what));
    if (!parsed.success) {
      throw new WritError("input.invalid", `Cannot read ${what}: not one`, {
        faults: parsed.error.issues.map(({ path, message }) => ({
          message: `${path.join(".")}: ${message}`,
        })),
        cause: parsed.error,
      });
    }
    receipts.push(parsed.data);
  }
  return receipts;
}

/** What a walk of a chain found. */
export interface ChainWalk {
  head: Head;
  faults: ChainFault[];
}

const LINK_NAMES = {
  run: ["run", "seq", "prev"].map(ascii),
  ledger: ["ledger", "seq", "prev"].map(ascii),
};

/**
 * Walks a chain: canonical bytes, `seq`, `prev` and owner (`run` of receipts, `ledger` of
 * entries; that of the first record where none is given), compared with what was hashed.
 * The rest of each record is not looked at: that is what {@linkcode checkReceiptChain} adds.
 * `after` is the head that the first of the lines must follow.
 */
export function walkChain(
  lines: Iterable<Uint8Array>,
  kind: "receipt" | "entry",
  owner?: string,
  after: Head = EMPTY_HEAD,
): ChainWalk {
  const ownerKey = kind === "receipt" ? "run" : "ledger";
  const scanner = new Scanner(LINK_NAMES[ownerKey]);
  const faults: ChainFault[] = [];
  let seq = after.size;
  // Digits alone: a text that was joined would be copied for each comparison.
  let before = after.hash?.slice(PREFIX.length) ?? null;
  let expected = owner;
  let ownerText = JSON.stringify(expected) ?? "";
  for (const line of lines) {
    const isSound = scanner.scan(line) && scanner.is(0, ownerText) &&
      scanner.is(1, String(seq)) &&
      (before === null
        ? scanner.is(2, "null")
        : scanner.isString(2, PREFIX, before));
    if (!isSound) {
      const value = parseLink(line);
      const said = value?.[ownerKey];
      if (expected === undefined && typeof said === "string") {
        expected = said;
        ownerText = JSON.stringify(said);
      }
      const wanted = { [ownerKey]: expected, seq, prev: digestOf(before) };
      faults.push(...linkFaults(value, kind, ownerKey, wanted));
    }
    before = leafHex(line);
    seq++;
  }
  return { head: { size: seq, hash: digestOf(before) }, faults };
}

const PREFIX = "sha256:";

function digestOf(hex: string | null): Digest | null {
  return hex === null ? null : `${PREFIX}${hex}`;
}

const SCANNER = new Scanner([]);

/** Whether a reader takes these bytes for a record's: canonical, and not too deep. */
export function isReadable(bytes: Uint8Array): boolean {
  return SCANNER.scan(bytes) || parseLink(bytes) !== undefined;
}

/** What is wrong with a record that does not look right at once: maybe nothing. */
function linkFaults(
  value: Record<string, unknown> | undefined,
  kind: "receipt" | "entry",
  ownerKey: string,
  wanted: Record<string, unknown>,
): ChainFault[] {
  const index = wanted.seq as number;
  if (value === undefined) {
    const message =
      `${kind} ${index}: its bytes are not canonical JSON (RFC 8785)`;
    return [{ index, code: "chain.bytes", message }];
  }
  const found: ChainFault[] = [];
  const codes = { [ownerKey]: "chain.owner", ...FIELD_CODES } as const;
  for (const [key, code] of Object.entries(codes)) {
    if (value[key] !== undefined && value[key] === wanted[key]) continue;
    const message = `${kind} ${index}: "${key}" is ${quoted(value[key])}, ${
      quoted(wanted[key])
    } was expected`;
    found.push({ index, code, message });
  }
  return found;
}

const FIELD_CODES = { seq: "chain.seq", prev: "chain.prev" } as const;

/** A whole run's chain: the walk, the schema of every receipt, and their legal order. */
export function checkReceiptChain(
  lines: Iterable<Uint8Array>,
  run?: string,
): { receipts: Receipt[]; head: Head; faults: ChainFault[] } {
  const all = [...lines];
  const { head, faults } = walkChain(all, "receipt", run);
  const receipts: Receipt[] = [];
  const guard = new OrderGuard();
  parseSound(all, faults).forEach((value, index) => {
    if (value === undefined) return;
    const parsed = ReceiptSchema.safeParse(value);
    if (!parsed.success) {
      faults.push(schemaFault("receipt", index, parsed.error.issues));
      return;
    }
    receipts.push(parsed.data);
    try {
      guard.accept(parsed.data);
    } catch (error) {
      if (!isWritError(error, "receipt.illegal")) throw error;
      faults.push({ index, code: "chain.order", message: error.message });
    }
  });
  return { receipts, head, faults };
}

/** A ledger's chain, from `after` on: the walk and the schema of every entry. */
export function checkEntryChain(
  lines: Iterable<Uint8Array>,
  ledger?: Digest,
  after: Head = EMPTY_HEAD,
): { entries: Entry[]; head: Head; faults: ChainFault[] } {
  const all = [...lines];
  const { head, faults } = walkChain(all, "entry", ledger, after);
  const entries: Entry[] = [];
  parseSound(all, faults, after.size).forEach((value, i) => {
    const index = after.size + i;
    if (value === undefined) return;
    const parsed = EntrySchema.safeParse(value);
    if (parsed.success) entries.push(parsed.data);
    else faults.push(schemaFault("entry", index, parsed.error.issues));
  });
  return { entries, head, faults };
}

/** The values of lines; `undefined` where the walk has found that they hold none. */
function parseSound(
  lines: readonly Uint8Array[],
  faults: readonly ChainFault[],
  first = 0,
): unknown[] {
  const broken = new Set(
    faults.filter(({ code }) => code === "chain.bytes").map(({ index }) =>
      index
    ),
  );
  return lines.map((line, i) =>
    broken.has(first + i) ? undefined : parseLink(line)
  );
}

function schemaFault(
  kind: string,
  index: number,
  issues: readonly { path: PropertyKey[]; message: string }[],
): ChainFault {
  const said = issues.map(({ path, message }) =>
    `${path.map(String).join(".") || "value"}: ${message}`
  ).join("; ");
  return { index, code: "chain.schema", message: `${kind} ${index}: ${said}` };
}

function quoted(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value).slice(0, 100);
}

/** The object that canonical bytes hold, or `undefined`. */
function parseLink(bytes: Uint8Array): Record<string, unknown> | undefined {
  let value: unknown;
  try {
    value = parseCanonical(bytes, "a record");
  } catch (error) {
    if (isWritError(error, "input.invalid")) return undefined;
    throw error;
  }
  const isObject = typeof value === "object" && value !== null &&
    !Array.isArray(value);
  return isObject ? value as Record<string, unknown> : undefined;
}
