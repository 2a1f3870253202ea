/**
 * The ledger's entries of expiries: entered once, told by the run's record, and found out where they
 * are not as they must be.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path/join";
import { canonicalBytes } from "../src/core/canonical_json.ts";
import { digestOf } from "../src/core/digest.ts";
import { formatTime } from "../src/core/time.ts";
import { dueAt, longer } from "../src/evidence/retention.ts";
import type { Entry, EntryBodies, EntryType } from "../src/ledger/entry.ts";
import { kvStore } from "../src/ledger/kv_store.ts";
import type { Ledger } from "../src/ledger/ledger.ts";
import { LedgerFacts } from "../src/ledger/ledger_facts.ts";
import { MemoryStore } from "../src/ledger/memory_store.ts";
import type { Store } from "../src/ledger/store.ts";
import {
  ACTOR,
  admission,
  finished,
  LEDGER_ID,
  makeRunId,
  makeTicket,
  openLedger,
  started,
  verifyLedger,
  wholeRun,
} from "./support/ledger.ts";
import { rejectsWith } from "./support/rejects_with.ts";

/** A month before the runs of these tests. */
const CAPTURED = "2026-04-01T09:00:00.000Z";
const PUBLIC = { class: "public", captured: CAPTURED, days: 30 } as const;
const SEALED = { class: "sealed", captured: CAPTURED, days: 7 } as const;

function test(
  what: string,
  body: (ledger: Ledger, store: Store) => Promise<void>,
): void {
  Deno.test(`expiry in memory: ${what}`, async () => {
    const store = new MemoryStore();
    await body(await openLedger(store), store);
  });
  Deno.test(`expiry in KV: ${what}`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "writ-ledger-" });
    const store = await kvStore(join(folder, "ledger"));
    try {
      await body(await openLedger(store), store);
    } finally {
      await store.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** What the ledger's walk finds. */
async function faultsOf(ledger: Ledger): Promise<string[]> {
  return (await verifyLedger(ledger)).faults.map(({ code }) => code);
}

test("each class of a run expires once, and its record tells", async (ledger) => {
  const run = await wholeRun(ledger);
  const { size } = await ledger.head();
  await ledger.expire([{ run, expired: [SEALED], kept: ["public"] }]);
  assertEquals((await ledger.run(run))!.evidence, {
    expired: ["sealed"],
    kept: ["public"],
  });
  for (let again = 0; again < 2; again++) {
    await ledger.expire([{ run, expired: [SEALED, PUBLIC], kept: [] }]);
  }
  const record = (await ledger.run(run))!;
  assertEquals(record.evidence, { expired: ["sealed", "public"], kept: [] });
  assertEquals(record.entries.slice(-2), [size, size + 1]);
  assertEquals((await ledger.head()).size, size + 2);
  const entries = await ledger.entriesOf(run);
  assertEquals(
    entries.slice(-2).map(({ entry }) => [entry.type, entry.body]),
    [
      ["evidence.expired", { run, ...SEALED }],
      ["evidence.expired", { run, ...PUBLIC }],
    ],
  );
  assertEquals(await faultsOf(ledger), []);
});

test("many runs expire in one commit", async (ledger) => {
  const runs = [];
  for (let n = 0; n < 5; n++) runs.push(await wholeRun(ledger));
  const { size } = await ledger.head();
  await ledger.expire(
    runs.map((run) => ({ run, expired: [PUBLIC], kept: [] })),
  );
  assertEquals((await ledger.head()).size, size + 5);
  assertEquals(await faultsOf(ledger), []);
});

test(
  "of those that expire the same at once, one enters it",
  async (ledger, store) => {
    const run = await wholeRun(ledger);
    const { size } = await ledger.head();
    const others = await Promise.all(
      [1, 2, 3].map(() => openLedger(store)),
    );
    await Promise.all(
      others.map((each) =>
        each.expire([{ run, expired: [PUBLIC, SEALED], kept: [] }])
      ),
    );
    assertEquals((await ledger.head()).size, size + 2);
    assertEquals(await faultsOf(ledger), []);
  },
);

test("a run whose evidence has gone is not resumed", async (ledger) => {
  const signed = await makeTicket();
  const { record: { run } } = await ledger.admit(admission(signed));
  await ledger.append(run, "step.started", started("a"), ACTOR);
  await ledger.append(run, "step.finished", finished("a"), ACTOR);
  await ledger.resume(run, ACTOR);
  await ledger.expire([{ run, expired: [PUBLIC], kept: [] }]);
  await rejectsWith("run.not_resumable", () => ledger.resume(run, ACTOR));
  assertEquals(await faultsOf(ledger), []);
});

test("evidence of a run that is not there does not expire", async (ledger) => {
  await wholeRun(ledger);
  const { size } = await ledger.head();
  await rejectsWith(
    "reference.unknown",
    () => ledger.expire([{ run: makeRunId(), expired: [PUBLIC], kept: [] }]),
  );
  assertEquals((await ledger.head()).size, size);
});

test("an expiry that was not due is found out", async (ledger) => {
  const run = await wholeRun(ledger);
  await ledger.expire([{
    run,
    expired: [{ ...PUBLIC, days: 40 }],
    kept: [],
  }]);
  assertEquals(await faultsOf(ledger), ["entry.illegal"]);
});

const ALTERED: [what: string, evidence: unknown][] = [
  ["nothing", undefined],
  ["less", { expired: [], kept: ["public"] }],
  ["more", { expired: ["public", "sealed"], kept: [] }],
];

for (const [what, evidence] of ALTERED) {
  test(
    `a record that says that ${what} has expired is found out`,
    async (ledger, store) => {
      const run = await wholeRun(ledger);
      await ledger.expire([{ run, expired: [PUBLIC], kept: [] }]);
      const { evidence: _, ...record } = (await ledger.run(run))!;
      const changed = evidence === undefined ? record : { ...record, evidence };
      await store.commit({
        put: [{ kind: "run", id: run, bytes: canonicalBytes(changed) }],
      });
      assertEquals(await faultsOf(ledger), ["run.record"]);
    },
  );
}

/** A ledger in which a run was admitted, and what its next entries are faulted for. */
function faults(
  ...next: { type: EntryType; body: unknown; at?: string }[]
): string[] {
  const facts = new LedgerFacts();
  const body: EntryBodies["run.admitted"] = {
    run: "run_1",
    ticket: "tkt_1",
    decision: digestOf("decision"),
    use: 1,
  };
  const all = [
    {
      type: "ticket.issued",
      body: {
        ticket: "tkt_1",
        payload: digestOf("payload"),
        decision: body.decision,
      },
    },
    { type: "run.admitted", body },
    ...next,
  ];
  for (const [seq, each] of all.entries()) {
    const at = "at" in each && each.at !== undefined
      ? each.at
      : "2026-06-01T00:00:00.000Z";
    const entry = { v: 1, ledger: LEDGER_ID, seq, prev: null, ...each, at };
    facts.add(entry as Entry, digestOf(seq));
  }
  return facts.faults;
}

const expiry = (change: Record<string, unknown> = {}) => ({
  type: "evidence.expired" as const,
  body: { run: "run_1", ...PUBLIC, ...change },
});

const ROWS: [what: string, next: Parameters<typeof faults>, found: string[]][] =
  [
    ["what is due expires", [expiry()], []],
    ["one class after the other expires", [expiry(), expiry(SEALED)], []],
    [
      "it expires at the very moment",
      [{ ...expiry(), at: "2026-05-01T09:00:00.000Z" }],
      [],
    ],
    [
      "it expires a millisecond early",
      [{ ...expiry(), at: "2026-05-01T08:59:59.999Z" }],
      ["entry 2: what expired by it was not due"],
    ],
    [
      "it expires twice",
      [expiry(), expiry()],
      ["entry 3: public evidence of its run expired before"],
    ],
    [
      "a run expires that there is not",
      [expiry({ run: "run_2" })],
      ["entry 2: its run was never admitted"],
    ],
    [
      "a run goes on after it",
      [expiry(), { type: "run.resumed", body: { run: "run_1" } }],
      ["entry 3: its run's evidence was gone before"],
    ],
  ];

for (const [what, next, found] of ROWS) {
  Deno.test(`the ledger's facts where ${what}`, () => {
    assertEquals(faults(...next), found);
  });
}

Deno.test("what is kept for ever is never due, and longer than anything", () => {
  assertEquals(dueAt(CAPTURED, null), null);
  assertEquals(formatTime(dueAt(CAPTURED, 0)!), CAPTURED);
  assertEquals(formatTime(dueAt(CAPTURED, 30)!), "2026-05-01T09:00:00.000Z");
  assertEquals([longer(null, 3), longer(3, null), longer(3, 7)], [
    null,
    null,
    7,
  ]);
});
