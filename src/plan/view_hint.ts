/**
 * What a step will not see: a tool that looks for its own input finds nothing, and may call
 * that a success. So a dry run says it before.
 *
 * @module
 */
import { basename } from "@std/path/basename";
import {
  holders,
  isWithin,
  joinPath,
  parentOf,
  withoutSlash,
} from "../core/paths.ts";
import { printable } from "../core/printable.ts";
import type { Step } from "../pipeline/pipeline.ts";
import { fromFolder } from "./declared.ts";
import {
  foundAt,
  foundIn,
  sees,
  type StepReads,
  type TreeRequest,
} from "./materials.ts";

/** What a step does not see of the workspace, apart from what it writes itself. */
export interface ViewHint {
  /** The folder that it runs in, relative to the workspace root. */
  folder: string;
  /** How many entries of the folder it sees. */
  seen: number;
  /** How many there are; hidden ones that the step writes itself do not count. */
  total: number;
  /** The first few names that are hidden, sorted. */
  hidden: string[];
  /** Hidden paths above the folder that tools look for from below, as `node_modules`. */
  above: string[];
  /** The first few links that it sees, and the hidden paths where they lead. */
  links: { path: string; target: string }[];
}

/** Names that a hint lists. */
const LISTED = 5;

/** What tools look for in their folder, then in every folder above it. */
const SOUGHT_ABOVE: ReadonlySet<string> = new Set([
  "node_modules",
  "package.json",
  ".npmrc",
  "tsconfig.json",
  "deno.json",
  "deno.jsonc",
  "deno.lock",
  "Cargo.toml",
  "go.mod",
  "pyproject.toml",
  "pytest.ini",
  "conftest.py",
  ".git",
]);

/** Makes hints; what many steps have in common is counted once. */
export class ViewHints {
  readonly #list: (folder: string) => string[];
  readonly #folders = new Map<string, string[]>();
  readonly #trees = new Map<string, Base>();
  readonly #links = new Map<string, ViewHint["links"]>();

  /** `names` lists a folder of the workspace, sorted; none when there is no such folder. */
  constructor(names: (folder: string) => string[]) {
    this.#list = names;
  }

  /** The hint for a step; `null` when nothing of this is hidden. */
  of(step: Step, reads: StepReads): ViewHint | null {
    const own = [...step.permissions.write, ...step.scratch].map(withoutSlash);
    const isHidden = (path: string) =>
      !sees(reads, path) &&
      !own.some((each) => isWithin(path, each) || isWithin(each, path));
    const listing = this.#listing(step, reads, own);
    const above = holders(step.cwd).slice(1).flatMap((folder) =>
      this.#names(folder, step).filter((name) => SOUGHT_ABOVE.has(name))
        .map((name) => joinPath(folder, name)).filter(isHidden)
    );
    const links = reads.trees.flatMap((tree) => this.#linksOf(tree))
      .filter(({ target }) =>
        isHidden(target) && this.#exists(target) &&
        // Over another link it may lead to what is seen after all.
        !holders(target).some((at) => foundAt(reads, at)?.kind === "link")
      );
    return listing.hidden.length + above.length + links.length === 0
      ? null
      : { ...listing, above, links: links.slice(0, LISTED) };
  }

  #listing(
    step: Step,
    reads: StepReads,
    written: readonly string[],
  ): Omit<ViewHint, "above" | "links"> {
    const folder = step.cwd;
    const nothing = { folder, seen: 0, total: 0, hidden: [] };
    const paths = [
      ...reads.made.map((made) => made.path),
      ...reads.trees.map((tree) => tree.path),
    ];
    if (reads.made.some((made) => isWithin(folder, made.path))) return nothing;
    const whole = reads.trees.find((tree) => isWithin(folder, tree.path));
    const base = this.#base(folder, step, whole);
    const extra = new Set<string>();
    for (const path of paths) {
      const name = nameIn(folder, path);
      if (name !== null) extra.add(name);
    }
    const own = new Set<string>();
    for (const path of written) {
      const name = nameIn(folder, path);
      if (name !== null) own.add(name);
    }
    const hidden: string[] = [];
    for (const name of base.hidden) {
      if (hidden.length === LISTED) break;
      if (!extra.has(name) && !own.has(name)) hidden.push(name);
    }
    if (hidden.length === 0) return nothing;
    let { seen, total } = base;
    for (const name of extra) if (base.hiddenSet.has(name)) seen++;
    for (const name of own) {
      if (base.hiddenSet.has(name) && !extra.has(name)) total--;
    }
    return { folder, seen, total, hidden };
  }

  #base(folder: string, step: Step, tree: TreeRequest | undefined): Base {
    const key = `${folder}\0${isGit(step)}\0${tree?.key ?? ""}`;
    let base = this.#trees.get(key);
    if (base === undefined) {
      const names = this.#names(folder, step);
      const visible = new Set<string>();
      for (const found of tree === undefined ? [] : foundIn(tree)) {
        const name = nameIn(folder, joinPath(tree!.path, found.path));
        if (name !== null) visible.add(name);
      }
      const hidden = names.filter((name) => !visible.has(name));
      base = {
        seen: names.length - hidden.length,
        total: names.length,
        hidden,
        hiddenSet: new Set(hidden),
      };
      this.#trees.set(key, base);
    }
    return base;
  }

  /** The names that concern a step: a repository is for git alone. */
  #names(folder: string, step: Step): string[] {
    const names = this.#all(folder);
    return isGit(step) ? names : names.filter((name) => name !== ".git");
  }

  #all(folder: string): string[] {
    let names = this.#folders.get(folder);
    if (names === undefined) {
      names = this.#list(folder);
      this.#folders.set(folder, names);
    }
    return names;
  }

  #exists(path: string): boolean {
    const folder = parentOf(path);
    return path === "." || this.#all(folder).includes(basename(path));
  }

  /** The links of a tree that lead on within the workspace. */
  #linksOf(tree: TreeRequest): ViewHint["links"] {
    let links = this.#links.get(tree.key);
    if (links === undefined) {
      links = foundIn(tree).flatMap((found) => {
        if (found.kind !== "link") return [];
        const path = joinPath(tree.path, found.path);
        const folder = parentOf(path);
        const target = fromFolder(folder, found.target);
        return target === null ? [] : [{ path, target }];
      });
      this.#links.set(tree.key, links);
    }
    return links;
  }
}

interface Base {
  seen: number;
  total: number;
  hidden: string[];
  hiddenSet: ReadonlySet<string>;
}

/** A hint as text: `sees 3 of 8 entries of ./ (hidden: fixture.txt, src, …)`. */
export function hintText({ hidden, above, links, ...hint }: ViewHint): string {
  const folder = hint.folder === "." ? "./" : `${printable(hint.folder)}/`;
  const more = hint.total - hint.seen > hidden.length ? ", …" : "";
  const parts = hidden.length === 0 ? [] : [
    `sees ${hint.seen} of ${hint.total} entries of ${folder} (hidden: ${
      hidden.map(printable).join(", ")
    }${more})`,
  ];
  if (above.length > 0) {
    parts.push(`does not see ${above.map(printable).join(", ")} above it`);
  }
  for (const { path, target } of links) {
    parts.push(
      `does not see ${printable(target)}, where ${printable(path)} leads`,
    );
  }
  return parts.join("; ");
}

/** Programs that look for a repository. */
function isGit({ kind, argv }: Step): boolean {
  return kind === "run" && basename(argv[0]) === "git";
}

/** The name in `folder` that `path` is or lies beneath; `null` when it lies elsewhere. */
function nameIn(folder: string, path: string): string | null {
  if (path === ".") return null;
  const inner = folder === "."
    ? path
    : path.startsWith(`${folder}/`)
    ? path.slice(folder.length + 1)
    : null;
  return inner === null ? null : inner.split("/", 1)[0];
}
