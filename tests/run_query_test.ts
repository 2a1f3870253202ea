/** Finding runs by what is known of them: the right ones, in order, and without looking at the others. */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { kvStore } from "../src/ledger/kv_store.ts";
import type { Ledger } from "../src/ledger/ledger.ts";
import type { RunQuery } from "../src/ledger/list_runs.ts";
import { MemoryStore } from "../src/ledger/memory_store.ts";
import type { RunRecord } from "../src/ledger/records.ts";
import { byStatus, byStep, indexPuts } from "../src/ledger/run_index.ts";
import type { Store } from "../src/ledger/store.ts";
import {
  ACTOR,
  admission,
  clock,
  close,
  LEDGER_ID,
  LEDGER_KEY,
  makeTicket,
  openLedger,
  sealed,
  verifyLedger,
} from "./support/ledger.ts";

interface Told {
  record: RunRecord;
  steps: string[];
  actors: string[];
}

const STEPS = ["build", "test", "a/b %", "ä"];
const ASKERS = ["bot", "ann/../x", "Ünal"];
const OUTCOMES = ["ok", "failed", "cancelled", null] as const;

/** Runs of all kinds, one after the other; `null` is one that still runs. */
async function story(ledger: Ledger, count: number): Promise<Told[]> {
  const told: Told[] = [];
  for (let i = 0; i < count; i++) {
    const id = ASKERS[i % ASKERS.length];
    const steps = STEPS.filter((_, n) => (i >> n) % 2 === 0);
    const signed = await makeTicket({
      requester: { kind: "agent", id, key: null },
    });
    const { record: { run } } = await ledger.admit({
      ...admission(signed),
      steps,
    });
    const outcome = OUTCOMES[i % OUTCOMES.length];
    if (outcome !== null) {
      const body = sealed(outcome);
      const { hash } = await ledger.append(run, "run.sealed", body, ACTOR);
      const head = { size: 2, hash };
      await close(ledger, run, signed.ticket.id, head, outcome);
    }
    const { envelope: { signatures } } = signed;
    told.push({
      record: (await ledger.run(run))!,
      steps,
      actors: [id, ACTOR.id, signatures[0].keyid],
    });
  }
  return told;
}

function expected(told: readonly Told[], query: RunQuery): string[] {
  const found = told.filter(({ record, steps, actors }) =>
    (query.status === undefined || record.status === query.status) &&
    (query.step === undefined || steps.includes(query.step)) &&
    (query.since === undefined || record.openedAt >= query.since) &&
    (query.actors === undefined ||
      query.actors.some((actor) => actors.includes(actor)))
  ).map(({ record }) => record.run).sort();
  return (query.reverse ? found.reverse() : found).slice(0, query.limit);
}

const found = async (ledger: Ledger, query: RunQuery) =>
  (await Array.fromAsync(ledger.runs(query))).map(({ run }) => run);

const STORES: [name: string, open: () => Promise<Store>][] = [
  ["memory", () => Promise.resolve(new MemoryStore())],
  ["KV", async () => await kvStore(`${await Deno.makeTempDir()}/ledger`)],
];

for (const [name, open] of STORES) {
  Deno.test(`runs in ${name} are found by status, step, actor and time, in any combination`, async () => {
    const store = await open();
    const ledger = await openLedger(store);
    const told = await story(ledger, 40);
    const times = told.map(({ record }) => record.openedAt);
    const maybe = <T>(value: fc.Arbitrary<T>) =>
      fc.option(value, { nil: undefined });
    const queries: fc.Arbitrary<RunQuery> = fc.record({
      reverse: fc.boolean(),
      limit: maybe(fc.nat(8)),
      status: maybe(
        fc.constantFrom(
          "ok",
          "failed",
          "cancelled",
          "running",
          "indeterminate",
        ),
      ),
      step: maybe(fc.constantFrom(...STEPS, "none", "")),
      actors: maybe(
        fc.subarray([...ASKERS, ACTOR.id, told[0].actors[2], "nobody"]),
      ),
      since: maybe(fc.constantFrom(...times)),
    });
    await fc.assert(
      fc.asyncProperty(queries, async (query) => {
        assertEquals(await found(ledger, query), expected(told, query));
      }),
      { numRuns: 200 },
    );
    assertEquals((await verifyLedger(ledger)).faults, []);
    await store.close();
  });
}

Deno.test("a closed run is no longer listed as running", async () => {
  const store = new MemoryStore();
  const ledger = await openLedger(store);
  await story(ledger, 8);
  const listed = async (status: RunRecord["status"]) =>
    (await Array.fromAsync(store.list("index", { prefix: byStatus(status) })))
      .length;
  assertEquals([await listed("running"), await listed("ok")], [2, 2]);
});

Deno.test("a run with more steps than one commit takes is found by each of them", async () => {
  const steps = Array.from({ length: 1200 }, (_, i) => `step-${i}`);
  const folder = await Deno.makeTempDir();
  const store = await kvStore(`${folder}/ledger`);
  const ledger = await openLedger(store);
  const { record: { run } } = await ledger.admit({
    ...admission(await makeTicket()),
    steps,
  });
  for (const step of ["step-0", "step-600", "step-1199"]) {
    assertEquals(await found(ledger, { step }), [run]);
  }
  await store.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a run that was refused is found by nothing", async () => {
  const store = new MemoryStore();
  const ledger = await openLedger(store);
  const signed = await makeTicket();
  const steps = Array.from({ length: 300 }, (_, i) => `step-${i}`);
  await ledger.admit({ ...admission(signed), steps: [] });
  const again = { ...admission(signed), steps };
  const refused = await ledger.admit(again).then(() => false, () => true);
  assert(refused);
  assert(
    (await Array.fromAsync(store.list("index", { prefix: "step/" }))).length >
      0,
  );
  for (const step of steps) assertEquals(await found(ledger, { step }), []);
});

Deno.test("a few runs are found among many by reading a few records", async () => {
  const store = new MemoryStore();
  const many = await openLedger(store);
  const told = await story(many, 200);
  const old = told.slice(0, 60).flatMap(({ record: { run } }) =>
    indexPuts(run, [byStep("old")])
  );
  await store.commit({ put: old });
  let reads = 0;
  const counted: Store = {
    head: () => store.head(),
    entries: (from, limit) => store.entries(from, limit),
    runHead: (run) => store.runHead(run),
    receipts: (run) => store.receipts(run),
    get: (kind, id) => {
      reads++;
      return store.get(kind, id);
    },
    list: async function* (kind, options) {
      for await (const row of store.list(kind, options)) {
        reads++;
        yield row;
      }
    },
    commit: (change) => store.commit(change),
    close: () => store.close(),
  };
  const { Ledger } = await import("../src/ledger/ledger.ts");
  const ledger = await Ledger.open(counted, {
    id: LEDGER_ID,
    now: clock(),
    signer: () => Promise.resolve(LEDGER_KEY),
  });
  const queries: [query: RunQuery, most: number][] = [
    [{ status: "failed" }, 15],
    [{ status: "running" }, 15],
    [{ step: "build" }, 15],
    [{ actors: ["bot"] }, 15],
    [{}, 15],
    [{ step: "ä", actors: ["bot"] }, 60],
    // The newest of these are not with what stands first.
    [{ status: "ok", step: "old" }, 60],
    [{ status: "ok", step: "old", actors: ASKERS }, 100],
  ];
  for (const [query, most] of queries) {
    reads = 0;
    const runs = await found(ledger, { ...query, reverse: true, limit: 5 });
    assertEquals(runs.length, 5);
    assert(reads <= most, `${JSON.stringify(query)}: ${reads} reads`);
  }
});
