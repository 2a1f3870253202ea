/**
 * The ledger as it grows: what closing a run costs (entry, tree, signed checkpoint, all durable),
 * what a proof costs, and how long it takes to find runs among many.
 *
 * @module
 */
import { join } from "@std/path/join";
import { canonicalBytes } from "../src/core/canonical_json.ts";
import { sha256 } from "../src/core/digest.ts";
import { signEnvelope } from "../src/core/dsse.ts";
import { newRunId } from "../src/core/id.ts";
import { generateKey, type Signer } from "../src/core/keys.ts";
import { EntryLog } from "../src/ledger/entry_log.ts";
import { kvStore } from "../src/ledger/kv_store.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import type { RunRecord } from "../src/ledger/records.ts";
import {
  byActor,
  byStatus,
  byStep,
  indexPuts,
} from "../src/ledger/run_index.ts";
import { SEAL_TYPE } from "../src/ledger/seal.ts";
import type { Put, Store } from "../src/ledger/store.ts";
import { findAnyRun } from "../src/cli/find_run.ts";
import { median } from "./measure.ts";
import { printTable } from "./print.ts";
import { ACTOR, admitBenchRun, NOTHING } from "./ticket.ts";

const SIZES = [100, 10_000, 100_000];
const CLOSINGS = 31;
const RUNS = 100_000;

/** Milliseconds, in a ledger of so many entries. */
interface Row {
  size: number;
  close: number;
  reopen: number;
  prove: number;
}

/** Prints what a ledger of each size costs, and what finding runs costs. */
export async function benchLedger(): Promise<void> {
  const root = await Deno.makeTempDir();
  const { signer } = await generateKey();
  try {
    const rows: Row[] = [];
    for (const size of SIZES) {
      const store = await kvStore(join(root, `${size}.kv`));
      await fill(store, signer, size);
      rows.push({
        size,
        close: median(await closings(store, signer, false)),
        reopen: median(await closings(store, signer, true)),
        prove: await proofs(await open(store, signer)),
      });
      await store.close();
    }
    printTable(
      `closing a run, durably, and proving it; median of ${CLOSINGS}, and growth`,
      [
        ["entries", "close", "", "open and close", "", "prove", ""],
        ...rows.map((row) => [
          row.size.toLocaleString("en"),
          ...(["close", "reopen", "prove"] as const).flatMap((what) => [
            milliseconds(row[what]),
            `${(row[what] / rows[0][what]).toFixed(1)} x`,
          ]),
        ]),
      ],
    );
    printTable(
      `finding runs among ${RUNS.toLocaleString("en")}`,
      await finding(join(root, "runs.kv"), signer),
    );
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function open(store: Store, signer: Signer): Promise<Ledger> {
  return Ledger.open(store, {
    id: signer.id,
    now: Date.now,
    signer: () => Promise.resolve(signer),
  });
}

/** Entries of runs that were admitted and are gone, many a commit. */
async function fill(
  store: Store,
  signer: Signer,
  size: number,
): Promise<void> {
  const log = new EntryLog(
    store,
    signer.id,
    Date.now,
    () => Promise.resolve(signer),
  );
  for (let done = 0; done < size; done += 500) {
    await log.change((batch) => {
      for (let i = 0; i < Math.min(500, size - done); i++) {
        batch.add("run.resumed", { run: newRunId(Date.now()) });
      }
      return Promise.resolve({ result: undefined });
    });
  }
}

/** How long it takes to close each of some runs; `fresh`: the ledger is opened for each. */
async function closings(
  store: Store,
  signer: Signer,
  fresh: boolean,
): Promise<number[]> {
  const times: number[] = [];
  const ledger = await open(store, signer);
  for (let i = 0; i < CLOSINGS; i++) {
    const { run, ticket, head, count } = await sealedRun(ledger, signer);
    const payload = canonicalBytes({
      v: 1,
      ledger: ledger.id,
      run,
      ticket,
      outcome: "ok",
      head,
      count,
      products: [],
    });
    const envelope = await signEnvelope(SEAL_TYPE, payload, [signer]);
    const start = performance.now();
    const closer = fresh ? await open(store, signer) : ledger;
    await closer.closeRun(run, envelope, sha256(payload), "ok");
    times.push(performance.now() - start);
  }
  return times;
}

async function sealedRun(ledger: Ledger, signer: Signer) {
  const { run, ticket } = await admitBenchRun(ledger, signer);
  const { hash, receipt } = await ledger.append(
    run,
    "run.sealed",
    { outcome: "ok", steps: [], invariants: [] },
    ACTOR,
  );
  return { run, ticket, head: hash, count: receipt.seq + 1 };
}

/** The proof that an entry is in the tree, and that the tree grew; nothing is kept in between. */
async function proofs(ledger: Ledger): Promise<number> {
  const { size } = await ledger.tree();
  const times: number[] = [];
  for (let i = 0; i < CLOSINGS; i++) {
    const index = Math.floor(size * i / CLOSINGS);
    times.push(
      await timed(async () => {
        await ledger.proofs().inclusion(index, size);
        await ledger.proofs().consistency(index + 1, size);
      }),
    );
  }
  return median(times);
}

async function finding(path: string, signer: Signer): Promise<string[][]> {
  const store = await kvStore(path);
  const middle = await fillRuns(store);
  const ledger = await open(store, signer);
  const newest = (query: Parameters<Ledger["runs"]>[0]) =>
    Array.fromAsync(ledger.runs({ reverse: true, limit: 20, ...query }));
  const rows = [
    await row("the newest", () => findAnyRun("latest", ledger)),
    await row(
      "one by the beginning of its id",
      () => findAnyRun(middle, ledger),
    ),
    await row("20 newest", () => newest({})),
    await row(
      "20 newest that failed, 1 in 1,000",
      () => newest({ status: "failed" }),
    ),
    await row(
      "20 newest with a step, 1 in 1,000",
      () => newest({ step: "rare" }),
    ),
    await row(
      "the same by somebody who has all",
      () => newest({ step: "rare", actors: ["ada"] }),
    ),
    await row(
      "20 of a step of long ago, by one of two",
      () => newest({ step: "old", actors: ["odd"], status: "ok" }),
    ),
    await row("all that still run, 1", () => newest({ status: "running" })),
  ];
  await store.close();
  return rows;
}

async function row(
  name: string,
  work: () => Promise<unknown>,
): Promise<string[]> {
  const times: number[] = [];
  for (let i = 0; i < 5; i++) times.push(await timed(work));
  return [name, milliseconds(median(times))];
}

/** Records of runs as their indexes list them; the beginning of the id of one in the middle. */
async function fillRuns(store: Store): Promise<string> {
  const begin = Date.now() - RUNS * 1000;
  let middle = "";
  let put: Put[] = [];
  for (let i = 0; i < RUNS; i++) {
    const at = begin + i * 1000;
    const run = newRunId(at);
    const isRare = i % 1000 === 500;
    const status = i === 77 ? "running" : isRare ? "failed" : "ok";
    const record: RunRecord = {
      v: 1,
      run,
      ticket: "tkt_01M7ZBSCN2XCK0VGP29GQT77HX",
      plan: NOTHING,
      decision: NOTHING,
      only: null,
      use: 1,
      openedAt: new Date(at).toISOString(),
      closedAt: null,
      status,
      seal: null,
      entries: [0],
    };
    if (i === RUNS / 2) middle = run.slice(0, -6);
    put.push(
      { kind: "run", id: run, bytes: canonicalBytes(record) },
      ...indexPuts(run, [
        byStatus(status),
        byStep(isRare ? "rare" : "usual"),
        byStep(i < RUNS / 2 ? "old" : "new"),
        byActor("ada"),
        byActor(i % 2 === 0 ? "even" : "odd"),
      ]),
    );
    if (put.length > 450 || i === RUNS - 1) {
      await store.commit({ put });
      put = [];
    }
  }
  return middle;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function milliseconds(ms: number): string {
  return `${ms.toFixed(2)} ms`;
}
