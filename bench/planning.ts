/**
 * Planning: how it grows with steps and with files, and how fast materials are hashed beside
 * `openssl dgst -sha256`.
 *
 * @module
 */
import { join } from "@std/path/join";
import { readFiles } from "../src/evidence/read_files.ts";
import { parsePipeline } from "../src/pipeline/parse.ts";
import { NO_TOOL_ROOTS } from "../src/plan/executables.ts";
import { makePlan } from "../src/plan/make_plan.ts";
import { median } from "./measure.ts";
import { printTable } from "./print.ts";

const ROUNDS = 3;
const MIB = 1024 * 1024;
/** One file of this many bytes, hashed by one core. */
const LARGE = 256 * MIB;

/** Prints growth and the rate. */
export async function benchPlanning(): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir());
  try {
    await Deno.mkdir(join(root, ".writ"));
    await growth("step", [10, 100, 1_000, 10_000], (count) => {
      const bytes = new TextEncoder().encode(JSON.stringify(chain(count)));
      return Promise.resolve(() => plan(root, bytes));
    });
    await Deno.writeTextFile(join(root, "log"), "");
    await growth("updating step", [10, 100, 1_000, 5_000], (count) => {
      const bytes = new TextEncoder().encode(JSON.stringify(updating(count)));
      return Promise.resolve(() => plan(root, bytes));
    });
    await growth("file", [10, 1_000, 10_000, 100_000], async (count) => {
      await fill(join(root, `files-${count}`), count);
      const bytes = new TextEncoder().encode(
        JSON.stringify(reading(`files-${count}`)),
      );
      return () => plan(root, bytes);
    });
    await hashing(join(root, "large"));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** A row for each size; a cost for each that stays as it is means linear growth. */
async function growth(
  what: string,
  sizes: readonly number[],
  prepare: (size: number) => Promise<() => Promise<void>>,
): Promise<void> {
  const rows: string[][] = [];
  for (const size of sizes) {
    const work = await prepare(size);
    const ms = median(await times(work));
    rows.push([
      `${size.toLocaleString("en")} ${what}s`,
      `${ms.toFixed(1)} ms`,
      `${(ms / size * 1000).toFixed(1)} µs a ${what}`,
    ]);
  }
  printTable(`a plan of more ${what}s, median of ${ROUNDS}`, rows);
}

async function hashing(path: string): Promise<void> {
  await Deno.writeFile(path, new Uint8Array(LARGE).fill(7));
  const hash = readFiles({ blobs: null, cores: 1 });
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await timed(() => hash([{ path, size: LARGE }])));
    theirs.push(await timed(() => openssl(path)));
  }
  const rate = (ms: number) => `${(LARGE / MIB / ms * 1000).toFixed(0)} MiB/s`;
  const ratio = median(theirs) / median(ours);
  printTable(`one file of ${LARGE / MIB} MiB, one core, median of ${ROUNDS}`, [
    ["hashed as a material", rate(median(ours)), `${ratio.toFixed(2)} x`],
    ["openssl dgst -sha256", rate(median(theirs)), "1.00 x"],
  ]);
}

async function openssl(path: string): Promise<void> {
  const { success } = await new Deno.Command("openssl", {
    args: ["dgst", "-sha256", path],
    stdout: "null",
  }).output();
  if (!success) throw new Error("openssl could not hash the file");
}

/** A pipeline in which each step waits for the one before it. */
function chain(count: number) {
  return {
    name: "chain",
    steps: Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`step-${i}`, {
        run: ["true"],
        ...(i === 0 ? {} : { needs: [`step-${i - 1}`] }),
      }]),
    ),
  };
}

/** As {@linkcode chain}, each step updating what the one before it wrote. */
function updating(count: number) {
  const { steps } = chain(count);
  const permissions = { read: ["log"], write: ["log"] };
  return {
    name: "updating",
    steps: Object.fromEntries(
      Object.entries(steps).map(([id, step]) => [id, { ...step, permissions }]),
    ),
  };
}

function reading(folder: string) {
  const permissions = { read: [folder] };
  return { name: "files", steps: { read: { run: ["true"], permissions } } };
}

/** Files of a hundred bytes, a hundred in a folder. */
async function fill(folder: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const into = join(folder, `${Math.floor(i / 100)}`);
    if (i % 100 === 0) await Deno.mkdir(into, { recursive: true });
    Deno.writeTextFileSync(join(into, `${i}`), `${i}`.padEnd(100));
  }
}

async function plan(workspace: string, bytes: Uint8Array): Promise<void> {
  await makePlan(parsePipeline(bytes, "pipeline.json"), {
    workspace,
    env: () => undefined,
    toolRoots: NO_TOOL_ROOTS,
    readFiles: readFiles({ blobs: null }),
    readTools: readFiles({ blobs: null }),
    version: "bench",
  });
}

async function times(work: () => Promise<void>): Promise<number[]> {
  const all: number[] = [];
  for (let round = 0; round < ROUNDS; round++) all.push(await timed(work));
  return all;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
