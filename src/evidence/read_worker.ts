/**
 * The worker of `readFiles`: reads a share of the files and answers once.
 *
 * Edge: files.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { type ErrorCode, isWritError } from "../core/errors.ts";
import { newSink } from "./blob_files.ts";
import { readOne } from "./read_one.ts";

/** What the worker is to read, and the blob folder to keep it in, if any. */
export interface ReadTask {
  folder: string | null;
  /** The code of refusals. */
  code?: ErrorCode;
  paths: string[];
}

/** What it found, in the order asked: digests as bare hex; or why it could not. */
export type ReadAnswer =
  | { ok: true; digests: string[]; bytes: number[]; written: Digest[] }
  | { ok: false; code: ErrorCode | null; message: string; hint?: string };

/** The part of a worker's global scope that is used here. */
interface Scope {
  onmessage: ((event: MessageEvent<ReadTask>) => void) | null;
  postMessage(answer: ReadAnswer): void;
}

function read({ folder, code, paths }: ReadTask): ReadAnswer {
  const sink = folder === null ? null : newSink(folder);
  const digests: string[] = [];
  const bytes: number[] = [];
  try {
    for (const path of paths) {
      const result = readOne(path, sink, { code });
      digests.push(result.digest.slice(7));
      bytes.push(result.bytes);
    }
  } catch (error) {
    return isWritError(error)
      ? {
        ok: false,
        code: error.code,
        message: error.message,
        hint: error.hint,
      }
      : {
        ok: false,
        code: null,
        message: error instanceof Error ? error.message : String(error),
      };
  }
  return { ok: true, digests, bytes, written: sink?.written ?? [] };
}

const scope = globalThis as unknown as Scope;
scope.onmessage = ({ data }) => scope.postMessage(read(data));
