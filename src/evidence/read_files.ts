/**
 * Reads the materials of a plan: many files, each once, on all cores.
 *
 * Edge: files, workers.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { type ErrorCode, WritError } from "../core/errors.ts";
import type { BlobStore } from "./blobs.ts";
import { breaks } from "./breaks.ts";
import type { OpenOptions } from "../plan/open_regular.ts";
import { readOne, type ReadResult } from "./read_one.ts";
import type { ReadAnswer, ReadTask } from "./read_worker.ts";

/** A file as the one who walked the folder saw it; `size` in bytes only spreads the work. */
export interface FileToRead {
  path: string;
  size: number;
}

/** How files are read. */
export interface ReadFilesOptions {
  /** Where what is read is also kept; `null`: it is hashed only, and nothing is written. */
  blobs: BlobStore | null;
  /** Cores to use; unset, all. */
  cores?: number;
  /** The code of refusals, where it is not a plan that reads. */
  code?: ErrorCode;
  /** Ends the reading, where it takes long enough to be done by workers. */
  signal?: AbortSignal;
  /** Runs between looking at a file and opening it. Files are then read in this thread. */
  beforeOpen?: OpenOptions["beforeOpen"];
}

// What one core does, roughly: so many bytes a millisecond, and so many milliseconds a file.
const BYTES_PER_MS = 1_200_000;
const MS_PER_FILE = { hashed: 0.015, kept: 0.06 };
/** Work below this, in milliseconds, is done sooner than workers have started. */
const WORTH_WORKERS = 100;

/**
 * Gives the function that reads files; its results are in the order of the files.
 *
 * @throws {WritError} `plan.changed_while_read`, `store.unwritable`
 * @throws the signal's reason
 */
export function readFiles(
  options: ReadFilesOptions,
): (files: FileToRead[]) => Promise<ReadResult[]> {
  const cores = options.cores ?? navigator.hardwareConcurrency;
  return async (files) => {
    const cost = (file: FileToRead) =>
      file.size / BYTES_PER_MS +
      MS_PER_FILE[options.blobs === null ? "hashed" : "kept"];
    const work = files.reduce((sum, file) => sum + cost(file), 0);
    const workers = Math.min(cores, Math.floor(work / (WORTH_WORKERS / 2)));
    if (work < WORTH_WORKERS || options.beforeOpen !== undefined) {
      return await readHere(files, options);
    }
    return await readInWorkers(files, shares(files, workers, cost), options);
  };
}

async function readHere(
  files: readonly FileToRead[],
  options: ReadFilesOptions,
): Promise<ReadResult[]> {
  const results: ReadResult[] = [];
  const rest = breaks();
  for (const { path } of files) {
    results.push(
      readOne(path, options.blobs?.sink ?? null, {
        code: options.code,
        beforeOpen: options.beforeOpen,
      }),
    );
    await rest();
  }
  return results;
}

/** Splits files, by their place in the list, into shares of equal work. */
function shares(
  files: readonly FileToRead[],
  count: number,
  cost: (file: FileToRead) => number,
): number[][] {
  const all = Array.from({ length: count }, () => ({
    work: 0,
    files: [] as number[],
  }));
  const order = files.map((_, index) => index).sort((a, b) =>
    files[b].size - files[a].size
  );
  for (const index of order) {
    const least = all.reduce((a, b) => b.work < a.work ? b : a);
    least.files.push(index);
    least.work += cost(files[index]);
  }
  // In the order of the list, a worker meets the files of one folder one after the other.
  return all.map((share) => share.files.sort((a, b) => a - b));
}

async function readInWorkers(
  files: readonly FileToRead[],
  parts: readonly number[][],
  options: ReadFilesOptions,
): Promise<ReadResult[]> {
  const results = new Array<ReadResult>(files.length);
  const sink = options.blobs?.sink ?? null;
  await Promise.all(parts.map(async (part) => {
    const answer = await ask({
      folder: sink?.folder ?? null,
      code: options.code,
      paths: part.map((index) => files[index].path),
    }, options.signal);
    part.forEach((index, i) => {
      const digest: Digest = `sha256:${answer.digests[i]}`;
      results[index] = { digest, bytes: answer.bytes[i] };
      sink?.known.add(digest);
    });
    sink?.written.push(...answer.written);
  }));
  return results;
}

function ask(
  task: ReadTask,
  signal: AbortSignal | undefined,
): Promise<Extract<ReadAnswer, { ok: true }>> {
  signal?.throwIfAborted();
  const worker = new Worker(new URL("./read_worker.ts", import.meta.url), {
    type: "module",
  });
  const { promise: aborted, reject: abort } = Promise.withResolvers<never>();
  const end = () => abort(signal?.reason);
  signal?.addEventListener("abort", end);
  const answer = new Promise<Extract<ReadAnswer, { ok: true }>>((
    resolve,
    reject,
  ) => {
    worker.onmessage = ({ data }: MessageEvent<ReadAnswer>) => {
      if (data.ok) resolve(data);
      else {reject(
          data.code === null
            ? new Error(data.message)
            : new WritError(data.code, data.message, { hint: data.hint }),
        );}
    };
    worker.onerror = (event) => {
      event.preventDefault();
      reject(
        new WritError(
          "writ.fault",
          `Cannot read files: a worker ended with "${event.message}"`,
        ),
      );
    };
    worker.postMessage(task);
  });
  return Promise.race([answer, aborted]).finally(() => {
    signal?.removeEventListener("abort", end);
    worker.terminate();
  });
}
