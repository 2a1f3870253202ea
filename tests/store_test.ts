import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path/join";
import { canonicalBytes } from "../src/core/canonical_json.ts";
import { kvStore } from "../src/ledger/kv_store.ts";
import { MemoryStore } from "../src/ledger/memory_store.ts";
import { type Append, EMPTY_HEAD } from "../src/ledger/store.ts";
import { appendTexts, bytesOf, headAfter } from "./support/ledger.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import { type StorePlace, testStore, texts } from "./store_suite.ts";

testStore("memory store", () => {
  const store = new MemoryStore();
  return Promise.resolve({
    open: () => Promise.resolve(store),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
});

testStore("KV store", async () => {
  const folder = await tempFolder();
  return {
    open: () => kvStore(folder.ledger),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  } satisfies StorePlace;
});

Deno.test("KV store: what was committed is there when it is opened again", async () => {
  await using folder = await tempFolder();
  const append = appendTexts(EMPTY_HEAD, "a", "b".repeat(100_000));
  const store = await kvStore(folder.ledger);
  await store.commit({ entries: append });
  await store.close();
  const again = await kvStore(folder.ledger);
  assertEquals(await again.head(), headAfter(append));
  assertEquals((await texts(again.entries())).map((t) => t.length), [1, 1e5]);
  await again.close();
});

Deno.test("KV store: two open at once see each other's commits and refuse each other's heads", async () => {
  await using folder = await tempFolder();
  const one = await kvStore(folder.ledger);
  const two = await kvStore(folder.ledger);
  const append = appendTexts(EMPTY_HEAD, "a");
  await one.commit({ entries: append });
  assertEquals(await two.head(), headAfter(append));
  await rejectsWith("ledger.conflict", () => two.commit({ entries: append }));
  await two.close();
  await one.commit({ entries: appendTexts(headAfter(append), "b") });
  assertEquals(await texts(one.entries()), ["a", "b"]);
  await one.close();
});

Deno.test("KV store: what one remembers of a head does not hide what another wrote", async () => {
  await using folder = await tempFolder();
  const one = await kvStore(folder.ledger);
  const two = await kvStore(folder.ledger);
  const run = "r";
  const receipts = (...all: Append[]) => all.map((append) => ({ run, append }));
  const first = appendTexts(EMPTY_HEAD, "a");
  const second = appendTexts(headAfter(first), "b");
  const third = appendTexts(headAfter(second), "c");
  await one.commit({ receipts: receipts(first) });
  await two.commit({ receipts: receipts(second) });
  // It still remembers the first, and is told that the second has come.
  const other = appendTexts(headAfter(first), "other");
  await rejectsWith(
    "ledger.conflict",
    () => one.commit({ receipts: receipts(other) }),
  );
  await one.commit({ receipts: receipts(third) });
  const fourth = appendTexts(headAfter(third), "d");
  await two.commit({ receipts: receipts(fourth) });
  assertEquals(await texts(one.receipts(run)), ["a", "b", "c", "d"]);
  // What it remembers is behind, and it may go on all the same.
  const fifth = appendTexts(headAfter(fourth), "e");
  await one.commit({ receipts: receipts(fifth) });
  assertEquals(await texts(two.receipts(run)), ["a", "b", "c", "d", "e"]);
  await one.close();
  await two.close();
});

Deno.test("KV store: its folder is made, and its files are for the owner only", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "state", "deeper", "ledger");
  const store = await kvStore(path);
  await store.commit({ entries: appendTexts(EMPTY_HEAD, "a") });
  for await (const { name } of Deno.readDir(join(path, ".."))) {
    const { mode } = await Deno.stat(join(path, "..", name));
    assertEquals([name, (mode ?? 0) & 0o077], [name, 0]);
  }
  await store.close();
});

Deno.test("KV store: the state of a newer version is refused and left as it is", async () => {
  await using folder = await tempFolder();
  await tamper(folder.ledger, ["writ", "format"], canonicalBytes({ v: 2 }));
  const error = await rejectsWith("ledger.newer", () => kvStore(folder.ledger));
  assert(error.hint?.includes("Update"));
  assertEquals(
    await peek(folder.ledger, ["writ", "format"]),
    canonicalBytes({ v: 2 }),
  );
});

Deno.test("KV store: a commit is refused when a newer version took over meanwhile", async () => {
  await using folder = await tempFolder();
  const store = await kvStore(folder.ledger);
  await tamper(folder.ledger, ["writ", "format"], canonicalBytes({ v: 2 }));
  await rejectsWith(
    "ledger.newer",
    () => store.commit({ entries: appendTexts(EMPTY_HEAD, "a") }),
  );
  await store.close();
});

const DAMAGES: [what: string, key: Deno.KvKey, value: Uint8Array | null][] = [
  ["a format that is not JSON", ["writ", "format"], bytesOf("{")],
  ["a format without a version", ["writ", "format"], canonicalBytes({})],
  ["a head that is not JSON", ["writ", "head"], bytesOf("\0{")],
  ["a head with an unknown tag", ["writ", "head"], bytesOf("\x09")],
  ["a head beyond the entries", [
    "writ",
    "head",
  ], tagged(canonicalBytes({ size: 9, hash: `sha256:${"0".repeat(64)}` }))],
  ["a page that is missing", ["writ", "entries", 1], null],
  ["the first page missing", ["writ", "entries", 0], null],
  ["a page that is cut", ["writ", "entries", 1], bytesOf("\0\0\0\0\x09abc")],
  ["a length that is cut", ["writ", "entries", 1], bytesOf("\0\0\0")],
  ["a page of other pieces", [
    "writ",
    "entries",
    1,
  ], bytesOf(`\x01{"digest":"sha256:00","parts":1,"size":1}`)],
];

for (const [what, key, value] of DAMAGES) {
  Deno.test(`KV store: ${what} is damage, and named with the file`, async () => {
    await using folder = await tempFolder();
    const store = await kvStore(folder.ledger);
    const first = appendTexts(EMPTY_HEAD, "a");
    await store.commit({ entries: first });
    await store.commit({ entries: appendTexts(headAfter(first), "b", "c") });
    assertEquals(await texts(store.entries()), ["a", "b", "c"]);
    await store.close();
    await tamper(folder.ledger, key, value);
    const error = await rejectsWith("ledger.corrupt", async () => {
      const again = await kvStore(folder.ledger);
      try {
        await texts(again.entries());
      } finally {
        await again.close();
      }
    });
    assert(error.message.includes(folder.ledger), error.message);
  });
}

Deno.test("KV store: pieces that were changed are damage", async () => {
  await using folder = await tempFolder();
  const store = await kvStore(folder.ledger);
  await store.commit({
    put: [{ kind: "document", id: "d", bytes: new Uint8Array(100_000) }],
  });
  await store.close();
  using kv = await Deno.openKv(folder.ledger);
  for await (const { key } of kv.list({ prefix: ["writ", "piece"] })) {
    await kv.set(key, new Uint8Array(60_000).fill(1));
  }
  kv.close();
  const again = await kvStore(folder.ledger);
  await rejectsWith("ledger.corrupt", () => again.get("document", "d"));
  await again.close();
});

Deno.test("KV store: a file that is no database is named", async () => {
  await using folder = await tempFolder();
  await Deno.writeTextFile(folder.ledger, "not a database ".repeat(100));
  const error = await rejectsWith(
    "ledger.corrupt",
    () => kvStore(folder.ledger),
  );
  assert(error.message.includes(folder.ledger));
});

Deno.test("KV store: the database of something else is not touched", async () => {
  await using folder = await tempFolder();
  await tamper(folder.ledger, ["theirs"], bytesOf("x"));
  await rejectsWith("ledger.corrupt", () => kvStore(folder.ledger));
  assertEquals(await peek(folder.ledger, ["theirs"]), bytesOf("x"));
});

Deno.test("KV store: a file in the place of its folder makes it unwritable", async () => {
  await using folder = await tempFolder();
  await Deno.writeTextFile(join(folder.path, "file"), "");
  const path = join(folder.path, "file", "ledger");
  const error = await rejectsWith("store.unwritable", () => kvStore(path));
  assert(error.message.includes(path));
});

Deno.test("KV store: a folder in the place of its file makes it unwritable", async () => {
  await using folder = await tempFolder();
  await Deno.mkdir(folder.ledger);
  await rejectsWith("store.unwritable", () => kvStore(folder.ledger));
});

Deno.test({
  name: "KV store: a folder without write permission makes it unwritable" +
    (Deno.uid() === 0 ? " (needs a user other than root)" : ""),
  ignore: Deno.uid() === 0,
  async fn() {
    await using folder = await tempFolder();
    await Deno.chmod(folder.path, 0o500);
    await rejectsWith("store.unwritable", () => kvStore(folder.ledger));
    await Deno.chmod(folder.path, 0o700);
  },
});

const BWRAP = await works("bwrap", ["--dev-bind", "/", "/", "true"]);

Deno.test({
  name: "KV store: a read-only disk makes it unwritable" + needs(BWRAP),
  ignore: !BWRAP,
  async fn() {
    await using folder = await tempFolder();
    const store = await kvStore(folder.ledger);
    await store.commit({ entries: appendTexts(EMPTY_HEAD, "a") });
    await store.close();
    const said = await inBwrap(
      ["--ro-bind", folder.path, folder.path],
      folder.ledger,
    );
    assertEquals(said, "store.unwritable");
  },
});

Deno.test({
  name: "KV store: a full disk makes it unwritable, and what was there stays" +
    needs(BWRAP),
  ignore: !BWRAP,
  async fn() {
    await using folder = await tempFolder();
    const said = await inBwrap(
      ["--size", "400000", "--tmpfs", folder.path],
      folder.ledger,
    );
    assertEquals(said, "store.unwritable after 1, 1 entry is there");
  },
});

Deno.test("KV store: without --unstable-kv it says what to do", async () => {
  await using folder = await tempFolder();
  const { unstable: _, ...config } = JSON.parse(
    await Deno.readTextFile(new URL("../deno.json", import.meta.url)),
  );
  const root = new URL("..", import.meta.url).pathname;
  config.links = config.links.map((link: string) => join(root, link));
  const path = join(folder.path, "deno.json");
  await Deno.writeTextFile(path, JSON.stringify(config));
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-lock", "--config", path, CHILD, folder.ledger],
    stdout: "piped",
    stderr: "inherit",
  }).output();
  assertEquals(
    new TextDecoder().decode(stdout).trim(),
    "store.unavailable: Start Deno with --unstable-kv, or write " +
      '"unstable": ["kv"] in deno.json',
  );
});

Deno.test("KV store: a lock that another holds for too long is said, and the store works after", async () => {
  await using folder = await tempFolder();
  const lockPath = join(folder.path, "lock");
  const store = await kvStore(folder.ledger, { lockPath, patience: 50 });
  {
    using other = await Deno.open(lockPath, { write: true });
    await other.lock(true);
    await rejectsWith("ledger.busy", () => store.head());
    await rejectsWith("ledger.busy", () => store.head());
  }
  assertEquals(await store.head(), EMPTY_HEAD);
  await store.close();
});

Deno.test("KV store: a database that stays locked is said, one that is let go is waited for", async () => {
  await using folder = await tempFolder();
  const { DatabaseSync } = await import("node:sqlite");
  const store = await kvStore(folder.ledger, { patience: 200 });
  await store.commit({ entries: appendTexts(EMPTY_HEAD, "a") });
  const head = await store.head();
  const other = new DatabaseSync(folder.ledger);
  other.exec("BEGIN IMMEDIATE");
  const commit = () => store.commit({ entries: appendTexts(head, "b") });
  await rejectsWith("ledger.busy", commit);
  const timer = setTimeout(() => other.exec("ROLLBACK"), 20);
  await commit();
  clearTimeout(timer);
  other.close();
  await store.close();
});

Deno.test("KV store: one that is closed is a fault", async () => {
  await using folder = await tempFolder();
  const store = await kvStore(folder.ledger);
  await store.close();
  await store.close();
  await rejectsWith("writ.fault", () => store.head());
});

Deno.test("KV store: a change of too many parts is a fault, and nothing is written", async () => {
  await using folder = await tempFolder();
  const store = await kvStore(folder.ledger);
  const put = Array.from({ length: 2000 }, (_, i) => ({
    kind: "index" as const,
    id: `${i}`,
    bytes: new Uint8Array(),
  }));
  await rejectsWith("writ.fault", () => store.commit({ put }));
  assertEquals(await Array.fromAsync(store.list("index")), []);
  await store.close();
});

const CHILD = new URL("./support/open_store.ts", import.meta.url)
  .pathname;

async function inBwrap(mounts: string[], ledger: string): Promise<string> {
  const { stdout } = await new Deno.Command("bwrap", {
    args: [
      "--dev-bind",
      "/",
      "/",
      ...mounts,
      Deno.execPath(),
      "run",
      "-A",
      CHILD,
      ledger,
    ],
    stdout: "piped",
    stderr: "inherit",
  }).output();
  return new TextDecoder().decode(stdout).split(":")[0].trim();
}

async function works(command: string, args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args, stderr: "null" }).output())
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function needs(bwrap: boolean): string {
  return bwrap ? "" : " (needs bwrap)";
}

async function tempFolder() {
  const path = await Deno.makeTempDir({ prefix: "writ-store-" });
  return {
    path,
    ledger: join(path, "ledger"),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

async function tamper(path: string, key: Deno.KvKey, value: Uint8Array | null) {
  using kv = await Deno.openKv(path);
  if (value === null) await kv.delete(key);
  else await kv.set(key, value);
}

async function peek(path: string, key: Deno.KvKey): Promise<unknown> {
  using kv = await Deno.openKv(path);
  return (await kv.get(key)).value;
}

function tagged(bytes: Uint8Array): Uint8Array {
  return new Uint8Array([0, ...bytes]);
}
