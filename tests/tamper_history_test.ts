/**
 * The whole history is written anew by somebody who has every key, the ledger's too: whoever has seen the
 * ledger before finds it out. And any byte of a store that is another is found by walking it.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { isWritError } from "../src/core/errors.ts";
import type { DocumentKind, Store } from "../src/ledger/store.ts";
import { MemoryStore } from "../src/ledger/memory_store.ts";
import {
  type Checkpoint,
  parseCheckpoint,
  signCheckpoint,
} from "../src/ledger/checkpoint.ts";
import { tileName } from "../src/ledger/tile.ts";
import { TreeEdge } from "../src/ledger/tree_edge.ts";
import type { ReadTile } from "../src/ledger/tree_reader.ts";
import { verifyBundle } from "../src/verify/verify.ts";
import {
  facing,
  makeTicket,
  openLedger,
  verifyLedger,
  wholeRun,
} from "./support/ledger.ts";
import { SHARES, Tally } from "./tamper.ts";
import {
  asBundle,
  at,
  bundleFiles,
  bundleOf,
  type Changes,
  entry,
  KEYS,
  leavesOf,
  type LedgerDraft,
  OTHER_RUN,
} from "./verify_fixtures.ts";
import { READER } from "./verify_rows.ts";

const tally = new Tally();

// What a reader has seen

/** Entries of others between the ticket and the admission. */
const PADDING = 9;

const history = (
  change: (entries: LedgerDraft[]) => LedgerDraft[],
): Changes => ({
  ledger: (entries) => [
    ...entries.slice(0, 3),
    ...change(
      Array.from(
        { length: PADDING },
        (_, i) =>
          entry(false, 3, "run.resumed", {
            run: `${OTHER_RUN.slice(0, -1)}${i}`,
          }),
      ),
    ),
    entries[3],
  ],
});
const FIRST = 3;
const TRUE = history((entries) => entries);

const CHANGES: [
  kind: string,
  change: (entries: LedgerDraft[], i: number) => LedgerDraft[],
][] = [
  ["an entry is another", (entries, i) =>
    entries.with(i, {
      ...entries[i],
      draft: { ...entries[i].draft, at: at(2) },
    })],
  ["an entry is hidden", (entries, i) => entries.toSpliced(i, 1)],
  [
    "an entry stands twice",
    (entries, i) => entries.toSpliced(i, 0, entries[i]),
  ],
  [
    "an entry is put in",
    (entries, i) =>
      entries.toSpliced(
        i,
        0,
        entry(false, 3, "run.resumed", { run: OTHER_RUN }),
      ),
  ],
  [
    "two entries are swapped",
    (entries, i) =>
      entries.with(i, entries[(i + 1) % PADDING]).with(
        (i + 1) % PADDING,
        entries[i],
      ),
  ],
  ["the tail is cut off", (entries, i) => entries.slice(0, i)],
];

async function headsOf(changes: Changes): Promise<Checkpoint[]> {
  const leaves = await leavesOf(changes);
  return await Promise.all(
    Array.from({ length: leaves.length }, async (_, i) => {
      const { edge } = TreeEdge.EMPTY.append(leaves.slice(0, i + 1));
      const note = await signCheckpoint(edge.head, KEYS.ledger);
      return parseCheckpoint(note, "what was seen");
    }),
  );
}

async function tilesOf(changes: Changes): Promise<ReadTile> {
  const { tiles } = TreeEdge.EMPTY.append(await leavesOf(changes));
  const byName = new Map(tiles.map((tile) => [tileName(tile), tile.bytes]));
  return (tile) => Promise.resolve(byName.get(tileName(tile)) ?? null);
}

Deno.test("the true history agrees with all that was ever seen of it", async () => {
  const bundle = await bundleOf(TRUE);
  const tiles = await tilesOf(TRUE);
  for (const checkpoint of await headsOf(TRUE)) {
    const seen = { checkpoint, tiles };
    const report = await verifyBundle(bundle, { ...READER, seen });
    assertEquals([checkpoint.size, report.exit], [checkpoint.size, 0]);
  }
});

Deno.test("a history that was written anew with the ledger's own key is found out by whoever has seen it", async () => {
  const seen = await headsOf(TRUE);
  const exports = await tilesOf(TRUE);
  for (let i = 0; i < PADDING; i++) {
    for (const [kind, change] of CHANGES) {
      const forged = history((entries) => change(entries, i));
      const bundle = asBundle(await bundleFiles(forged));
      const others = await tilesOf(forged);
      // What was seen before the first entry that is another is still true.
      const first = FIRST +
        (kind.startsWith("two") && i + 1 === PADDING ? 0 : i);
      for (const checkpoint of seen.filter(({ size }) => size > first + 1)) {
        for (const tiles of [exports, others]) {
          const whose = tiles === exports ? "the true" : "the forged";
          await tally.attack({
            kind: `${kind}, to a reader with ${whose} export`,
            what: `${FIRST + i} seen at ${checkpoint.size}`,
            bundle,
            reader: { ...READER, seen: { checkpoint, tiles } },
            by: [["ledger.seen", "seen.differs", "seen.unproven"]],
          });
        }
      }
    }
  }
});

// A store, byte by byte

const KINDS: DocumentKind[] = [
  "ticket",
  "ticket-state",
  "document",
  "run",
  "seal",
  "checkpoint",
  "tile",
];

/** What may be said of a change in each kind of record. */
const SAID: { [kind: string]: string[] } = {
  "entry": ["chain.bytes", "chain.schema", "chain.owner", "chain.seq"]
    .concat("chain.prev", "ledger.corrupt"),
  "receipt": ["chain.bytes", "chain.schema", "chain.owner", "chain.seq"]
    .concat("chain.prev", "chain.order", "run.head", "run.entries")
    .concat("run.record"),
  "ticket": ["ledger.unreadable", "ticket.envelope"],
  "ticket-state": ["ledger.unreadable", "ticket.state", "ticket.uses"]
    .concat("ticket.revocation"),
  "document": ["document.digest"],
  "run": ["ledger.unreadable", "run.record"],
  "seal": ["run.seal"],
  "checkpoint": ["checkpoint.signature"],
  "tile": ["tree.differs", "ledger.corrupt"],
};

/** One record of a store, and how another stands in its place. */
interface Record {
  kind: string;
  id: string;
  bytes: Uint8Array;
  replaced(bytes: Uint8Array): Store;
}

async function recordsOf(store: Store): Promise<Record[]> {
  const records: Record[] = [];
  const all = await Array.fromAsync(store.entries());
  for (const [i, bytes] of all.entries()) {
    records.push({
      kind: "entry",
      id: `${i}`,
      bytes,
      replaced: (other) => ({
        ...facing(store),
        entries: (from = 0, limit = Infinity) =>
          listed(all.with(i, other).slice(from, from + limit)),
      }),
    });
  }
  for await (const { id: run } of store.list("run")) {
    const receipts = await Array.fromAsync(store.receipts(run));
    for (const [i, bytes] of receipts.entries()) {
      records.push({
        kind: "receipt",
        id: `${run} ${i}`,
        bytes,
        replaced: (other) => ({
          ...facing(store),
          receipts: (id) =>
            id === run ? listed(receipts.with(i, other)) : store.receipts(id),
        }),
      });
    }
  }
  for (const kind of KINDS) {
    for await (const { id, bytes } of store.list(kind)) {
      records.push({
        kind,
        id,
        bytes,
        replaced: (other) => ({
          ...facing(store),
          get: (k, i) =>
            k === kind && i === id ? Promise.resolve(other) : store.get(k, i),
          list: (k, options) =>
            replacing(
              store.list(k, options),
              (one) => k === kind && one.id === id ? { id, bytes: other } : one,
            ),
        }),
      });
    }
  }
  return records;
}

async function* listed(list: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* await Promise.resolve(list);
}

async function* replacing<T>(
  list: AsyncIterable<T>,
  change: (each: T) => T,
): AsyncIterable<T> {
  for await (const each of list) yield change(each);
}

Deno.test("any byte of a store that is another is found by walking the ledger", async () => {
  const store = new MemoryStore();
  const ledger = await openLedger(store);
  await wholeRun(ledger);
  const { envelope, ticket, payloadDigest } = await makeTicket();
  await ledger.issueTicket(envelope, ticket, payloadDigest);
  await ledger.revokeTicket(ticket.id, "over", "ada");
  await ledger.checkpoint();
  assertEquals((await verifyLedger(ledger)).faults, []);
  for (const { kind, id, bytes, replaced } of await recordsOf(store)) {
    for (let at = 0; at < lengthOf(kind, bytes); at++) {
      for (
        const [how, mask] of [
          ["a bit is flipped", 1 << tally.dice.below(8)],
          ["a byte is another", 1 + tally.dice.below(255)],
        ] as const
      ) {
        const other = bytes.slice();
        other[at] ^= mask;
        const [code] = await found(replaced(other));
        const what = `TAMPER_SEED=${tally.dice.seed}: ${kind} ${id} at ${at}`;
        assert(SAID[kind].includes(code), `${what} ^ ${mask}: ${code}`);
        tally.add(`a store's ${kind}: ${how}`, code);
      }
    }
  }
});

/** Signatures of a ticket are judged by whoever uses it: the ledger knows nobody's keys but its own. */
function lengthOf(kind: string, bytes: Uint8Array): number {
  return kind === "ticket"
    ? new TextDecoder().decode(bytes).indexOf(',"signatures":')
    : bytes.length;
}

Deno.test("what was written anew, by what found it", () =>
  tally.close(SHARES.history));

async function found(store: Store): Promise<string[]> {
  try {
    const { faults } = await verifyLedger(await openLedger(store));
    return faults.map(({ code }) => code);
  } catch (error) {
    if (!isWritError(error)) throw error;
    return [error.code];
  }
}
