/**
 * Appending entries: each change is made from the ledger as it is, and made again when
 * another process was faster.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { isWritError, WritError } from "../core/errors.ts";
import type { Signer } from "../core/keys.ts";
import { type Clock, formatTime } from "../core/time.ts";
import { type EntryDraft, type EntryLink, nextEntry } from "./chain.ts";
import { sameHead } from "./conflict.ts";
import type { EntryBodies, EntryType } from "./entry.ts";
import type { TreeHead } from "./merkle.ts";
import { CORRUPT_HINT } from "./records.ts";
import {
  type Commit,
  EMPTY_HEAD,
  type Head,
  type Put,
  type Store,
} from "./store.ts";
import { tileName } from "./tile.ts";
import { type Tile, TreeEdge } from "./tree_edge.ts";

/** Each collision means that another process went on, so this many in a row mean a fault. */
const ATTEMPTS = 500;

/** The entries that one change appends. */
export class EntryBatch {
  readonly links: EntryLink[] = [];
  /** When the change is made. */
  readonly at: string;
  readonly #ledger: Digest;
  readonly #edge: TreeEdge;
  #head: Head;

  constructor(ledger: Digest, head: Head, edge: TreeEdge, at: string) {
    this.#ledger = ledger;
    this.#edge = edge;
    this.#head = head;
    this.at = at;
  }

  /** Adds an entry after the others. */
  add<T extends EntryType>(type: T, body: EntryBodies[T]): EntryLink {
    const draft = { ledger: this.#ledger, at: this.at, type, body };
    const link = nextEntry(this.#head, draft as EntryDraft);
    this.links.push(link);
    if (link.bytes.length > MOST_BYTES) {
      throw new WritError(
        "usage.invalid",
        `Cannot enter "${type}" in the ledger: it takes ${link.bytes.length} bytes, at most ${MOST_BYTES} were expected`,
      );
    }
    this.#head = link.head;
    return link;
  }

  /** The chain's head after the entries so far. */
  get head(): Head {
    return this.#head;
  }

  /** The tree's head after the entries so far. */
  tree(): TreeHead {
    return this.grown().edge.head;
  }

  /** The tree's edge after the entries so far, and the tiles that they change. */
  grown(): { edge: TreeEdge; tiles: Tile[] } {
    return this.#edge.append(this.links.map(({ hash }) => hash));
  }
}

/** What an entry bundle of C2SP `tlog-tiles` can hold. */
const MOST_BYTES = 0xffff;

/** What goes into the commit beside the entries, and what the change comes to. */
export interface Change<T> {
  put?: Put[];
  unlist?: Commit["unlist"];
  receipts?: Commit["receipts"];
  result: T;
}

/** The entries that this process writes. */
export class EntryLog {
  readonly store: Store;
  /** The ledger's id. */
  readonly id: Digest;
  readonly now: Clock;
  /** The ledger's key. */
  readonly signer: () => Promise<Signer>;
  #last: Promise<unknown> = Promise.resolve();
  /** The tree's edge at a head, as this process last knew it. */
  #known: { head: Head; edge: TreeEdge } = {
    head: EMPTY_HEAD,
    edge: TreeEdge.EMPTY,
  };

  constructor(
    store: Store,
    id: Digest,
    now: Clock,
    signer: () => Promise<Signer>,
  ) {
    this.store = store;
    this.id = id;
    this.now = now;
    this.signer = signer;
  }

  /**
   * The tree's edge at the ledger's head.
   *
   * @throws {WritError} `ledger.corrupt` when the tree is not that of the entries
   */
  async edgeAt(head: Head): Promise<TreeEdge> {
    if (!sameHead(head, this.#known.head)) {
      this.#known = { head, edge: await loadEdge(this.store, head) };
    }
    return this.#known.edge;
  }

  /**
   * Makes a change in one atomic commit. `build` reads what it needs and adds its entries; it is
   * called again when the ledger has moved since, and may refuse by throwing. A change without
   * entries holds only as far as its `put` says what it expects.
   *
   * @throws {WritError} `ledger.busy` when other processes were always faster
   */
  change<T>(build: (batch: EntryBatch) => Promise<Change<T>>): Promise<T> {
    const turn = this.#last.then(() => this.#change(build));
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #change<T>(
    build: (batch: EntryBatch) => Promise<Change<T>>,
  ): Promise<T> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const head = await this.store.head();
      const edge = await this.edgeAt(head);
      const at = formatTime(this.now());
      const batch = new EntryBatch(this.id, head, edge, at);
      const change = await build(batch);
      if (await this.#commit(head, batch, change)) return change.result;
    }
    throw new WritError(
      "ledger.busy",
      `Cannot write the ledger: other processes were faster ${ATTEMPTS} times`,
      { hint: "Try again" },
    );
  }

  async #commit(
    after: Head,
    batch: EntryBatch,
    { put = [], receipts = [], unlist = [] }: Change<unknown>,
  ): Promise<boolean> {
    const { links, head } = batch;
    if (links.length === 0 && put.length === 0) return true;
    const entries = links.length === 0 ? undefined : {
      after,
      records: links.map(({ bytes }) => bytes),
      hash: links[links.length - 1].hash,
    };
    const { edge, tiles } = batch.grown();
    const tree = tiles.map((tile): Put => ({
      kind: "tile",
      id: tileName(tile),
      bytes: tile.bytes,
    }));
    try {
      await this.store.commit({
        entries,
        put: [...put, ...tree],
        receipts,
        unlist,
      });
      this.#known = { head, edge };
      return true;
    } catch (error) {
      if (isWritError(error, "ledger.conflict")) return false;
      throw error;
    }
  }
}

async function loadEdge(store: Store, head: Head): Promise<TreeEdge> {
  const names = TreeEdge.tilesAt(head.size).map(tileName);
  const tiles = new Map(
    await Promise.all(
      names.map(async (name) => [name, await store.get("tile", name)] as const),
    ),
  );
  const edge = TreeEdge.from(
    head.size,
    (tile) => tiles.get(tileName(tile)) ?? null,
  );
  if (edge !== null && (edge.lastLeaf ?? head.hash) === head.hash) return edge;
  throw new WritError(
    "ledger.corrupt",
    "Cannot use the ledger: its tree does not end with its last entry",
    { hint: CORRUPT_HINT },
  );
}
