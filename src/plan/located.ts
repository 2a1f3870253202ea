/**
 * Where the programs of a step lie, and what was found on the way to them.
 *
 * @module
 */
import type { CachedFolder } from "./deno_cache.ts";

/** A program as it is started: an absolute path in the view, or a path of the workspace. */
export type Program = string | { workspace: string };

/** Where a step's programs lie on this machine. Never part of the plan. */
export interface Located {
  /** As it is started. Links are kept in the name: `/usr/bin/cc` is not what it leads to. */
  program: Program;
  /** Absolute real paths outside the system view that must be mounted, read-only, at their own path. */
  roots: string[];
  /** Absolute folders that go first in `PATH`. */
  path: string[];
  /** What it sees of Deno's cache; `null` where Deno does not start it, or may download. */
  deno: CachedFolder[] | null;
}

/** What the digest of a tool is made from. */
export type ToolSource =
  | { name: string; tier: "system" | "content"; file: string }
  | { name: string; tier: "prefix" | "content"; folder: string }
  /** A file of the workspace, by its absolute real path; it is read as a material. */
  | { name: string; tier: "workspace"; material: string }
  /** What an earlier step will have written. */
  | { name: string; tier: "workspace"; path: string; from: string };

/** A program that was found, with everything that it needs in turn. */
export interface FoundProgram {
  program: Program;
  self: ToolSource;
  also: ToolSource[];
  roots: string[];
  path: string[];
}

/** What finding must know of a step. */
export interface Seeker {
  id: string;
  cwd: string;
  /** Whether the step sees a path of the workspace. */
  sees(path: string): boolean;
  /** The absolute real path of the file that the step sees at a path; `undefined` for anything else. */
  fileAt(path: string): string | undefined;
  /** The earlier step that writes a path; `undefined` when none does. */
  maker(path: string): string | undefined;
}
