/**
 * Memory: the most that a process of its own holds while it verifies a ledger with a run of so
 * many receipts.
 *
 * @module
 */
import { fromFileUrl } from "@std/path/from-file-url";
import { join } from "@std/path/join";
import { type Digest } from "../src/core/digest.ts";
import { generateKey, type Signer } from "../src/core/keys.ts";
import { kvStore } from "../src/ledger/kv_store.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import { type ReceiptBodies, unseenEnd } from "../src/ledger/receipt.ts";
import type { Store } from "../src/ledger/store.ts";
import { perSecond, printTable } from "./print.ts";
import { ACTOR, admitBenchRun } from "./ticket.ts";

const COUNTS = [10_000, 100_000, 1_000_000];
/** Steps of the run, each tried again and again. */
const STEPS = 100;
const WINDOW = 4_000;

/** What the process that verifies says. */
interface Told {
  receipts: number;
  faults: number;
  peak: number;
  ms: number;
}

/** Prints the peaks. */
export async function benchMemory(): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    const { signer } = await generateKey();
    const rows: string[][] = [];
    for (const count of COUNTS) {
      const path = join(root, `${count}.kv`);
      await fill(path, signer, count);
      const { peak, receipts, faults, ms } = await verifyApart(path, signer);
      if (receipts !== count || faults > 0) {
        throw new Error(`${receipts} receipts, ${faults} faults`);
      }
      rows.push([
        `${count.toLocaleString("en")} receipts`,
        `${(peak / 1024).toFixed(0)} MiB`,
        perSecond(count, ms),
      ]);
      await Deno.remove(path);
    }
    printTable(
      "a whole ledger verified, in a process of its own: its peak, and the rate",
      rows,
    );
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** A ledger with one run, and its receipts: attempts that failed. */
async function fill(
  path: string,
  signer: Signer,
  count: number,
): Promise<void> {
  const store = await kvStore(path);
  const ledger = await open(store, signer.id, signer);
  const { run } = await admitBenchRun(ledger, signer);
  const waiting: Promise<unknown>[] = [];
  for (let i = 1; i < count; i++) {
    const half = (i - 1) >> 1;
    const step = `step-${half % STEPS}`;
    const attempt = Math.floor(half / STEPS) + 1;
    waiting.push(
      i % 2 === 1
        ? ledger.append(run, "step.started", started(step, attempt), ACTOR)
        : ledger.append(run, "step.finished", failed(step, attempt), ACTOR),
    );
    if (waiting.length === WINDOW) {
      await Promise.all(waiting.splice(0, WINDOW / 2));
    }
  }
  await Promise.all(waiting);
  await store.close();
}

function started(step: string, attempt: number): ReceiptBodies["step.started"] {
  return {
    step,
    attempt,
    backend: {
      name: "bubblewrap",
      version: "0.8.0",
      abi: 0,
      path: "/usr/bin/bwrap",
      mechanisms: ["mount-namespace"],
    },
    host: {},
    program: "/usr/bin/false",
    argv: ["false"],
  };
}

function failed(step: string, attempt: number): ReceiptBodies["step.finished"] {
  const end = unseenEnd(step, attempt, "failed", "it ended with 1");
  return { ...end, exit: 1 };
}

async function verifyApart(path: string, { publicKey, id }: Signer) {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--unstable-kv", fromFileUrl(import.meta.url)],
      ...[path, id, publicKey.toHex()],
    ],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout)) as Told;
}

function open(
  store: Store,
  id: Digest,
  signer?: Signer,
): Promise<Ledger> {
  return Ledger.open(store, {
    id,
    now: Date.now,
    signer: () =>
      signer === undefined
        ? Promise.reject(new Error("nothing is signed here"))
        : Promise.resolve(signer),
  });
}

/** The most memory that this process has held, KiB (proc(5), VmHWM). */
async function peak(): Promise<number> {
  const status = await Deno.readTextFile("/proc/self/status");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]);
}

async function verifyHere([path, id, publicKey]: string[]): Promise<Told> {
  const store = await kvStore(path);
  const ledger = await open(store, id as Digest);
  const start = performance.now();
  const { receipts, faults } = await ledger.verify(
    Uint8Array.fromHex(publicKey),
  );
  const ms = performance.now() - start;
  await store.close();
  return { receipts, faults: faults.length, peak: await peak(), ms };
}

if (import.meta.main) console.log(JSON.stringify(await verifyHere(Deno.args)));
