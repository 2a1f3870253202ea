import { assert, assertEquals } from "@std/assert";
import { isWritError, WritError } from "../src/core/errors.ts";
import { checkReceipts } from "./support/check_receipts.ts";
import { kvStore } from "../src/ledger/kv_store.ts";
import type { Ledger } from "../src/ledger/ledger.ts";
import { MemoryStore } from "../src/ledger/memory_store.ts";
import { EMPTY_HEAD, type Store } from "../src/ledger/store.ts";
import {
  ACTOR,
  appendTexts,
  close,
  finished,
  makeTicket,
  openLedger,
  sealed,
  verifyLedger,
  watchCommits,
  wholeRun,
} from "./support/ledger.ts";
import { TextLineStream } from "./support/text_lines.ts";
import { texts } from "./store_suite.ts";

const CHILD = new URL("./support/ledger_child.ts", import.meta.url).pathname;

Deno.test("two processes that race for one use: one is admitted, in each of 20 rounds", async () => {
  await using folder = await tempFolder();
  const racers = [start("admit", folder.ledger), start("admit", folder.ledger)];
  const lines = racers.map(({ lines }) => lines[Symbol.asyncIterator]());
  const next = async () =>
    (await Promise.all(lines.map((line) => line.next())))
      .map(({ value }) => value as string);
  assertEquals(await next(), ["ready", "ready"]);
  const writers = racers.map(({ child }) => child.stdin.getWriter());
  const encoder = new TextEncoder();
  for (let round = 0; round < 20; round++) {
    const line = encoder.encode(`${JSON.stringify(await makeTicket())}\n`);
    await Promise.all(writers.map((writer) => writer.write(line)));
    const said = (await next()).sort();
    assertEquals([said[0].slice(0, 4), said[1]], ["run_", "ticket.used"]);
  }
  await Promise.all(writers.map((writer) => writer.close()));
  for (const { child } of racers) assert((await child.status).success);
  const report = await verify(folder.ledger);
  assertEquals([report.faults, report.runs, report.tickets], [[], 20, 20]);
});

Deno.test("eight processes that append 1,000 receipts each at once lose nothing and meet no error", async () => {
  await using folder = await tempFolder();
  const writers = Array.from(
    { length: 8 },
    () => start("append", folder.ledger, "1000"),
  );
  const runs = await Promise.all(
    writers.map(async ({ child, lines }) => {
      const said = await Array.fromAsync(lines);
      assert((await child.status).success);
      return said;
    }),
  );
  assertEquals(new Set(runs.flat()).size, 8);
  const { faults, ...counts } = await verify(folder.ledger);
  assertEquals(faults, []);
  assertEquals([counts.runs, counts.receipts, counts.tickets], [
    8,
    8 * 1001,
    8 * 51,
  ]);
});

Deno.test("a writer that is killed at any moment leaves a ledger that is whole and holds all it said", async () => {
  await using folder = await tempFolder();
  for (let round = 0; round < 20; round++) {
    const { child, lines } = start("write", folder.ledger);
    const said: string[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    for await (const line of lines) {
      said.push(line);
      timer ??= setTimeout(() => child.kill("SIGKILL"), Math.random() * 60);
    }
    clearTimeout(timer);
    assertEquals((await child.status).signal, "SIGKILL");
    assert(said.length > 0);
    const store = await kvStore(folder.ledger);
    const ledger = await openLedger(store);
    assertEquals((await verifyLedger(ledger)).faults, []);
    for (const line of said) {
      const [run, size, closed] = line.split(" ");
      assert((await store.runHead(run)).size >= Number(size), line);
      if (closed) assertEquals((await ledger.run(run))?.status, "ok");
    }
    await bringToEnd(ledger);
    assertEquals((await verifyLedger(ledger)).faults, []);
    await store.close();
  }
});

/** Where a commit breaks: before it holds, or after it holds and before that is known. */
for (const when of ["before", "after"] as const) {
  Deno.test(`a store that fails ${when} the n-th commit, for every n, leaves a ledger that is whole and goes on`, async () => {
    let breaks = 0;
    for (let n = 1;; n++) {
      const store = new MemoryStore();
      const faulty = failing(store, n, when);
      const broke = await attempt(() => story(faulty));
      const ledger = await openLedger(store);
      assertEquals((await verifyLedger(ledger)).faults, [], `break ${n}`);
      if (!broke) break;
      breaks++;
      await bringToEnd(ledger);
      await wholeRun(ledger);
      assertEquals((await verifyLedger(ledger)).faults, [], `after break ${n}`);
    }
    // Issue, admit, three receipts, close, revoke.
    assertEquals(breaks, 7);
  });
}

Deno.test("a large commit that breaks at its n-th write, for every n, leaves nothing and can be made again", async () => {
  let breaks = 0;
  for (let n = 1;; n++) {
    await using folder = await tempFolder();
    const change = {
      entries: appendTexts(EMPTY_HEAD, "a".repeat(3_000_000)),
      put: [{
        kind: "document" as const,
        id: "d",
        bytes: new Uint8Array(2_000_000),
      }],
    };
    const open = breakingKv(n);
    const store = await kvStore(folder.ledger, { open });
    const broke = await attempt(() => store.commit(change));
    if (broke) {
      assertEquals(await store.head(), EMPTY_HEAD);
      assertEquals(await texts(store.entries()), []);
      assertEquals(await store.get("document", "d"), null);
      await store.commit(change);
    }
    assertEquals((await texts(store.entries()))[0].length, 3_000_000);
    assertEquals((await store.get("document", "d"))?.length, 2_000_000);
    await store.close();
    if (!broke) break;
    breaks++;
  }
  assert(breaks > 5, `${breaks} writes`);
});

Deno.test("a reader meets no error and no torn state while others write", async () => {
  await using folder = await tempFolder();
  const writers = Array.from(
    { length: 3 },
    () => start("append", folder.ledger, "300"),
  );
  let isOver = false;
  const ends = Promise.all(
    writers.map(async ({ child, lines }) => {
      await Array.fromAsync(lines);
      return (await child.status).success;
    }),
  ).finally(() => isOver = true);
  const sizes = new Set<number>();
  while (!isOver) {
    const { faults, receipts } = await verify(folder.ledger);
    assertEquals(faults, []);
    sizes.add(receipts);
  }
  assertEquals(await ends, [true, true, true]);
  assert(sizes.size > 2, `seen at ${sizes.size} sizes only`);
});

/** A ticket, a run of one step, and a revocation. */
async function story(store: Store): Promise<void> {
  const ledger = await openLedger(store);
  const { envelope, ticket, payloadDigest } = await makeTicket();
  await ledger.issueTicket(envelope, ticket, payloadDigest);
  await wholeRun(ledger);
  await ledger.revokeTicket(ticket.id, "over", "ada");
}

/** What `execute --resume` does to the runs that are not closed. */
async function bringToEnd(ledger: Ledger): Promise<void> {
  for await (const { run, ticket } of ledger.runs({ status: "running" })) {
    try {
      const { unfinished } = await ledger.resume(run, ACTOR);
      for (const step of unfinished) {
        const lost = finished(step, "indeterminate");
        await ledger.append(run, "step.finished", lost, ACTOR);
      }
      const last = sealed("indeterminate");
      const { receipt, hash } = await ledger.append(
        run,
        "run.sealed",
        last,
        ACTOR,
      );
      const head = { size: receipt.seq + 1, hash };
      await close(ledger, run, ticket, head, "indeterminate");
    } catch (error) {
      // It was sealed before the crash: only its close was lost.
      if (!isWritError(error, "run.not_resumable")) throw error;
      const { receipts, head } = checkReceipts(
        await Array.fromAsync(ledger.receipts(run)),
      );
      assertEquals(receipts.at(-1)?.type, "run.sealed");
      await close(ledger, run, ticket, head);
    }
  }
  assertEquals(await Array.fromAsync(ledger.runs({ status: "running" })), []);
}

function failing(store: Store, n: number, when: "before" | "after"): Store {
  let left = n;
  const fail = () => {
    throw new WritError("store.unwritable", "Cannot write: the disk is gone");
  };
  if (when === "before") {
    return watchCommits(store, () => --left === 0 ? fail() : undefined);
  }
  const watched = watchCommits(store, () => {});
  return {
    ...watched,
    commit: async (change) => {
      await store.commit(change);
      if (--left === 0) fail();
    },
  };
}

/** Opens a database whose n-th atomic write fails. */
function breakingKv(n: number): (place: string) => Promise<Deno.Kv> {
  let left = n;
  return async (place) => {
    const kv = await Deno.openKv(place);
    const atomic = kv.atomic.bind(kv);
    kv.atomic = () => {
      const operation = atomic();
      const commit = operation.commit.bind(operation);
      operation.commit = () => {
        if (--left === 0) throw new Error("disk I/O error");
        return commit();
      };
      return operation;
    };
    return kv;
  };
}

/** Whether the act was refused for the store. */
async function attempt(act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return false;
  } catch (error) {
    if (isWritError(error, "store.unwritable")) return true;
    throw error;
  }
}

function start(...args: string[]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", CHILD, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  if (args[0] !== "admit") void child.stdin.close();
  return { child, lines };
}

async function verify(path: string) {
  const store = await kvStore(path);
  try {
    return await verifyLedger(await openLedger(store));
  } finally {
    await store.close();
  }
}

async function tempFolder() {
  const path = await Deno.makeTempDir({ prefix: "writ-crash-" });
  return {
    ledger: `${path}/ledger`,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
