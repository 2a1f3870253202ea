/** What every {@linkcode Store} must do: the same tests for each of them. */
import { assert, assertEquals } from "@std/assert";
import {
  EMPTY_HEAD,
  type ListOptions,
  type Store,
} from "../src/ledger/store.ts";
import { appendTexts, bytesOf, headAfter } from "./support/ledger.ts";
import { rejectsWith } from "./support/rejects_with.ts";

/** A fresh place for a store, that can be opened more than once where the store lasts. */
export interface StorePlace extends AsyncDisposable {
  open(): Promise<Store>;
}

const RUN = "run_01JZ0000000000000000000000";

/** Registers the tests for one kind of store. */
export function testStore(
  name: string,
  place: () => Promise<StorePlace>,
): void {
  const test = (what: string, body: (store: Store) => Promise<void>) =>
    Deno.test(`${name}: ${what}`, async () => {
      await using at = await place();
      const store = await at.open();
      try {
        await body(store);
      } finally {
        await store.close();
      }
    });

  test("a new store is empty", async (store) => {
    assertEquals(await store.head(), EMPTY_HEAD);
    assertEquals(await store.runHead(RUN), EMPTY_HEAD);
    assertEquals(await texts(store.entries()), []);
    assertEquals(await texts(store.receipts(RUN)), []);
    assertEquals(await store.get("run", RUN), null);
    assertEquals(await ids(store.list("run")), []);
  });

  test("entries come back in order, from anywhere", async (store) => {
    const first = appendTexts(EMPTY_HEAD, "a", "b", "c");
    await store.commit({ entries: first });
    const second = appendTexts(headAfter(first), "d");
    await store.commit({ entries: second });
    await store.commit({ entries: appendTexts(headAfter(second), "e", "f") });
    assertEquals((await store.head()).size, 6);
    assertEquals(await texts(store.entries()), [..."abcdef"]);
    for (let from = 0; from <= 7; from++) {
      assertEquals(await texts(store.entries(from)), [..."abcdef"].slice(from));
      for (let limit = 0; limit <= 7; limit++) {
        assertEquals(
          await texts(store.entries(from, limit)),
          [..."abcdef"].slice(from, from + limit),
        );
      }
    }
  });

  test("each run has a chain of its own", async (store) => {
    const other = RUN.replace("01JZ", "01JY");
    await store.commit({
      receipts: [
        { run: RUN, append: appendTexts(EMPTY_HEAD, "a", "b") },
        { run: other, append: appendTexts(EMPTY_HEAD, "x") },
      ],
    });
    assertEquals(await texts(store.receipts(RUN)), ["a", "b"]);
    assertEquals(await texts(store.receipts(other)), ["x"]);
    assertEquals((await store.runHead(RUN)).size, 2);
    assertEquals(await store.head(), EMPTY_HEAD);
  });

  test("a commit from a head that has moved is refused whole", async (store) => {
    await store.commit({ entries: appendTexts(EMPTY_HEAD, "a") });
    const late = appendTexts(EMPTY_HEAD, "b");
    await refused(store.commit({
      entries: late,
      receipts: [{ run: RUN, append: appendTexts(EMPTY_HEAD, "r") }],
      put: [{ kind: "run", id: RUN, bytes: bytesOf("r") }],
    }));
    assertEquals(await texts(store.entries()), ["a"]);
    assertEquals(await store.runHead(RUN), EMPTY_HEAD);
    assertEquals(await store.get("run", RUN), null);
  });

  test("one moved run refuses what goes with it", async (store) => {
    await store.commit({
      receipts: [{ run: RUN, append: appendTexts(EMPTY_HEAD, "a") }],
    });
    await refused(store.commit({
      entries: appendTexts(EMPTY_HEAD, "e"),
      receipts: [{ run: RUN, append: appendTexts(EMPTY_HEAD, "b") }],
    }));
    assertEquals(await store.head(), EMPTY_HEAD);
  });

  test("a head of the same size with another hash is another head", async (store) => {
    await store.commit({ entries: appendTexts(EMPTY_HEAD, "a") });
    const other = headAfter(appendTexts(EMPTY_HEAD, "z"));
    await refused(store.commit({ entries: appendTexts(other, "b") }));
  });

  test("a document is replaced only by who knows it", async (store) => {
    const put = (text: string, expect?: string | null) =>
      store.commit({
        put: [{
          kind: "ticket",
          id: "t",
          bytes: bytesOf(text),
          expect: typeof expect === "string" ? bytesOf(expect) : expect,
        }],
      });
    await put("one", null);
    await refused(put("two", null));
    await refused(put("two", "another"));
    await put("two", "one");
    await put("three");
    assertEquals(await store.get("ticket", "t"), bytesOf("three"));
  });

  test("an index is taken away in the same commit, and one that is not there is no fault", async (store) => {
    const index = (id: string) => ({
      kind: "index" as const,
      id,
      bytes: new Uint8Array(),
    });
    await store.commit({ put: [index("a/1"), index("a/2")] });
    await store.commit({ put: [index("b/1")], unlist: ["a/1", "a/3"] });
    assertEquals(await ids(store.list("index")), ["a/2", "b/1"]);
    await refused(store.commit({
      put: [{ ...index("a/2"), expect: null }],
      unlist: ["b/1"],
    }));
    assertEquals(await ids(store.list("index")), ["a/2", "b/1"]);
  });

  test("documents are listed by id, both ways, by prefix, up to a limit", async (store) => {
    const all = ["a1", "a2", "a3", "b1", "b2"];
    await store.commit({
      put: ["b2", "a1", "b1", "a3", "a2"].map((id) => ({
        kind: "run" as const,
        id,
        bytes: bytesOf(id),
      })),
    });
    assertEquals(await ids(store.list("run")), all);
    assertEquals(
      await ids(store.list("run", { reverse: true })),
      [
        ...all,
      ].reverse(),
    );
    assertEquals(await ids(store.list("run", { limit: 2 })), ["a1", "a2"]);
    assertEquals(await ids(store.list("run", { limit: 0 })), []);
    const last = { reverse: true, limit: 1, prefix: "a" };
    assertEquals(await ids(store.list("run", last)), ["a3"]);
    assertEquals(await ids(store.list("run", { prefix: "b" })), ["b1", "b2"]);
    assertEquals(await ids(store.list("run", { prefix: "c" })), []);
    assertEquals(await ids(store.list("ticket")), []);
  });

  test("documents are listed from an id on, both ways, whether it is there or not", async (store) => {
    const put = ["a1", "a3", "a5", "b1"].map((id) => ({
      kind: "run" as const,
      id,
      bytes: bytesOf(id),
    }));
    await store.commit({ put });
    const listed = (options: ListOptions) => ids(store.list("run", options));
    const prefix = "a";
    assertEquals(await listed({ from: "a3" }), ["a3", "a5", "b1"]);
    assertEquals(await listed({ from: "a2", prefix }), ["a3", "a5"]);
    assertEquals(await listed({ from: "a6", prefix }), []);
    assertEquals(await listed({ from: "0", prefix, limit: 1 }), ["a1"]);
    assertEquals(await listed({ from: "c" }), []);
    const reverse = true;
    assertEquals(await listed({ from: "a3", reverse }), ["a3", "a1"]);
    assertEquals(await listed({ from: "a4", reverse }), ["a3", "a1"]);
    assertEquals(await listed({ from: "z", reverse, prefix }), [
      "a5",
      "a3",
      "a1",
    ]);
    assertEquals(await listed({ from: "a0", reverse, prefix }), []);
    assertEquals(await listed({ from: "0", reverse }), []);
  });

  test("more documents than one read holds are listed whole, both ways", async (store) => {
    const all = Array.from({ length: 230 }, (_, i) => `d${1000 + i}`);
    for (let i = 0; i < all.length; i += 115) {
      await store.commit({
        put: all.slice(i, i + 115).map((id) => ({
          kind: "index" as const,
          id,
          bytes: new Uint8Array(),
        })),
      });
    }
    assertEquals(await ids(store.list("index")), all);
    const backwards = store.list("index", { reverse: true });
    assertEquals(await ids(backwards), [...all].reverse());
  });

  test("more pages than one read holds come back whole", async (store) => {
    let head = EMPTY_HEAD;
    const all: string[] = [];
    for (let i = 0; i < 120; i++) {
      const append = appendTexts(head, `${i}a`, `${i}b`);
      await store.commit({ receipts: [{ run: RUN, append }] });
      head = headAfter(append);
      all.push(`${i}a`, `${i}b`);
    }
    assertEquals(await texts(store.receipts(RUN)), all);
  });

  for (
    const size of [0, 1, 59_999, 60_000, 60_001, 65_536, 65_537, 1_000_000]
  ) {
    test(`a document of ${size} bytes comes back`, async (store) => {
      const bytes = noise(size);
      const put = [{ kind: "document" as const, id: "d", bytes }];
      await store.commit({ put });
      const back = await store.get("document", "d");
      assert(same(back, bytes));
      await store.commit({ put: [{ ...put[0], expect: bytes }] });
    });
  }

  test("a record of a megabyte comes back between small ones", async (store) => {
    const big = "x".repeat(1_000_000);
    const append = appendTexts(EMPTY_HEAD, "a", big, "b");
    await store.commit({ entries: append });
    const back = await texts(store.entries());
    assertEquals(back.map((text) => text.length), [1, big.length, 1]);
    assert(back[1] === big);
    assertEquals(await texts(store.entries(2)), ["b"]);
  });

  test("a commit of three megabytes is whole", async (store) => {
    const records = Array.from({ length: 3000 }, (_, i) => `${i}`.padEnd(1000));
    await store.commit({
      entries: appendTexts(EMPTY_HEAD, "entry"),
      receipts: [{ run: RUN, append: appendTexts(EMPTY_HEAD, ...records) }],
      put: [{ kind: "document", id: "d", bytes: noise(500_000) }],
    });
    const back = await texts(store.receipts(RUN));
    assertEquals(back.length, records.length);
    assert(back.every((text, i) => text === records[i]));
    assert(same(await store.get("document", "d"), noise(500_000)));
  });

  test("many values that are small only each come back", async (store) => {
    const put = Array.from({ length: 40 }, (_, i) => ({
      kind: "document" as const,
      id: `d${i}`,
      bytes: noise(50_000 + i),
    }));
    await store.commit({ put });
    for (const { id, bytes } of put) {
      assert(same(await store.get("document", id), bytes));
    }
    const twice = put.map((one) => ({ ...one, expect: one.bytes }));
    await store.commit({ put: twice });
  });

  test("a refused commit of three megabytes leaves nothing", async (store) => {
    await store.commit({ entries: appendTexts(EMPTY_HEAD, "a") });
    await refused(store.commit({
      entries: appendTexts(EMPTY_HEAD, "b".repeat(3_000_000)),
      put: [{ kind: "document", id: "d", bytes: noise(2_000_000) }],
    }));
    assertEquals(await texts(store.entries()), ["a"]);
    assertEquals(await store.get("document", "d"), null);
  });

  test("what is read may be changed by the reader", async (store) => {
    await store.commit({
      entries: appendTexts(EMPTY_HEAD, "abc"),
      put: [{ kind: "run", id: RUN, bytes: bytesOf("abc") }],
    });
    for await (const bytes of store.entries()) bytes.fill(0);
    (await store.get("run", RUN))?.fill(0);
    assertEquals(await texts(store.entries()), ["abc"]);
    assertEquals(await store.get("run", RUN), bytesOf("abc"));
  });

  test("of commits that race from one head one holds", async (store) => {
    const racers = Array.from(
      { length: 10 },
      (_, i) => store.commit({ entries: appendTexts(EMPTY_HEAD, `${i}`) }),
    );
    const ended = await Promise.allSettled(racers);
    const won = ended.flatMap(({ status }, i) =>
      status === "fulfilled" ? [`${i}`] : []
    );
    assertEquals(won.length, 1);
    assertEquals(await texts(store.entries()), won);
  });
}

async function refused(commit: Promise<void>): Promise<void> {
  await rejectsWith("ledger.conflict", () => commit);
}

/** Records as texts. */
export async function texts(
  records: AsyncIterable<Uint8Array>,
): Promise<string[]> {
  const decoder = new TextDecoder();
  return (await Array.fromAsync(records)).map((bytes) => decoder.decode(bytes));
}

async function ids(listed: AsyncIterable<{ id: string }>): Promise<string[]> {
  return (await Array.fromAsync(listed)).map(({ id }) => id);
}

/** Bytes that differ from their neighbours and from those of another size. */
function noise(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = (i * 31 + (i >> 8) + size) & 255;
  return bytes;
}

/** Comparing a megabyte by `assertEquals` takes seconds. */
function same(a: Uint8Array | null, b: Uint8Array): boolean {
  return a !== null && a.length === b.length &&
    a.every((byte, i) => byte === b[i]);
}
