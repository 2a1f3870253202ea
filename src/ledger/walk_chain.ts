/**
 * Walking a hash chain of receipts or entries, record by record: nothing of a chain is held in
 * memory but where the walk stands, and the first faults.
 *
 * @module
 */
import { parseCanonical } from "../core/canonical_json.ts";
import { type Digest, leafHex } from "../core/digest.ts";
import { isWritError } from "../core/errors.ts";
import { ascii, Scanner } from "./scan.ts";
import { EMPTY_HEAD, type Head } from "./store.ts";

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

/** What a walk of a chain found. */
export interface ChainWalk {
  head: Head;
  faults: ChainFault[];
}

/** How many faults of one chain are kept; a reader learns nothing from the thousandth. */
export const MAX_CHAIN_FAULTS = 1_000;

const LINK_NAMES = {
  run: ["run", "seq", "prev"].map(ascii),
  ledger: ["ledger", "seq", "prev"].map(ascii),
};

/**
 * Walks a chain: canonical bytes, `seq`, `prev` and owner (`run` of receipts, `ledger` of
 * entries; that of the first record where none is given), compared with what was hashed.
 * The rest of each record is not looked at.
 */
export class ChainWalker {
  readonly faults: ChainFault[] = [];
  readonly #kind: "receipt" | "entry";
  readonly #ownerKey: "run" | "ledger";
  readonly #scanner: Scanner;
  #owner: string | undefined;
  #ownerText: string;
  #seq: number;
  /** Digits alone: a text that was joined would be copied for each comparison. */
  #before: string | null;

  /** `after` is the head that the first record must follow. */
  constructor(
    kind: "receipt" | "entry",
    owner?: string,
    after: Head = EMPTY_HEAD,
  ) {
    this.#kind = kind;
    this.#ownerKey = kind === "receipt" ? "run" : "ledger";
    this.#scanner = new Scanner(LINK_NAMES[this.#ownerKey]);
    this.#owner = owner;
    this.#ownerText = JSON.stringify(owner) ?? "";
    this.#seq = after.size;
    this.#before = after.hash?.slice(PREFIX.length) ?? null;
  }

  /** How many records the chain has so far. */
  get size(): number {
    return this.#seq;
  }

  /** The head of the chain so far. */
  get head(): Head {
    return { size: this.#seq, hash: digestOf(this.#before) };
  }

  /** Takes the next record; `false` when its bytes are not a canonical object. */
  add(line: Uint8Array): boolean {
    const scanner = this.#scanner;
    const before = this.#before;
    const isSound = scanner.scan(line) && scanner.is(0, this.#ownerText) &&
      scanner.is(1, String(this.#seq)) &&
      (before === null
        ? scanner.is(2, "null")
        : scanner.isString(2, PREFIX, before));
    const isRecord = isSound || this.#look(line);
    this.#before = leafHex(line);
    this.#seq++;
    return isRecord;
  }

  /** Keeps a fault, unless there are very many. */
  fault(fault: ChainFault): void {
    if (this.faults.length < MAX_CHAIN_FAULTS) this.faults.push(fault);
  }

  /** Looks closely at a record that does not look right at once: maybe nothing is wrong. */
  #look(line: Uint8Array): boolean {
    const value = parseRecord(line);
    const said = value?.[this.#ownerKey];
    if (this.#owner === undefined && typeof said === "string") {
      this.#owner = said;
      this.#ownerText = JSON.stringify(said);
    }
    const wanted = {
      [this.#ownerKey]: this.#owner,
      seq: this.#seq,
      prev: digestOf(this.#before),
    };
    linkFaults(value, this.#kind, this.#ownerKey, wanted)
      .forEach((each) => this.fault(each));
    return value !== undefined;
  }
}

/** Walks a chain whose records are at hand. */
export function walkChain(
  lines: Iterable<Uint8Array>,
  kind: "receipt" | "entry",
  owner?: string,
  after: Head = EMPTY_HEAD,
): ChainWalk {
  const walker = new ChainWalker(kind, owner, after);
  for (const line of lines) walker.add(line);
  const { head, faults } = walker;
  return { head, faults };
}

const PREFIX = "sha256:";

function digestOf(hex: string | null): Digest | null {
  return hex === null ? null : `${PREFIX}${hex}`;
}

const SCANNER = new Scanner([]);

/** Whether a reader takes these bytes for a record's: canonical, and not too deep. */
export function isReadable(bytes: Uint8Array): boolean {
  return SCANNER.scan(bytes) || parseRecord(bytes) !== undefined;
}

/** What is wrong with how a record hangs in its chain. */
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

function quoted(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value).slice(0, 100);
}

/** The object that canonical bytes hold, or `undefined`. */
function parseRecord(bytes: Uint8Array): Record<string, unknown> | undefined {
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
