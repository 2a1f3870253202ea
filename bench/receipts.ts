/**
 * Receipts: how many a second are appended durably, by one process and by eight, and how many
 * are verified, beside a loop that does nothing but hash the same bytes.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { fromFileUrl } from "@std/path/from-file-url";
import { join } from "@std/path/join";
import { newRunId } from "../src/core/id.ts";
import { sha256 } from "../src/core/digest.ts";
import { walkChain } from "../src/ledger/walk_chain.ts";
import { kvStore } from "../src/ledger/kv_store.ts";
import { ReceiptCheck } from "../src/ledger/check_chain.ts";
import { type Actor, unseenEnd } from "../src/ledger/receipt.ts";
import { ReceiptLog } from "../src/ledger/receipt_log.ts";
import type { Store } from "../src/ledger/store.ts";
import { median } from "./measure.ts";
import { perSecond, printTable } from "./print.ts";

const ROUNDS = 5;
const ACTOR: Actor = { kind: "system", id: "bench" };

/** Receipts that one process appends in a round. */
const MANY = 40_000;

/** Processes at once, and the receipts of each. */
const PROCESSES = 8;
const EACH = 5_000;

/** Prints the rates. */
export async function benchReceipts(): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    const alone: number[] = [];
    const together: number[] = [];
    const verified: number[] = [];
    const checked: number[] = [];
    const hashed: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const file = join(root, `${round}.kv`);
      const store = await kvStore(file);
      const run = newRunId(Date.now());
      alone.push(await timed(() => appendTo(store, run, MANY)));
      const lines = await Array.fromAsync(store.receipts(run));
      hashed.push(await timed(() => hash(lines)));
      verified.push(await timed(() => verify(lines, run)));
      checked.push(await timed(() => check(lines, run)));
      await store.close();
      together.push(await timed(() => appendFrom(file)));
    }
    const row = (name: string, count: number, times: number[]) => [
      name,
      perSecond(count, median(times)),
      `${(median(hashed) / MANY * count / median(times)).toFixed(3)} x`,
    ];
    printTable(`receipts, median of ${ROUNDS}, and the rate beside hashing`, [
      row("hashed alone (SHA-256)", MANY, hashed),
      row("appended, one process", MANY, alone),
      row(
        `appended, ${PROCESSES} processes that start`,
        PROCESSES * EACH,
        together,
      ),
      row("verified (chain)", MANY, verified),
      row("verified (chain, schema and order)", MANY, checked),
    ]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** How many receipts wait at a time. */
const WINDOW = 4_000;

/** Appends receipts of a run of steps, many asked for at once. */
async function appendTo(
  store: Store,
  run: string,
  count: number,
): Promise<void> {
  const log = new ReceiptLog(store, Date.now);
  const digest = sha256(new Uint8Array());
  const opened = {
    plan: digest,
    decision: digest,
    envelope: digest,
    pipeline: digest,
    only: null,
    ticket: "tkt_01M7ZBSCN2XCK0VGP29GQT77HX",
    entry: { seq: 0, hash: digest },
  };
  const waiting: Promise<unknown>[] = [
    log.append(run, "run.opened", opened, ACTOR),
  ];
  for (let i = 1; i < count; i++) {
    const why = "nothing is measured but the ledger";
    const body = unseenEnd(`step-${i}`, 0, "skipped", why);
    waiting.push(log.append(run, "step.finished", body, ACTOR));
    if (waiting.length === WINDOW) {
      await Promise.all(waiting.splice(0, WINDOW / 2));
    }
  }
  await Promise.all(waiting);
}

/** The same from several processes, a run each. */
async function appendFrom(file: string): Promise<void> {
  const self = fromFileUrl(import.meta.url);
  const ended = await Promise.all(
    Array.from({ length: PROCESSES }, () =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--unstable-kv", self, file],
        stdout: "null",
        stderr: "inherit",
      }).output()),
  );
  if (ended.some(({ success }) => !success)) {
    throw new Error("An appending process failed");
  }
}

function verify(lines: Uint8Array[], run: string): void {
  const { head, faults } = walkChain(lines, "receipt", run);
  if (head.size !== MANY || faults.length > 0) {
    throw new Error(`The chain is not whole: ${faults[0]?.message}`);
  }
}

function check(lines: Uint8Array[], run: string): void {
  const check = new ReceiptCheck(run);
  for (const line of lines) check.add(line);
  if (check.head.size !== MANY || check.faults.length > 0) {
    throw new Error(`The run is not whole: ${check.faults[0]?.message}`);
  }
}

function hash(lines: Uint8Array[]): void {
  for (const line of lines) createHash("sha256").update(line).digest("hex");
}

async function timed(work: () => void | Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

if (import.meta.main) {
  const store = await kvStore(Deno.args[0]);
  await appendTo(store, newRunId(Date.now()), EACH);
  await store.close();
}
