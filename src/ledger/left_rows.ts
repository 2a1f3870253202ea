/**
 * The heads and the format of a database as this process left them with its last commit. They need
 * not be read before the next one, which finds out itself whether another process has written
 * meanwhile.
 *
 * @module
 */
import { type Key, KEYS, type KvCommit } from "./kv_layout.ts";

/** What a key holds, or held when this process last wrote it. */
export interface Row {
  key: Key;
  value: unknown;
  versionstamp: string | null;
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

  /** Remembers what a commit wrote of the heads among `checked`, and that the format did not change. */
  keep(
    { atomic }: KvCommit,
    checked: readonly Row[],
    { versionstamp }: { versionstamp: string },
  ): void {
    if (this.#rows.size > MOST) this.clear();
    for (const row of checked) {
      const name = nameOf(row.key);
      const written = atomic.find(({ key }) => nameOf(key) === name);
      if (isHead(row.key) && written !== undefined) {
        this.#rows.set(name, { ...written, versionstamp });
      } else if (isFormat(row.key) && row.versionstamp !== null) {
        this.#rows.set(name, row);
      } else this.#rows.delete(name);
    }
  }
}

function nameOf(key: Key): string {
  return key.join("\0");
}

function isFormat(key: Key): boolean {
  return key[1] === KEYS.format[1];
}

/** Whether a key is that of a head: no commit changes one that it does not follow. */
function isHead([, kind]: Key): boolean {
  return kind === KEYS.head[1] || kind === KEYS.runHead("")[1];
}
