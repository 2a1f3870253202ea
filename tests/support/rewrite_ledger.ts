/** What somebody who can write the whole store can do to a ledger. */
import { parseCanonical } from "../../src/core/canonical_json.ts";
import { type EntryDraft, nextEntry } from "../../src/ledger/chain.ts";
import type { Entry } from "../../src/ledger/entry.ts";
import { MemoryStore } from "../../src/ledger/memory_store.ts";
import {
  type DocumentKind,
  EMPTY_HEAD,
  type Put,
  type Store,
} from "../../src/ledger/store.ts";
import { tileName } from "../../src/ledger/tile.ts";
import { TreeEdge } from "../../src/ledger/tree_edge.ts";

const KINDS: DocumentKind[] = [
  "ticket",
  "ticket-state",
  "document",
  "run",
  "seal",
  "checkpoint",
  "index",
];

/** What of a store is written anew. */
export interface Rewriting {
  /** The entries, chained and hashed again afterwards, tree included. */
  entries?: (entries: Entry[]) => Entry[];
  /** The documents; what is left out is gone. */
  documents?: (documents: Put[]) => Put[];
  /** Whose receipts stay; all, where it is left out. */
  receipts?: (run: string) => boolean;
}

/** A copy of a store, with changes, whole in itself as far as no key is needed for it. */
export async function rewritten(
  store: Store,
  { entries, documents, receipts }: Rewriting = {},
): Promise<MemoryStore> {
  const copy = new MemoryStore();
  const lines = await Array.fromAsync(store.entries());
  const before = lines.map((line) => parseCanonical(line, "an entry") as Entry);
  let head = EMPTY_HEAD;
  const links = (entries ?? same)(before).map((
    { v: _v, seq: _seq, prev: _prev, ...draft },
  ) => {
    const link = nextEntry(head, draft as EntryDraft);
    head = link.head;
    return link;
  });
  const { tiles } = TreeEdge.EMPTY.append(links.map(({ hash }) => hash));
  const kept: Put[] = [];
  for (const kind of KINDS) {
    for await (const { id, bytes } of store.list(kind)) {
      kept.push({ kind, id, bytes });
    }
  }
  await copy.commit({
    entries: {
      after: EMPTY_HEAD,
      records: links.map(({ bytes }) => bytes),
      hash: links[links.length - 1].hash,
    },
    put: [
      ...(documents ?? same)(kept),
      ...tiles.map((tile): Put => ({
        kind: "tile",
        id: tileName(tile),
        bytes: tile.bytes,
      })),
    ],
  });
  for (const { kind, id } of kept) {
    if (kind !== "run" || receipts?.(id) === false) continue;
    const records = await Array.fromAsync(store.receipts(id));
    const { hash } = await store.runHead(id);
    await copy.commit({
      receipts: [{
        run: id,
        append: { after: EMPTY_HEAD, records, hash: hash! },
      }],
    });
  }
  return copy;
}

function same<T>(value: T): T {
  return value;
}
