/**
 * A store in Deno KV: a file, or a server that speaks KV Connect.
 *
 * Edge: Deno KV and randomness.
 *
 * @module
 */
import { sameBytes } from "../core/same_bytes.ts";
import { isDigest } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { conflict, sameHead } from "./conflict.ts";
import { KvDatabase, type KvDatabaseOptions } from "./kv_database.ts";
import { checkFormat, checkVersion, FORMAT } from "./kv_format.ts";
import { type Key, KEYS, type KvCommit, layOut } from "./kv_layout.ts";
import { isMade, makeVoid, withMark } from "./kv_mark.ts";
import { extendedBy, LeftRows, type Row } from "./left_rows.ts";
import { parsePlace } from "./kv_place.ts";
import { assign, getAll, readValue } from "./kv_values.ts";
import { DamagedValue, readJson, splitPage, unpack } from "./page.ts";
import {
  type Commit,
  type DocumentKind,
  EMPTY_HEAD,
  type Head,
  type ListOptions,
  type Store,
} from "./store.ts";

/** How many values are read while the lock is held. */
const VALUES_PER_TURN = 50;

/** After how many bytes of pages the others have their turn: what a reader of a chain holds. */
const BYTES_PER_TURN = 1024 * 1024;

/**
 * Opens the store at a path, or at the `http(s)` address of a server that speaks KV Connect
 * (https://github.com/denoland/denokv), to which Deno says the token in `DENO_KV_ACCESS_TOKEN`;
 * that wants leave for the network to its host, and for that name of the environment.
 * An empty or missing file is an empty store, an empty database too.
 *
 * @throws {WritError} `ledger.newer` when a newer Writ wrote it, `ledger.corrupt` when it cannot
 * be read, `store.unwritable` when its folder cannot be written, `store.unavailable` when Deno
 * KV is switched off or the server is out of reach, `ledger.busy` when others do not let go,
 * `usage.invalid` on an address of another kind
 */
export async function kvStore(
  place: string | URL,
  options: KvDatabaseOptions = {},
): Promise<Store> {
  const database = new KvDatabase(parsePlace(place), options);
  try {
    await database.use((kv) => checkFormat(kv, database.where));
  } catch (error) {
    await database.close();
    throw error;
  }
  return new KvStore(database);
}

interface Checked {
  /** What the atomic commit must find unchanged. */
  checks: Row[];
  /** The database is empty. */
  isNew: boolean;
  /** What has changed already. */
  moved: string | null;
}

class KvStore implements Store {
  readonly #database: KvDatabase;
  /** Of a file: at a server a commit may have been made whose answer was lost. */
  readonly #left = new LeftRows();
  /** Commits in a row that came too late. */
  #collisions = 0;

  constructor(database: KvDatabase) {
    this.#database = database;
  }

  head(): Promise<Head> {
    return this.#readHead(KEYS.head);
  }

  entries(from = 0, limit = Infinity): AsyncIterable<Uint8Array> {
    return this.#records(KEYS.head, KEYS.entries, from, limit);
  }

  runHead(run: string): Promise<Head> {
    return this.#readHead(KEYS.runHead(run));
  }

  receipts(run: string): AsyncIterable<Uint8Array> {
    return this.#records(KEYS.runHead(run), KEYS.receipts(run), 0);
  }

  get(kind: DocumentKind, id: string): Promise<Uint8Array | null> {
    return this.#database.use(async (kv) => {
      const { value } = await kv.get(KEYS.document(kind, id));
      return value === null ? null : await readValue(kv, value);
    });
  }

  async *list(
    kind: DocumentKind,
    options: ListOptions = {},
  ): AsyncIterable<{ id: string; bytes: Uint8Array }> {
    const { reverse = false, limit = Infinity, prefix = "", from } = options;
    let first = prefix;
    let last = `${prefix}\u{10ffff}`;
    if (from !== undefined && reverse && `${from}\0` < last) last = `${from}\0`;
    if (from !== undefined && !reverse && from > first) first = from;
    // A range that ends before it starts is refused.
    if (first >= last) return;
    let start: Key = KEYS.document(kind, first);
    let end: Key = KEYS.document(kind, last);
    for (let left = limit; left > 0;) {
      const wanted = Math.min(left, VALUES_PER_TURN);
      const found = await this.#database.use(async (kv) => {
        const rows = kv.list({ start, end }, { reverse, limit: wanted });
        const documents: { id: string; bytes: Uint8Array }[] = [];
        for await (const { key, value } of rows) {
          const id = String(key[key.length - 1]);
          documents.push({ id, bytes: await readValue(kv, value) });
        }
        return documents;
      });
      yield* found;
      if (found.length < wanted) return;
      left -= found.length;
      const last = found[found.length - 1].id;
      // The end of a range is left out, its start is not.
      if (reverse) end = KEYS.document(kind, last);
      else start = KEYS.document(kind, `${last}\0`);
    }
  }

  async commit(change: Commit): Promise<void> {
    const laid = layOut(change);
    const mark = this.#database.isRemote
      ? KEYS.mark(crypto.randomUUID())
      : null;
    let isSent = false;
    let isGivenUp = false;
    let moved: string | null;
    try {
      moved = await this.#database.use(async (kv) => {
        for (;;) {
          const isRemembered = !this.#left.isEmpty;
          const checked = await this.#prepare(kv, change, laid, mark !== null);
          if (checked.moved === null) {
            const operation = operationOf(kv, change, laid, checked);
            if (mark !== null) withMark(operation, mark);
            // Patience may have ended while the server was asked for what it has.
            if (isGivenUp) return "too late";
            isSent = true;
            const done = await operation.commit();
            if (done.ok && mark === null) {
              this.#left.keep(change, checked.checks[0], done);
            }
            // A server that is asked twice refuses what it has done at the first time.
            if (done.ok || mark !== null && await isMade(kv, mark)) return null;
          }
          this.#left.clear();
          if (!isRemembered) return checked.moved ?? "someone else was faster";
        }
      });
    } catch (error) {
      isGivenUp = true;
      this.#left.clear();
      if (mark === null || !isSent || !await this.#wasMade(mark, error)) {
        throw error;
      }
      moved = null;
    }
    if (moved === null) {
      this.#collisions = 0;
      return;
    }
    await this.#database.pause(this.#collisions++);
    throw conflict(moved);
  }

  /** Checks a commit, and writes what goes before it: nothing refers to that yet. */
  async #prepare(
    kv: Deno.Kv,
    change: Commit,
    { before }: KvCommit,
    isMarked: boolean,
  ): Promise<Checked> {
    let checked = await this.#check(kv, change);
    if (checked.moved !== null) return checked;
    if (checked.isNew && (isMarked || before.length > 0)) {
      // What lies in a database without a format is somebody else's.
      await assign(kv.atomic().check(checked.checks[0]), [FORMAT]).commit();
      checked = await this.#check(kv, change);
    }
    for (const batch of before) await assign(kv.atomic(), batch).commit();
    return checked;
  }

  /** What became of a commit that ended in an error; if nothing, then nothing ever will. */
  async #wasMade(mark: Key, cause: unknown): Promise<boolean> {
    try {
      return !await this.#database.use((kv) => makeVoid(kv, mark));
    } catch {
      throw new WritError(
        "store.unavailable",
        `Cannot tell whether the ledger at "${this.#database.where}" was written: the connection broke, and the server does not answer`,
        {
          hint:
            "Look at the ledger once the server answers again: the change is there whole, or not at all",
          cause,
        },
      );
    }
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  /** What the atomic commit must find unchanged, and what has changed already. */
  async #check(
    kv: Deno.Kv,
    change: Commit,
  ): Promise<Checked> {
    const wants: {
      key: Key;
      fault: (row: Row) => string | null | Promise<string | null>;
    }[] = extendedBy(change).map(({ key, append, what }) => ({
      key,
      fault: ({ head, value }) =>
        sameHead(head ?? parseHead(value), append.after)
          ? null
          : `${what} has moved`,
    }));
    for (const { kind, id, expect } of change.put ?? []) {
      if (expect === undefined) continue;
      wants.push({
        key: KEYS.document(kind, id),
        fault: async ({ value }) => {
          const there = value === null ? null : await readValue(kv, value);
          return sameBytes(there, expect)
            ? null
            : `${kind} "${id}" has changed`;
        },
      });
    }
    const rows = await this.#rows(kv, [
      KEYS.format,
      ...wants.map(({ key }) => key),
    ]);
    const [format] = rows;
    if (format.value !== undefined) {
      checkVersion(format.value, this.#database.where);
    }
    const isNew = rows[0].versionstamp === null;
    for (const [i, { fault }] of wants.entries()) {
      const moved = await fault(rows[i + 1]);
      if (moved !== null) return { checks: rows, isNew, moved };
    }
    return { checks: rows, isNew, moved: null };
  }

  async #rows(kv: Deno.Kv, keys: readonly Key[]): Promise<Row[]> {
    const read = await getAll(kv, keys.filter((key) => !this.#left.get(key)));
    return keys.map((key) => this.#left.get(key) ?? { ...read.shift()!, key });
  }

  #readHead(key: Key): Promise<Head> {
    return this.#database.use(async (kv) =>
      parseHead((await kv.get(key)).value)
    );
  }

  /** The records `from` on that the head covers; one turn at the lock for some pages at a time. */
  async *#records(
    headKey: Key,
    pages: Key,
    from: number,
    limit = Infinity,
  ): AsyncIterable<Uint8Array> {
    const head = await this.#readHead(headKey);
    const size = Math.min(head.size, from + limit);
    let next = from < size ? await this.#pageOf(pages, from) : size;
    while (next < size) {
      const records = await this.#database.use((kv) =>
        readPages(kv, pages, next, size)
      );
      for (const record of records) {
        if (next >= from && next < size) yield record;
        next++;
      }
    }
  }

  /** The first record of the page that holds this one. */
  #pageOf(pages: Key, record: number): Promise<number> {
    return this.#database.use(async (kv) => {
      const before = { start: [...pages, 0], end: [...pages, record + 1] };
      const [page] = await Array.fromAsync(
        kv.list(before, { limit: 1, reverse: true }),
      );
      const first = page?.key[page.key.length - 1];
      if (typeof first === "number") return first;
      throw new DamagedValue(`record ${record} is missing`);
    });
  }
}

function operationOf(
  kv: Deno.Kv,
  { unlist = [] }: Commit,
  { atomic }: KvCommit,
  { checks, isNew }: Checked,
): Deno.AtomicOperation {
  const operation = assign(kv.atomic().check(...checks), [
    ...(isNew ? [FORMAT] : []),
    ...atomic,
  ]);
  for (const id of unlist) operation.delete([...KEYS.document("index", id)]);
  return operation;
}

function parseHead(value: unknown): Head {
  if (value === null) return EMPTY_HEAD;
  const bytes = unpack(value);
  if (bytes instanceof Uint8Array) {
    const { size, hash } = readJson(bytes, "a head") as {
      size: number;
      hash: unknown;
    };
    if (Number.isSafeInteger(size) && size > 0 && isDigest(hash)) {
      return { size, hash };
    }
  }
  throw new DamagedValue("a head is damaged");
}

/** The records of the next pages, without a gap from `next` on. */
async function readPages(
  kv: Deno.Kv,
  pages: Key,
  next: number,
  size: number,
): Promise<Uint8Array[]> {
  const records: Uint8Array[] = [];
  const rows = kv.list(
    { start: [...pages, next], end: [...pages, size] },
    // A page holds a record at least.
    { limit: Math.min(VALUES_PER_TURN, size - next) },
  );
  let bytes = 0;
  for await (const { key, value } of rows) {
    if (key[key.length - 1] !== next + records.length) break;
    const page = await readValue(kv, value);
    for (const record of splitPage(page)) records.push(record);
    bytes += page.length;
    if (bytes > BYTES_PER_TURN) break;
  }
  if (records.length > 0) return records;
  throw new DamagedValue(`record ${next} is missing`);
}
