import { assert, assertEquals } from "@std/assert";
import { canonicalBytes } from "../src/core/canonical_json.ts";
import { leafHash, sha256 } from "../src/core/digest.ts";
import { WritError } from "../src/core/errors.ts";
import { nextReceipt } from "../src/ledger/chain.ts";
import { until } from "./support/processes.ts";
import { checkReceipts } from "./support/check_receipts.ts";
import { kvStore } from "../src/ledger/kv_store.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import { MemoryStore } from "../src/ledger/memory_store.ts";
import { acquireRunLock, isRunHeld } from "../src/evidence/run_lock.ts";
import type { LedgerFaultCode } from "../src/ledger/ledger_fault.ts";
import { EMPTY_TREE } from "../src/ledger/merkle.ts";
import { type Commit, EMPTY_HEAD, type Store } from "../src/ledger/store.ts";
import {
  ACTOR,
  admission,
  clock,
  close,
  DECISION,
  finished,
  LEDGER_ID,
  LEDGER_KEY,
  makeRunId,
  makeTicket,
  openLedger,
  PIPELINE,
  PLAN,
  sealed,
  started,
  verifyLedger,
  watchCommits,
  wholeRun,
} from "./support/ledger.ts";
import { KV_TOKEN, KvServer } from "./support/kv_server.ts";
import { rejectsWith } from "./support/rejects_with.ts";

// The ledger, in each store.

const STORES: [name: string, open: () => Promise<Store & AsyncDisposable>][] = [
  ["memory", () => {
    const store = new MemoryStore();
    return Promise.resolve(Object.assign(store, disposer(() => store.close())));
  }],
  ["KV", async () => {
    const folder = await Deno.makeTempDir({ prefix: "writ-ledger-" });
    const store = await kvStore(`${folder}/ledger`);
    return Object.assign(
      store,
      disposer(async () => {
        await store.close();
        await Deno.remove(folder, { recursive: true });
      }),
    );
  }],
  ["KV at a server", async () => {
    Deno.env.set("DENO_KV_ACCESS_TOKEN", KV_TOKEN);
    const server = new KvServer();
    const store = await kvStore(server.url);
    return Object.assign(
      store,
      disposer(async () => {
        await store.close();
        await server[Symbol.asyncDispose]();
      }),
    );
  }],
];

function disposer(end: () => Promise<void>): AsyncDisposable {
  return { [Symbol.asyncDispose]: end };
}

function test(
  what: string,
  body: (ledger: Ledger, store: Store) => Promise<void>,
): void {
  for (const [name, open] of STORES) {
    Deno.test(`ledger in ${name}: ${what}`, async () => {
      await using store = await open();
      await body(await openLedger(store), store);
    });
  }
}

async function assertWhole(ledger: Ledger): Promise<void> {
  assertEquals((await verifyLedger(ledger)).faults, []);
}

test("a whole run leaves a ledger that verifies", async (ledger) => {
  const run = await wholeRun(ledger);
  const { faults, ...counts } = await verifyLedger(ledger);
  assertEquals(faults, []);
  assertEquals(counts, {
    ledger: LEDGER_ID,
    head: await ledger.head(),
    tree: await ledger.tree(),
    checkpoint: 3,
    tickets: 1,
    runs: 1,
    receipts: 4,
  });
  const record = await ledger.run(run);
  assertEquals(record?.status, "ok");
  assertEquals(record?.entries, [1, 2]);
  const entries = await ledger.entriesOf(run);
  assertEquals(entries.map(({ entry }) => [entry.seq, entry.type]), [
    [0, "ticket.issued"],
    [1, "run.admitted"],
    [2, "run.closed"],
  ]);
  for (const { bytes, hash, entry } of entries) {
    assertEquals(hash, leafHash(bytes));
    assertEquals(canonicalBytes(entry), bytes);
  }
  assert((await ledger.seal(run)) !== null);
  const lines = await Array.fromAsync(ledger.receipts(run));
  assertEquals(checkReceipts(lines, run).faults, []);
});

test("a ticket is issued once, its documents are kept", async (ledger) => {
  const { envelope, ticket, payloadDigest } = await makeTicket();
  const documents = new Map([[sha256(PLAN), PLAN], [
    sha256(DECISION),
    DECISION,
  ]]);
  const issue = () =>
    ledger.issueTicket(envelope, ticket, payloadDigest, documents);
  assertEquals((await issue()).uses, 0);
  await issue();
  assertEquals((await ledger.head()).size, 1);
  assertEquals(await ledger.document(sha256(PLAN)), PLAN);
  assertEquals(await ledger.document(payloadDigest), null);
  assertEquals((await ledger.ticket(ticket.id))?.envelope, envelope);
  assertEquals((await ledger.ticket(ticket.id))?.status, "open");
  assertEquals(await ledger.ticket("tkt_none"), null);
  await assertWhole(ledger);
});

test("the signature of a second approver joins the first", async (ledger) => {
  const { envelope, ticket, payloadDigest } = await makeTicket();
  await ledger.issueTicket(envelope, ticket, payloadDigest);
  const second = { keyid: sha256(PLAN), sig: envelope.signatures[0].sig };
  const one = { ...envelope, signatures: [second] };
  await ledger.issueTicket(one, ticket, payloadDigest);
  await ledger.issueTicket(envelope, ticket, payloadDigest);
  const kept = (await ledger.ticket(ticket.id))?.envelope;
  assertEquals(kept?.signatures, [...envelope.signatures, second]);
  assertEquals((await ledger.head()).size, 1);
  await assertWhole(ledger);
});

test("another payload under the id of a ticket is refused", async (ledger) => {
  const first = await makeTicket();
  const { ticket, envelope, payloadDigest } = first;
  await ledger.issueTicket(envelope, ticket, payloadDigest);
  const other = await makeTicket({ id: ticket.id, maxUses: 9 });
  await rejectsWith(
    "ticket.malformed",
    () => ledger.issueTicket(other.envelope, other.ticket, other.payloadDigest),
  );
  await rejectsWith(
    "ticket.malformed",
    () => ledger.admit(admission({ ...other, envelope })),
  );
  await rejectsWith(
    "ticket.malformed",
    () =>
      ledger.issueTicket(envelope, { ...ticket, maxUses: 9 }, payloadDigest),
  );
  assertEquals((await ledger.head()).size, 1);
});

test("a ticket for another ledger is refused", async (ledger) => {
  const signed = await makeTicket({ ledger: sha256(PLAN) });
  await rejectsWith("ticket.ledger", () => ledger.admit(admission(signed)));
  assertEquals(await ledger.head(), EMPTY_HEAD);
});

test("a run of another decision than the ticket's is refused", async (ledger) => {
  const signed = await makeTicket({ decision: sha256(PLAN) });
  await rejectsWith("ticket.decision", () => ledger.admit(admission(signed)));
  assertEquals(await ledger.head(), EMPTY_HEAD);
});

test("a document that is not what its digest says is refused", async (ledger) => {
  const { envelope, ticket, payloadDigest } = await makeTicket();
  await rejectsWith("evidence.corrupt", () =>
    ledger.issueTicket(
      envelope,
      ticket,
      payloadDigest,
      new Map([[sha256(PLAN), DECISION]]),
    ));
  assertEquals(await ledger.head(), EMPTY_HEAD);
});

test("a ticket of one use admits one run, one of three uses three", async (ledger) => {
  for (const maxUses of [1, 3]) {
    const signed = await makeTicket({ maxUses });
    for (let use = 1; use <= maxUses; use++) {
      const { record, entry } = await ledger.admit(admission(signed));
      assertEquals([record.use, entry.entry.type], [use, "run.admitted"]);
    }
    await rejectsWith("ticket.used", () => ledger.admit(admission(signed)));
    assertEquals((await ledger.ticket(signed.ticket.id))?.status, "used");
  }
  await assertWhole(ledger);
});

test("of ten that race for one use one is admitted", async (ledger, store) => {
  const signed = await makeTicket();
  const others = await Promise.all(
    Array.from({ length: 10 }, () => openLedger(store)),
  );
  const ended = await Promise.allSettled(
    others.map((other) => other.admit(admission(signed))),
  );
  const won = ended.filter(({ status }) => status === "fulfilled");
  assertEquals(won.length, 1);
  for (const end of ended) {
    if (end.status === "rejected") assertEquals(end.reason.code, "ticket.used");
  }
  assertEquals((await ledger.head()).size, 2);
  await assertWhole(ledger);
});

test("a run is admitted once", async (ledger) => {
  const run = makeRunId();
  await ledger.admit(admission(await makeTicket(), run));
  const again = await makeTicket();
  await rejectsWith(
    "ledger.conflict",
    () => ledger.admit(admission(again, run)),
  );
  assertEquals((await ledger.head()).size, 2);
  await assertWhole(ledger);
});

test("a revoked ticket admits and resumes nothing", async (ledger) => {
  const signed = await makeTicket({ maxUses: 2 });
  const { record } = await ledger.admit(admission(signed));
  const link = await ledger.revokeTicket(signed.ticket.id, "a mistake", "ada");
  assertEquals(link?.entry.type, "ticket.revoked");
  assertEquals(await ledger.revokeTicket(signed.ticket.id, "x", "y"), null);
  await rejectsWith("ticket.revoked", () => ledger.admit(admission(signed)));
  await rejectsWith("ticket.revoked", () => ledger.resume(record.run, ACTOR));
  const state = await ledger.ticketState(signed.ticket.id);
  assertEquals([state?.uses, state?.revoked?.reason], [1, "a mistake"]);
  await assertWhole(ledger);
});

test("a ticket whose time is over resumes nothing", async (ledger, store) => {
  const signed = await makeTicket();
  const { record: { run } } = await ledger.admit(admission(signed));
  const end = Date.parse(signed.ticket.expiresAt);
  const late = await openLedger(store, null, () => end);
  await rejectsWith("ticket.expired", () => late.resume(run, ACTOR));
  assertEquals((await late.head()).size, 2);
  // The control: a moment before, it goes on.
  const before = await openLedger(store, null, () => end - 1);
  assertEquals((await before.resume(run, ACTOR)).record.entries, [1, 2]);
  await assertWhole(before);
});

test("a ticket that the ledger does not have cannot be revoked", async (ledger) => {
  await rejectsWith("ticket.missing", () => ledger.revokeTicket("t", "r", "b"));
});

test("a ticket outside its time admits nothing", async (ledger) => {
  const early = await makeTicket({ notBefore: "2026-05-02T00:00:00.000Z" });
  await rejectsWith(
    "ticket.not_yet_valid",
    () => ledger.admit(admission(early)),
  );
  const late = await makeTicket({ expiresAt: "2026-05-01T09:30:00.000Z" });
  await rejectsWith("ticket.expired", () => ledger.admit(admission(late)));
  assertEquals(await ledger.head(), EMPTY_HEAD);
});

test("tickets are listed both ways and by plan", async (ledger) => {
  const other = sha256(PIPELINE);
  const about = canonicalBytes({ decision: 2, plan: other });
  const issued: string[] = [];
  for (const decision of [DECISION, about, DECISION]) {
    const { envelope, ticket, payloadDigest } = await makeTicket({
      decision: sha256(decision),
    });
    await ledger.issueTicket(
      envelope,
      ticket,
      payloadDigest,
      new Map([[sha256(decision), decision]]),
    );
    issued.push(ticket.id);
  }
  // One that comes with its run is found too.
  const late = await makeTicket();
  await ledger.admit(admission(late));
  issued.push(late.ticket.id);
  const ids = async (found: ReturnType<Ledger["tickets"]>) =>
    (await Array.fromAsync(found)).map(({ ticket }) => ticket.id);
  assertEquals(await ids(ledger.tickets()), issued);
  assertEquals(await ids(ledger.tickets({ reverse: true, limit: 1 })), [
    issued[3],
  ]);
  const plan = sha256(PLAN);
  assertEquals(await ids(ledger.ticketsForPlan(plan)), [
    issued[0],
    issued[2],
    issued[3],
  ]);
  assertEquals(
    await ids(ledger.ticketsForPlan(plan, { reverse: true, limit: 1 })),
    [issued[3]],
  );
  assertEquals(await ids(ledger.ticketsForPlan(other)), [issued[1]]);
  assertEquals((await verifyLedger(ledger)).faults, []);
});

test(
  "a ticket that is not listed for its plan is found out",
  async (ledger, store) => {
    const { envelope, ticket, payloadDigest } = await makeTicket();
    const documents = new Map([[sha256(DECISION), DECISION]]);
    await ledger.issueTicket(envelope, ticket, payloadDigest, documents);
    const again = await makeTicket();
    await ledger.issueTicket(again.envelope, again.ticket, again.payloadDigest);
    assertEquals((await verifyLedger(ledger)).faults, []);
    await store.commit({ unlist: [`plan/${sha256(PLAN)}/${ticket.id}`] });
    const { faults } = await verifyLedger(ledger);
    assertEquals(faults.map(({ code }) => code), ["ticket.unlisted"]);
  },
);

test("the latest run is the last, and runs are found by prefix and status", async (ledger) => {
  const first = await wholeRun(ledger);
  const { record: { run: second } } = await ledger.admit(
    admission(await makeTicket()),
  );
  const ids = async (found: ReturnType<Ledger["runs"]>) =>
    (await Array.fromAsync(found)).map(({ run }) => run);
  assertEquals(await ids(ledger.runs()), [first, second]);
  assertEquals(await ids(ledger.runs({ reverse: true, limit: 1 })), [second]);
  assertEquals(await ids(ledger.runs({ status: "ok", limit: 5 })), [first]);
  assertEquals(await ids(ledger.runs({ limit: 0 })), []);
  assertEquals(await ids(ledger.runs({ prefix: second })), [second]);
  assertEquals(await ids(ledger.runs({ prefix: "run_none" })), []);
  assertEquals(await ledger.run("run_none"), null);
});

test("the latest run is found without reading the others", async (_, store) => {
  let listed = 0;
  const ledger = await openLedger({
    ...watchCommits(store, () => {}),
    list: async function* (kind, options) {
      for await (const document of store.list(kind, options)) {
        listed++;
        yield document;
      }
    },
  });
  for (let i = 0; i < 5; i++) await ledger.admit(admission(await makeTicket()));
  listed = 0;
  await Array.fromAsync(ledger.runs({ reverse: true, limit: 1 }));
  assertEquals(listed, 1);
});

// Receipts.

test(
  "a thousand receipts appended at once take few commits, and keep their order",
  async (_, store) => {
    const commits: Commit[] = [];
    const ledger = await openLedger(watchCommits(store, (change) => {
      commits.push(change);
    }));
    const { record: { run } } = await ledger.admit(
      admission(await makeTicket()),
    );
    commits.length = 0;
    const appended = await Promise.all(
      Array.from(
        { length: 1000 },
        (_, i) =>
          ledger.append(
            run,
            "step.finished",
            finished(`s${i}`, "skipped", 0),
            ACTOR,
          ),
      ),
    );
    assert(commits.length <= 5, `${commits.length} commits`);
    assertEquals(
      appended.map(({ receipt }) => receipt.seq),
      [
        ...Array(1000).keys(),
      ].map((i) => i + 1),
    );
    const lines = await Array.fromAsync(ledger.receipts(run));
    assertEquals(lines.length, 1001);
    assertEquals(leafHash(lines[1000]), appended[999].hash);
    await assertWhole(ledger);
  },
);

test(
  "a receipt is durable when its append resolves, and not before",
  async (_, store) => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => release = resolve);
    const admitted = await (await openLedger(store)).admit(
      admission(await makeTicket()),
    );
    const { run } = admitted.record;
    const ledger = await openLedger(watchCommits(store, () => gate));
    let isDone = false;
    const append = ledger.append(run, "step.started", started("a"), ACTOR)
      .then(() => isDone = true);
    await new Promise((resolve) => setTimeout(resolve, 10));
    assertEquals([isDone, (await store.runHead(run)).size], [false, 1]);
    release();
    await append;
    assertEquals((await store.runHead(run)).size, 2);
  },
);

test(
  "a receipt that nobody waits for goes into the commit of the next one",
  async (_, store) => {
    let commits = 0;
    const ledger = await openLedger(watchCommits(store, () => void commits++));
    const { record: { run } } = await ledger.admit(
      admission(await makeTicket()),
    );
    await ledger.append(run, "step.started", started("a"), ACTOR);
    commits = 0;
    await ledger.appendSoon(run, "step.finished", finished("a"), ACTOR);
    await ledger.append(run, "step.started", started("b"), ACTOR);
    assertEquals([commits, (await store.runHead(run)).size], [1, 4]);
    await ledger.append(run, "step.finished", finished("b"), ACTOR);
    await assertWhole(ledger);
  },
);

test(
  "a receipt that nobody waits for is durable without a next one too",
  async (ledger, store) => {
    const { record: { run } } = await ledger.admit(
      admission(await makeTicket()),
    );
    await ledger.append(run, "step.started", started("a"), ACTOR);
    await ledger.appendSoon(run, "step.finished", finished("a"), ACTOR);
    await until(async () => (await store.runHead(run)).size === 3, 1);
  },
);

test(
  "a receipt that nobody waits for tells when it is durable",
  async (ledger, store) => {
    const { record: { run } } = await ledger.admit(
      admission(await makeTicket()),
    );
    await ledger.append(run, "step.started", started("a"), ACTOR);
    const end = [run, "step.finished", finished("a"), ACTOR] as const;
    const { durable } = await ledger.appendSoon(...end);
    let size = (await store.runHead(run)).size;
    assertEquals(size, 2);
    const told = durable.then(async () => {
      size = (await store.runHead(run)).size;
    });
    await ledger.settle(run);
    await told;
    assertEquals(size, 3);
  },
);

test("what settled is durable", async (ledger, store) => {
  const { record: { run } } = await ledger.admit(admission(await makeTicket()));
  await ledger.append(run, "step.started", started("a"), ACTOR);
  await ledger.appendSoon(run, "step.finished", finished("a"), ACTOR);
  await ledger.settle(run);
  assertEquals((await store.runHead(run)).size, 3);
  await ledger.settle(run);
});

for (const next of ["append", "appendSoon", "settle"] as const) {
  test(
    `after a receipt that could not be written nothing of its run is: ${next}`,
    async (_, store) => {
      let isFull = false;
      const ledger = await openLedger(watchCommits(store, () => {
        if (isFull) {
          throw new WritError("store.unwritable", "Cannot write: no room");
        }
      }));
      const { record: { run } } = await ledger.admit(
        admission(await makeTicket()),
      );
      await ledger.append(run, "step.started", started("a"), ACTOR);
      isFull = true;
      await ledger.appendSoon(run, "step.finished", finished("a"), ACTOR);
      await new Promise((resolve) => setTimeout(resolve, 20));
      isFull = false;
      await rejectsWith("store.unwritable", async () => {
        if (next === "settle") return await ledger.settle(run);
        await ledger[next](run, "step.started", started("b"), ACTOR);
      });
      assertEquals((await store.runHead(run)).size, 2);
    },
  );
}

test("receipts of many runs go into one commit", async (_, store) => {
  let commits = 0;
  const ledger = await openLedger(watchCommits(store, () => {
    commits++;
  }));
  const runs: string[] = [];
  for (let i = 0; i < 10; i++) {
    runs.push((await ledger.admit(admission(await makeTicket()))).record.run);
  }
  const start = () =>
    Promise.all(
      runs.map((run) =>
        ledger.append(run, "step.started", started("a"), ACTOR)
      ),
    );
  await start();
  const finish = () =>
    Promise.all(
      runs.map((run) =>
        ledger.append(run, "step.finished", finished("a"), ACTOR)
      ),
    );
  commits = 0;
  await finish();
  assertEquals(commits, 1);
  await assertWhole(ledger);
});

test("an append out of order or after the seal is refused, and the run goes on", async (ledger) => {
  const { record: { run } } = await ledger.admit(admission(await makeTicket()));
  await rejectsWith(
    "receipt.illegal",
    () => ledger.append(run, "step.finished", finished("a"), ACTOR),
  );
  await rejectsWith(
    "receipt.illegal",
    () =>
      ledger.append(run, "step.published", { step: "a", products: [] }, ACTOR),
  );
  await ledger.append(run, "step.started", started("a"), ACTOR);
  await rejectsWith(
    "receipt.illegal",
    () => ledger.append(run, "run.sealed", sealed(), ACTOR),
  );
  await ledger.append(run, "step.finished", finished("a"), ACTOR);
  await ledger.append(run, "run.sealed", sealed(), ACTOR);
  await rejectsWith(
    "receipt.illegal",
    () => ledger.append(run, "step.started", started("b"), ACTOR),
  );
  assertEquals((await Array.fromAsync(ledger.receipts(run))).length, 4);
  await assertWhole(ledger);
});

test("a receipt of a wrong form is refused", async (ledger) => {
  const { record: { run } } = await ledger.admit(admission(await makeTicket()));
  const body = { ...started("a"), more: 1 };
  await rejectsWith(
    "receipt.illegal",
    () => ledger.append(run, "step.started", body, ACTOR),
  );
  const host = JSON.parse('{"__proto__":1}');
  await rejectsWith(
    "receipt.illegal",
    () => ledger.append(run, "step.started", { ...started("a"), host }, ACTOR),
  );
  await ledger.append(run, "step.started", started("a"), ACTOR);
  await assertWhole(ledger);
});

test("a receipt of a run that was not admitted is refused", async (ledger) => {
  await rejectsWith(
    "receipt.illegal",
    () => ledger.append(makeRunId(), "step.started", started("a"), ACTOR),
  );
});

test(
  "a second writer of one run is told, and the run has one chain",
  async (ledger, store) => {
    const { record: { run } } = await ledger.admit(
      admission(await makeTicket()),
    );
    const other = await openLedger(store);
    await other.append(run, "step.started", started("a"), ACTOR);
    await ledger.append(run, "step.finished", finished("a"), ACTOR);
    await rejectsWith(
      "ledger.conflict",
      () => other.append(run, "step.finished", finished("a"), ACTOR),
    );
    await rejectsWith(
      "receipt.illegal",
      () => other.append(run, "step.finished", finished("a"), ACTOR),
    );
    await assertWhole(ledger);
  },
);

test(
  "a run with a second writer does not stop the others in its batch",
  async (ledger, store) => {
    const { record: { run: torn } } = await ledger.admit(
      admission(await makeTicket()),
    );
    const { record: { run: sound } } = await ledger.admit(
      admission(await makeTicket()),
    );
    const other = await openLedger(store);
    await other.append(torn, "step.started", started("a"), ACTOR);
    await other.append(sound, "step.started", started("a"), ACTOR);
    await ledger.append(torn, "step.finished", finished("a"), ACTOR);
    const [first, second] = await Promise.allSettled([
      other.append(torn, "step.finished", finished("a"), ACTOR),
      other.append(sound, "step.finished", finished("a"), ACTOR),
    ]);
    assertEquals([first.status, second.status], ["rejected", "fulfilled"]);
    await assertWhole(ledger);
  },
);

test(
  "a write that fails fails all that wait behind it, and the run goes on from what is there",
  async (_, store) => {
    let isBroken = false;
    const ledger = await openLedger(watchCommits(store, () => {
      if (isBroken) {
        throw new WritError("store.unwritable", "Cannot write: full");
      }
    }));
    const { record: { run } } = await ledger.admit(
      admission(await makeTicket()),
    );
    isBroken = true;
    const ended = await Promise.allSettled(
      ["a", "b", "c"].map((step) =>
        ledger.append(run, "step.started", started(step), ACTOR)
      ),
    );
    assertEquals(ended.map(({ status }) => status), Array(3).fill("rejected"));
    isBroken = false;
    const { receipt } = await ledger.append(
      run,
      "step.started",
      started("c"),
      ACTOR,
    );
    assertEquals(receipt.seq, 1);
    await assertWhole(ledger);
  },
);

// Resuming and closing.

test(
  "a run goes on after its runner is gone, without another use",
  async (first, store) => {
    const signed = await makeTicket();
    const { record: { run } } = await first.admit(admission(signed));
    await first.append(run, "step.started", started("a"), ACTOR);
    const ledger = await openLedger(store);
    const { unfinished, record } = await ledger.resume(run, ACTOR);
    assertEquals(unfinished, ["a"]);
    assertEquals(record.entries, [1, 2]);
    await rejectsWith(
      "receipt.illegal",
      () => ledger.append(run, "step.finished", finished("a"), ACTOR),
    );
    const lost = finished("a", "indeterminate");
    await ledger.append(run, "step.finished", lost, ACTOR);
    await ledger.append(run, "step.started", started("a", 2), ACTOR);
    await ledger.append(run, "step.finished", finished("a", "ok", 2), ACTOR);
    const { receipt, hash } = await ledger.append(
      run,
      "run.sealed",
      sealed(),
      ACTOR,
    );
    await close(ledger, run, signed.ticket.id, { size: receipt.seq + 1, hash });
    assertEquals((await ledger.ticketState(signed.ticket.id))?.uses, 1);
    const types = (await ledger.entriesOf(run)).map(({ entry }) => entry.type);
    assertEquals(types, [
      "ticket.issued",
      "run.admitted",
      "run.resumed",
      "run.closed",
    ]);
    await rejectsWith("run.not_resumable", () => ledger.resume(run, ACTOR));
    await assertWhole(ledger);
  },
);

test("a sealed run cannot be resumed, only closed", async (ledger, store) => {
  const signed = await makeTicket();
  const { record: { run } } = await ledger.admit(admission(signed));
  const { hash } = await ledger.append(run, "run.sealed", sealed(), ACTOR);
  const later = await openLedger(store);
  await rejectsWith("run.not_resumable", () => later.resume(run, ACTOR));
  const head = { size: 2, hash };
  const closed = await close(later, run, signed.ticket.id, head);
  assertEquals(await close(later, run, signed.ticket.id, head), closed);
  await rejectsWith(
    "receipt.illegal",
    () => close(later, run, signed.ticket.id, head, "failed"),
  );
  await assertWhole(later);
});

test("a run that is not there cannot be resumed", async (ledger) => {
  await rejectsWith(
    "reference.unknown",
    () => ledger.resume(makeRunId(), ACTOR),
  );
});

test("only the seal of the run as it is closes it", async (ledger) => {
  const signed = await makeTicket();
  const { ticket: { id } } = signed;
  const { record: { run }, opened } = await ledger.admit(admission(signed));
  const before = opened.head;
  await rejectsWith("receipt.illegal", () => close(ledger, run, id, before));
  const { hash } = await ledger.append(run, "run.sealed", sealed(), ACTOR);
  const head = { size: 2, hash };
  await rejectsWith("receipt.illegal", () => close(ledger, run, id, before));
  const short = { size: 1, hash };
  await rejectsWith("receipt.illegal", () => close(ledger, run, id, short));
  await rejectsWith("receipt.illegal", () => close(ledger, run, "tkt", head));
  assertEquals((await ledger.run(run))?.status, "running");
  await close(ledger, run, id, head);
  assertEquals((await ledger.run(run))?.status, "ok");
});

test("where a run stands is told from its record, its lock and its receipts", async (ledger) => {
  const { record } = await ledger.admit(admission(await makeTicket()));
  assertEquals(await ledger.runState(record, true), "running");
  assertEquals(await ledger.runState(record, false), "interrupted");
  await ledger.append(record.run, "step.started", started("a"), ACTOR);
  assertEquals(await ledger.runState(record, true), "running");
  assertEquals(await ledger.runState(record, false), "indeterminate");
  await ledger.append(record.run, "step.finished", finished("a"), ACTOR);
  assertEquals(await ledger.runState(record, false), "interrupted");
  const closed = await ledger.run(await wholeRun(ledger));
  assert(closed !== null);
  assertEquals(await ledger.runState(closed, false), "ok");
});

// Opening.

test("what was seen is still there", async (ledger, store) => {
  await openLedger(store, EMPTY_TREE);
  await wholeRun(ledger);
  const seen = await ledger.tree();
  await openLedger(store, seen);
  await wholeRun(ledger);
  await openLedger(store, seen);
});

test(
  "a ledger that is shorter than what was seen was rolled back",
  async (ledger, store) => {
    await wholeRun(ledger);
    const { size, root } = await ledger.tree();
    const seen = { size: size + 1, root };
    const error = await rejectsWith(
      "ledger.rolled_back",
      () => openLedger(store, seen),
    );
    assert(error.hint?.includes("older copy"));
  },
);

test(
  "a ledger that is longer but holds another history was rewritten",
  async (ledger, store) => {
    await wholeRun(ledger);
    const seen = { size: 2, root: sha256(PLAN) };
    await rejectsWith("ledger.rewritten", () => openLedger(store, seen));
  },
);

Deno.test("ledger in KV: yesterday's copy of the state is found out", async () => {
  const folder = await Deno.makeTempDir({ prefix: "writ-ledger-" });
  const path = `${folder}/ledger`;
  const store = await kvStore(path);
  await wholeRun(await openLedger(store));
  await store.close();
  await Deno.copyFile(path, `${path}.yesterday`);
  const today = await kvStore(path);
  const ledger = await openLedger(today);
  await wholeRun(ledger);
  const seen = await ledger.tree();
  await today.close();
  for (const end of ["-wal", "-shm"]) {
    await Deno.remove(path + end).catch(() => {});
  }
  await Deno.copyFile(`${path}.yesterday`, path);
  const restored = await kvStore(path);
  await assertWhole(await openLedger(restored));
  await rejectsWith("ledger.rolled_back", () => openLedger(restored, seen));
  await restored.close();
  await Deno.remove(folder, { recursive: true });
});

test("a store that holds another ledger is refused", async (_, store) => {
  await wholeRun(await openLedger(store));
  await rejectsWith(
    "ledger.corrupt",
    () =>
      Ledger.open(store, {
        id: sha256(PLAN),
        now: clock(),
        signer: () => Promise.resolve(LEDGER_KEY),
      }),
  );
});

// What verify finds.

const TAMPERED: [
  code: LedgerFaultCode,
  what: string,
  change: (store: Store, run: string) => Promise<Commit>,
][] = [
  [
    "ticket.uses",
    "a use that is not counted",
    async (store) => await editState(store, "ticket-state", { uses: 0 }),
  ],
  [
    "ticket.revocation",
    "a revocation that never was",
    async (store) =>
      await editState(store, "ticket-state", {
        revoked: { at: "2026-05-01T10:00:00.000Z", reason: "", by: "", seq: 0 },
      }),
  ],
  [
    "ticket.state",
    "a ticket of another payload",
    async (store) =>
      await editState(store, "ticket-state", { payload: sha256(PLAN) }),
  ],
  [
    "run.record",
    "an outcome that was changed",
    async (store) => await editState(store, "run", { status: "failed" }),
  ],
  [
    "run.record",
    "a run of another ticket",
    async (store) => await editState(store, "run", { ticket: "tkt_other" }),
  ],
  [
    "ledger.unreadable",
    "a record that is no record",
    (_, run) =>
      Promise.resolve({
        put: [{ kind: "run", id: run, bytes: new Uint8Array(3) }],
      }),
  ],
  ["run.unadmitted", "a run that was never admitted", async (store, run) => {
    const bytes = await store.get("run", run);
    return { put: [{ kind: "run", id: makeRunId(), bytes: bytes! }] };
  }],
  ["ticket.envelope", "another envelope", async (_, __) => ({
    put: [{
      kind: "ticket",
      id: await only(_, "ticket"),
      bytes: canonicalBytes((await makeTicket()).envelope),
    }],
  })],
  ["run.seal", "another seal", async (_, run) => ({
    put: [{
      kind: "seal",
      id: run,
      bytes: canonicalBytes((await makeTicket()).envelope),
    }],
  })],
  ["document.digest", "a document of other bytes", () =>
    Promise.resolve({
      put: [{ kind: "document", id: sha256(PLAN), bytes: DECISION }],
    })],
  ["chain.order", "a receipt after the close", async (store, run) => {
    const head = await store.runHead(run);
    const { bytes, hash } = nextReceipt(head, {
      run,
      at: "2026-05-01T10:00:00.000Z",
      type: "step.started",
      actor: ACTOR,
      body: started("b"),
    });
    return {
      receipts: [{ run, append: { after: head, records: [bytes], hash } }],
    };
  }],
  ["chain.owner", "an entry of nothing", async (store) => {
    const after = await store.head();
    const bytes = new Uint8Array([0x7b, 0x7d]);
    return { entries: { after, records: [bytes], hash: leafHash(bytes) } };
  }],
  ["ledger.head", "a head that is not the last entry's", async (store) => {
    const after = await store.head();
    for await (const bytes of store.entries(after.size - 1)) {
      return { entries: { after, records: [bytes], hash: sha256(PLAN) } };
    }
    return {};
  }],
];

for (const [code, what, tamper] of TAMPERED) {
  test(`verify finds ${what}`, async (ledger, store) => {
    const run = await wholeRun(ledger);
    await assertWhole(ledger);
    await store.commit(await tamper(store, run));
    const { faults } = await verifyLedger(ledger);
    assert(faults.some((fault) => fault.code === code), JSON.stringify(faults));
  });
}

async function only(store: Store, kind: "ticket-state" | "run" | "ticket") {
  for await (const { id } of store.list(kind)) return id;
  throw new Error(`Nothing of kind ${kind}`);
}

async function editState(
  store: Store,
  kind: "ticket-state" | "run",
  change: Record<string, unknown>,
): Promise<Commit> {
  const id = await only(store, kind);
  const bytes = await store.get(kind, id);
  const value = JSON.parse(new TextDecoder().decode(bytes!));
  return {
    put: [{ kind, id, bytes: canonicalBytes({ ...value, ...change }) }],
  };
}

// Run locks.

Deno.test("run lock: one holds a run at a time, and whoever looks is told", async () => {
  const folder = await Deno.makeTempDir({ prefix: "writ-locks-" });
  const run = makeRunId();
  assertEquals(await isRunHeld(folder, run), false);
  {
    using lock = await acquireRunLock(`${folder}/locks`, run);
    assertEquals(lock.run, run);
    assertEquals(await isRunHeld(`${folder}/locks`, run), true);
    assertEquals(await isRunHeld(`${folder}/locks`, makeRunId()), false);
    await rejectsWith("run.busy", () => acquireRunLock(`${folder}/locks`, run));
  }
  assertEquals(await isRunHeld(`${folder}/locks`, run), false);
  const again = await acquireRunLock(`${folder}/locks`, run);
  again.release();
  again.release();
  await Deno.remove(folder, { recursive: true });
});

for (const run of ["../escape", "run_x/../../y", "", "latest"]) {
  Deno.test(`run lock: "${run}" is not a run`, async () => {
    await rejectsWith("reference.unknown", () => acquireRunLock("/tmp", run));
    await rejectsWith("reference.unknown", () => isRunHeld("/tmp", run));
  });
}

Deno.test("run lock: a file in the place of the folder makes it unwritable", async () => {
  const file = await Deno.makeTempFile();
  await rejectsWith(
    "store.unwritable",
    () => acquireRunLock(file, makeRunId()),
  );
  await Deno.remove(file);
});
