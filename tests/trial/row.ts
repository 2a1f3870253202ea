/**
 * The form of a row of the trial: steps in their natural text, what they make, and how each
 * misses a declaration.
 *
 * @module
 */
import type { Backend } from "../../src/sandbox/confinement.ts";
import type { Steps } from "../support/trial_world.ts";
import type { Content, Workspace } from "../support/workspaces.ts";

/**
 * How a forgotten declaration is noticed: `before` anything runs, by the program's `exit`, by a
 * `stray` file, by a material that it `changed`. `hint`: the step ends well and is wrong, and
 * the dry run shows what it will not see. `printed`: what would have been a product is shown.
 * `harmless`: the step does the same without it.
 */
export type Noticed =
  | "before"
  | "exit"
  | "stray"
  | "changed"
  | "hint"
  | "printed"
  | "harmless";

/** A step, or some that need each other. */
export interface TrialRow {
  name: string;
  /** Programs that the machine must have; `deno bundle` is what Deno downloads for it. */
  programs: string[];
  /** Makes the project. */
  make(workspace: Workspace): void | Promise<void>;
  steps: Steps;
  /** It writes what other tools execute, so a person must have approved it. */
  approved?: true;
  /** What the products must hold, by path. */
  products: Record<string, RegExp>;
  /** What must be printed. */
  prints?: RegExp;
  /** By declaration, as `step.field path`; by backend where they differ. */
  without: Record<string, Noticed | Record<Backend["name"], Noticed>>;
  /** Where it differs under Landlock: it is refused, or fails and says so. */
  landlock?: { refused: string } | { fails: RegExp };
}

/** A project that is nothing but files. */
export const put =
  (files: Record<string, Content>): TrialRow["make"] => (place) =>
    place.put(files);

/** How a gzip stream begins. */
export const GZIP: RegExp = new RegExp("^" + String.fromCharCode(0x1f));
