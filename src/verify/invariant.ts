/**
 * What an invariant is, and how it says what it found.
 *
 * @module
 */
import type { BundleParts } from "../bundle/parse_bundle.ts";
import type { Part } from "../bundle/part.ts";
import type { Digest } from "../core/digest.ts";
import type { Checkpoint } from "../ledger/checkpoint.ts";
import type { ReadTile } from "../ledger/tree_reader.ts";
import type { Trust } from "../ticket/trust.ts";
import type { InvariantVerdict, Reason, ReasonCode } from "./report.ts";

/** What the reader has of the ledger from elsewhere. */
export interface SeenLedger {
  /** A checkpoint that the reader keeps, with which the bundle's must agree. */
  checkpoint: Checkpoint;
  /** The tiles of an export of the ledger, for a proof that the bundle does not hold. */
  tiles?: ReadTile;
}

/** What the reader brings. */
export interface VerifyOptions {
  /** The reader's own trust; `null`: no signature can be judged, and the verdict is failure. */
  trust: Trust | null;
  /** The moment of reading, RFC 3339. */
  now: string;
  /** What is asked is what the runner could know when it sealed the run: neither seal nor closing. */
  sealing?: boolean;
  /** What the reader knows from elsewhere. */
  expect?: {
    plan?: Digest;
    /** SHA-256 of the bytes of the pipeline file. */
    pipeline?: Digest;
    /** The whole commit id. */
    commit?: string;
  };
  /** What the reader has seen of the ledger, if anything. */
  seen?: SeenLedger;
}

/**
 * One thing that verify checks. `check` returns nothing but what it found wrong or could not
 * check: no findings are a `PASS`. One that has nothing to check says so (`nothing`), and only of
 * a bundle of which it could have been checked.
 */
export interface Invariant {
  id: string;
  title: string;
  /**
   * Whether the runner decides it before it seals, and writes into the seal what it found: not what
   * asks for the reader, the seal or the ledger's proofs. `cut`: it looks at less then.
   */
  beforeSeal: "same" | "cut" | false;
  /** `before`: what the invariants that are checked before it have found, by id. */
  check(
    parts: BundleParts,
    options: VerifyOptions,
    before: ReadonlyMap<string, Findings>,
  ): Findings | Promise<Findings>;
}

/** One finding of an invariant. */
export interface Finding extends Reason {
  verdict: Exclude<InvariantVerdict, "PASS">;
}

/** The findings of one invariant, in the order in which they were made. */
export class Findings {
  readonly list: Finding[] = [];
  /** Whose signatures hold, by what they signed for. */
  readonly signers: {
    as: "approver" | "runner";
    owner: string;
    key: Digest;
  }[] = [];

  /** What is true instead of the invariant's title: that there was nothing to check. */
  nothing: string | null = null;

  readonly #rests = new Set<string>();

  /** The files of the bundle that were looked at, sorted. */
  get rests(): string[] {
    return [...this.#rests].sort();
  }

  /** Something a reader should know that makes nothing untrue. */
  warn(code: ReasonCode, message: string, ...pointers: string[]): void {
    this.list.push({ verdict: "WARN", code, message, pointers });
  }

  /** Something that is not true. */
  fail(code: ReasonCode, message: string, ...pointers: string[]): void {
    this.list.push({ verdict: "FAIL", code, message, pointers });
  }

  /** Something that could not be checked. */
  unknown(code: ReasonCode, message: string, ...pointers: string[]): void {
    this.list.push({ verdict: "UNKNOWN", code, message, pointers });
  }

  /** The value of a part that this invariant answers for: what is wrong with it is a failure. */
  own<T>(part: Part<T>): T | undefined {
    if (part.file !== undefined) this.#rests.add(part.file);
    for (const { code, message, pointer } of part.faults ?? []) {
      this.fail(code, message, pointer);
    }
    return part.value;
  }

  /** The value of a part that another invariant answers for: without it nothing can be known. */
  need<T>(part: Part<T>): T | undefined {
    if (part.file !== undefined) this.#rests.add(part.file);
    if (part.faults) {
      const file = part.faults[0].pointer.split("#")[0];
      this.unknown(
        "part.unreadable",
        `This needs "${file}", which cannot be read`,
        file,
      );
    }
    return part.value;
  }

  /** The worst of the findings; `PASS` when there are none. */
  get verdict(): InvariantVerdict {
    const verdicts = new Set(this.list.map(({ verdict }) => verdict));
    return SEVERITY.find((verdict) => verdicts.has(verdict)) ?? "PASS";
  }

  /** The findings as a report holds them. */
  get reasons(): Reason[] {
    return this.list.map(({ code, message, pointers }) => ({
      code,
      message,
      pointers,
    }));
  }
}

/** Worst first: what is known to be untrue outweighs what is not known. */
const SEVERITY = ["FAIL", "UNKNOWN", "WARN"] as const;
