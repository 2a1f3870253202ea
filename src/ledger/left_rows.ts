/**
 * The heads and the format of a database as this process left them with its last commit. They need
 * not be read before the next one, which finds out itself whether another process has written
 * meanwhile.
 *
 * @module
 */
import { type Key, KEYS } from "./kv_layout.ts";
import type { Append, Commit, Head } from "./store.ts";

/** What a key holds. */
export interface Row {
  key: Key;
  versionstamp: string | null;
  /** As it was read; `undefined` where it is remembered. */
  value?: unknown;
  /** The head that is remembered. */
  head?: Head;
}

/** A chain that a commit appends to. */
export interface Extended {
  /** Where its head lies. */
  key: Key;
  append: Append;
  /** The head in words. */
  what: string;
}

/** Of so many keys it is remembered what they hold. */
const MOST = 100;

/** Rows by key. */
export class LeftRows {
  readonly #rows = new Map<string, Row>();

  /** Nothing is remembered. */
  get isEmpty(): boolean {
    return this.#rows.size === 0;
  }

  /** What is remembered of a key. */
  get(key: Key): Row | undefined {
    return this.#rows.get(nameOf(key));
  }

  /** Forgets everything: another process has written. */
  clear(): void {
    this.#rows.clear();
  }

  /** Remembers the heads that a commit has written, and the format, unless the commit made it. */
  keep(
    change: Commit,
    format: Row,
    { versionstamp }: { versionstamp: string },
  ): void {
    if (this.#rows.size > MOST) this.clear();
    if (format.versionstamp !== null) {
      const { key, versionstamp } = format;
      this.#rows.set(nameOf(key), { key, versionstamp });
    }
    for (const { key, append } of extendedBy(change)) {
      const { after, records, hash } = append;
      const head = { size: after.size + records.length, hash };
      this.#rows.set(nameOf(key), { key, versionstamp, head });
    }
  }
}

/** The chains that a commit appends to: no commit changes another head. */
export function extendedBy({ entries, receipts = [] }: Commit): Extended[] {
  const runs = receipts.map(({ run, append }) => ({
    key: KEYS.runHead(run),
    append,
    what: `the head of run "${run}"`,
  }));
  if (entries === undefined) return runs;
  const what = "the ledger's head";
  return [{ key: KEYS.head, append: entries, what }, ...runs];
}

function nameOf(key: Key): string {
  return key.join("\0");
}
