/**
 * What planning asks of whoever reads the materials.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";

/** A plain file that was seen by a walk: its absolute path, without links, and its size in bytes. */
export interface FileToRead {
  path: string;
  size: number;
}

/** What reading a file came to. */
export interface FileRead {
  digest: Digest;
  bytes: number;
}

/**
 * Reads files, each once, and answers in their order. Whatever else it does with the bytes
 * (keeping them), it does with the very bytes that were hashed.
 *
 * @throws {WritError} `plan.changed_while_read`, `input.unreadable`, `writ.permission`
 */
export type ReadFiles = (files: FileToRead[]) => Promise<FileRead[]>;
