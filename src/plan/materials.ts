/**
 * What each step reads: trees of the workspace, and what earlier steps will have written.
 * Decided here as data; the files are read afterwards, each once for all steps.
 *
 * @module
 */
import { EMPTY_DIGEST, sha256 } from "../core/digest.ts";
import type { Digest } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import {
  holders,
  isBeneath,
  isWithin,
  joinPath,
  parentOf,
  withoutSlash,
} from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import { sortEntries, type TreeEntry, treeRoot } from "../core/tree.ts";
import type { Step } from "../pipeline/pipeline.ts";
import { type Declared, declaredReads } from "./declared.ts";
import type { FileRead } from "./read_files.ts";
import { inSystemView } from "./system_view.ts";
import type { Found, Walked, Walker } from "./walk.ts";
import { isUpdate, type Writers } from "./writers.ts";

/** A tree that some step reads: what a declared path holds, without some paths beneath it. */
export interface TreeRequest {
  key: string;
  path: string;
  walked: Walked;
  /** Relative to `path`. */
  without: ReadonlySet<string>;
}

/** What one step reads. The places do not overlap, but for one earlier product within another. */
export interface StepReads {
  trees: TreeRequest[];
  made: { path: string; from: string }[];
  /** What is nowhere: the step cannot be planned. */
  missing: { declared: Declared; error: WritError }[];
}

/** A tree, listed and counted. `bytes` and `files` count plain files. */
export interface Tree {
  root: Digest;
  entries: TreeEntry[];
  files: number;
  bytes: number;
}

/** Collects what steps read, so that steps that read the same share it. */
export class Materials {
  readonly requests: Map<string, TreeRequest> = new Map();
  readonly #walker: Walker;
  readonly #writers: Writers;
  readonly #implied: readonly string[];

  /** `implied`: what deno steps read beside the files that Deno looks for by name. */
  constructor(
    walker: Walker,
    writers: Writers,
    implied: readonly string[] = [],
  ) {
    this.#walker = walker;
    this.#writers = writers;
    this.#implied = implied;
  }

  /**
   * What a step reads.
   *
   * @throws {WritError} `plan.material_unsupported`
   */
  of(step: Step): StepReads {
    const deny = step.permissions.deny.map(withoutSlash);
    const reads: StepReads = { trees: [], made: [], missing: [] };
    const outer = new Map<string, Walked | null>();
    for (const read of declaredReads(step, this.#implied)) {
      if (deny.some((path) => isWithin(read.path, path))) continue;
      const maker = this.#writers.maker(step, read.path);
      const inner = this.#writers.makersBeneath(step, read.path, maker);
      const walked = maker === undefined ? this.#walker.walk(read.path) : null;
      if (maker === undefined && walked === null && inner.length === 0) {
        if (read.required) {
          const error = this.#missing(step, read);
          reads.missing.push({ declared: read, error });
        }
        continue;
      }
      if (covered(read.path, maker !== undefined, outer, step)) continue;
      outer.set(read.path, walked);
      if (maker !== undefined) {
        reads.made.push({ path: read.path, from: maker.step });
      }
      for (const write of inner) {
        if (deny.some((path) => isWithin(write.path, path))) continue;
        reads.made.push({ path: write.path, from: write.step });
      }
    }
    const made = new Map(reads.made.map((each) => [each.path, each]));
    reads.made = [...made.values()];
    for (const [path, walked] of outer) {
      if (walked === null) continue;
      const places = [
        ...deny,
        ...step.scratch.map(withoutSlash),
        ...step.permissions.write.map(withoutSlash),
        ...made.keys(),
        ...outer.keys(),
      ];
      reads.trees.push(this.#request(path, walked, places));
    }
    return reads;
  }

  #missing(step: Step, read: Declared): WritError {
    const folder = parentOf(read.path);
    return new WritError(
      "plan.material_missing",
      `Step ${quoted(step.id)} reads ${
        quoted(read.path)
      }, which does not exist in the workspace`,
      {
        hint: nearMiss(read.path, folder, this.#walker.names(folder)) ??
          "A path that an earlier step writes needs that step in needs",
      },
    );
  }

  #request(path: string, walked: Walked, places: string[]): TreeRequest {
    const without = new Set<string>();
    for (const place of places) {
      const inner = beneath(place, path);
      if (
        inner !== null &&
        (walked.byPath.has(inner) || walked.folders.has(inner) ||
          walked.unsupported.some((each) => isWithin(each.path, inner)))
      ) without.add(inner);
    }
    const key = [path, ...[...without].sort()].join("\0");
    let request = this.requests.get(key);
    if (request === undefined) {
      request = { key, path, walked, without };
      this.requests.set(key, request);
    }
    return request;
  }
}

/** `place` relative to `path`, when it lies strictly beneath. */
function beneath(place: string, path: string): string | null {
  if (path === ".") return place === "." ? null : place;
  return place.startsWith(`${path}/`) ? place.slice(path.length + 1) : null;
}

/** Whether a read that was taken already holds all of this one, as it is. */
function covered(
  path: string,
  isMade: boolean,
  outer: ReadonlyMap<string, Walked | null>,
  step: Step,
): boolean {
  for (const holder of holders(path).slice(1)) {
    const walked = outer.get(holder);
    if (walked === undefined) continue;
    // The nearest product holds it, or its own maker is listed beneath that holder.
    if (walked === null || isMade) return true;
    const inner = beneath(path, holder)!;
    if (isUpdated(step, path)) return false;
    if (walked.byPath.get(inner)?.kind === "link") return false;
    if (!walked.byPath.has(inner) && !walked.folders.has(inner)) return false;
    return !walked.gaps.has(inner);
  }
  return false;
}

function isUpdated(step: Step, path: string): boolean {
  return step.permissions.write.some((write) => withoutSlash(write) === path) &&
    isUpdate(step, path);
}

/** Whether a step sees a path of the workspace, or something above or beneath it that it reads. */
export function sees(reads: StepReads, path: string): boolean {
  if (
    reads.made.some((made) =>
      isWithin(path, made.path) || isWithin(made.path, path)
    )
  ) return true;
  return reads.trees.some((tree) => {
    if (isWithin(tree.path, path)) return true;
    const inner = beneath(path, tree.path);
    return inner !== null && !isWithout(tree, inner) &&
      (tree.walked.byPath.has(inner) || tree.walked.folders.has(inner));
  });
}

/** What a step sees at `path` itself; `undefined` for nothing, a folder that holds something, or a product. */
export function foundAt(reads: StepReads, path: string): Found | undefined {
  for (const tree of reads.trees) {
    const inner = tree.path === path ? "." : beneath(path, tree.path);
    if (inner === null || isWithout(tree, inner)) continue;
    const found = tree.walked.byPath.get(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isWithout(tree: TreeRequest, path: string): boolean {
  return tree.without.size > 0 &&
    holders(path).some((holder) => tree.without.has(holder));
}

/** What a tree holds, after what is left out. */
export function foundIn(tree: TreeRequest): Found[] {
  const found = tree.without.size === 0
    ? tree.walked.found
    : tree.walked.found.filter((each) => !isWithout(tree, each.path));
  return found.length > 0 ? found : [{ path: ".", kind: "folder" }];
}

/**
 * Refuses what cannot be a material: special files, names that are not UTF-8, links that lead
 * out of the workspace to anything but the system or one of the step's tools.
 *
 * @throws {WritError} `plan.material_unsupported`
 */
export function requireSupported(
  tree: TreeRequest,
  toolFolders: readonly string[],
): void {
  for (const { path, what } of tree.walked.unsupported) {
    if (!isWithout(tree, path)) throw unsupported(tree, path, what);
  }
  for (const { path, target } of tree.walked.outward) {
    if (
      isWithout(tree, path) || inSystemView(target) ||
      toolFolders.some((folder) => isBeneath(target, folder))
    ) continue;
    throw unsupported(
      tree,
      path,
      `it is a link to ${
        quoted(target)
      }, outside the workspace and of no tool of the step`,
    );
  }
}

function unsupported(tree: TreeRequest, path: string, what: string): WritError {
  const whole = joinPath(tree.path, path);
  return new WritError(
    "plan.material_unsupported",
    `Cannot read ${quoted(whole)}: ${what}`,
    { hint: path === "." ? undefined : howToLeaveOut(tree.path, path) },
  );
}

/** "deny" cannot name what has U+FFFD in its name: only a folder that it lies in. */
function howToLeaveOut(read: string, path: string): string {
  const named = holders(path).find((each) => !each.includes("\ufffd")) ?? ".";
  if (named === ".") return "Rename it, or move it out of what is read";
  const deny = `out of what is read: "deny": [${
    quoted(joinPath(read, named))
  }]`;
  return named === path
    ? `Leave it ${deny}`
    : `Rename it, or leave its folder ${deny}`;
}

/** Builds a tree from what was read. `read` answers by absolute path; `links` takes the texts of links. */
export function buildTree(
  request: TreeRequest,
  read: ReadonlyMap<string, FileRead>,
  links: Map<Digest, string>,
): Tree {
  let files = 0;
  let bytes = 0;
  const entries = foundIn(request).map((found): TreeEntry => {
    if (found.kind === "folder") {
      return { path: found.path, mode: "040000", digest: EMPTY_DIGEST };
    }
    if (found.kind === "link") {
      const digest = sha256(new TextEncoder().encode(found.target));
      links.set(digest, found.target);
      return { path: found.path, mode: "120000", digest };
    }
    const file = read.get(found.at)!;
    files++;
    bytes += file.bytes;
    const mode = found.executable ? "100755" : "100644";
    return { path: found.path, mode, digest: file.digest };
  });
  sortEntries(entries);
  return { root: treeRoot(entries), entries, files, bytes };
}

/** "Did you mean …?", when a name of the folder is near enough. */
export function nearMiss(
  path: string,
  folder: string,
  names: readonly string[],
): string | undefined {
  const near = nearest(path.slice(path.lastIndexOf("/") + 1), names);
  return near === undefined
    ? undefined
    : `Did you mean ${quoted(joinPath(folder, near))}?`;
}
