/**
 * The blob store: how fast bytes are kept durably, and read again with their hash, beside a file
 * that is written and synced.
 *
 * @module
 */
import { join } from "@std/path/join";
import type { Digest } from "../src/core/digest.ts";
import { BlobStore } from "../src/evidence/blobs.ts";
import { median } from "./measure.ts";
import { perSecond, printTable } from "./print.ts";

const ROUNDS = 5;
const MIB = 1024 * 1024;
/** Blobs of a mebibyte. */
const LARGE = 128;
/** Blobs of a kibibyte. */
const SMALL = 2_000;

/** Prints the rates. */
export async function benchBlobs(): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    const put: number[] = [];
    const read: number[] = [];
    const written: number[] = [];
    const small: number[] = [];
    const again: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const at = join(root, `${round}`);
      const store = new BlobStore({
        blobs: join(at, "blobs"),
        trees: join(at, "trees"),
      });
      const large = content(LARGE, MIB, round);
      written.push(await timed(() => writeOne(join(root, "plain"), large)));
      let digests: Digest[] = [];
      put.push(await timed(async () => digests = await putAll(store, large)));
      read.push(await timed(() => readAll(store, digests)));
      const many = content(SMALL, 1024, round);
      small.push(await timed(() => putAll(store, many)));
      again.push(await timed(() => putAll(store, many)));
      await Deno.remove(at, { recursive: true });
    }
    const rate = (times: number[]) =>
      `${(LARGE / median(times) * 1000).toFixed(0)} MiB/s`;
    const ratio = (times: number[]) =>
      `${(median(written) / median(times)).toFixed(2)} x`;
    printTable(`blobs of 1 MiB, median of ${ROUNDS}`, [
      ["one file, written and synced", rate(written), "1.00 x"],
      ["kept, durably", rate(put), ratio(put)],
      ["read and hashed", rate(read), ratio(read)],
    ]);
    printTable(`blobs of 1 KiB, median of ${ROUNDS}`, [
      ["kept, durably", perSecond(SMALL, median(small))],
      ["kept once more", perSecond(SMALL, median(again))],
    ]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Blobs that differ from each other and from those of another round. */
function content(count: number, size: number, round: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => {
    const bytes = new Uint8Array(size).fill(i);
    new DataView(bytes.buffer).setUint32(0, round << 16 | i);
    return bytes;
  });
}

async function putAll(
  store: BlobStore,
  blobs: readonly Uint8Array[],
): Promise<Digest[]> {
  const digests: Digest[] = [];
  for (const bytes of blobs) digests.push(await store.put(bytes));
  await store.flush();
  return digests;
}

async function readAll(
  store: BlobStore,
  digests: readonly Digest[],
): Promise<void> {
  for (const digest of digests) await store.read(digest);
}

async function writeOne(
  path: string,
  blobs: readonly Uint8Array[],
): Promise<void> {
  using file = await Deno.create(path);
  for (const bytes of blobs) {
    for (let at = 0; at < bytes.length;) {
      at += await file.write(bytes.subarray(at));
    }
  }
  await file.sync();
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
