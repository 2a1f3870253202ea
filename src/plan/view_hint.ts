/**
 * What a step will not see: a tool that looks for its own input finds nothing, and may call
 * that a success. So a dry run says it before.
 *
 * @module
 */
import { isWithin, withoutSlash } from "../core/paths.ts";
import { printable } from "../core/printable.ts";
import type { Step } from "../pipeline/pipeline.ts";
import { foundIn, type StepReads, type TreeRequest } from "./materials.ts";

/** What a step sees of the folder that it runs in, apart from what it writes itself. */
export interface ViewHint {
  /** Relative to the workspace root. */
  folder: string;
  /** How many entries of the folder it sees. */
  seen: number;
  /** How many there are; hidden ones that the step writes itself do not count. */
  total: number;
  /** The first few names that are hidden, sorted. */
  hidden: string[];
}

/** Names that a hint lists. */
const LISTED = 5;

/** Makes hints; what many steps have in common is counted once. */
export class ViewHints {
  readonly #names: (folder: string) => string[];
  readonly #folders = new Map<string, string[]>();
  readonly #trees = new Map<string, Base>();

  /** `names` lists a folder of the workspace, sorted. */
  constructor(names: (folder: string) => string[]) {
    this.#names = names;
  }

  /** The hint for a step; `null` when nothing of the folder is hidden. */
  of(step: Step, reads: StepReads): ViewHint | null {
    const folder = step.cwd;
    const paths = [
      ...reads.made.map((made) => made.path),
      ...reads.trees.map((tree) => tree.path),
    ];
    if (reads.made.some((made) => isWithin(folder, made.path))) return null;
    const whole = reads.trees.find((tree) => isWithin(folder, tree.path));
    const base = this.#base(folder, whole);
    const extra = new Set<string>();
    for (const path of paths) {
      const name = nameIn(folder, path);
      if (name !== null) extra.add(name);
    }
    const own = new Set<string>();
    for (const write of [...step.permissions.write, ...step.scratch]) {
      const name = nameIn(folder, withoutSlash(write));
      if (name !== null) own.add(name);
    }
    const hidden: string[] = [];
    for (const name of base.hidden) {
      if (hidden.length === LISTED) break;
      if (!extra.has(name) && !own.has(name)) hidden.push(name);
    }
    if (hidden.length === 0) return null;
    let { seen, total } = base;
    for (const name of extra) if (base.hiddenSet.has(name)) seen++;
    for (const name of own) {
      if (base.hiddenSet.has(name) && !extra.has(name)) total--;
    }
    return { folder, seen, total, hidden };
  }

  #base(folder: string, tree: TreeRequest | undefined): Base {
    const key = `${folder}\0${tree?.key ?? ""}`;
    let base = this.#trees.get(key);
    if (base === undefined) {
      let names = this.#folders.get(folder);
      if (names === undefined) {
        names = this.#names(folder);
        this.#folders.set(folder, names);
      }
      const visible = new Set<string>();
      for (const found of tree === undefined ? [] : foundIn(tree)) {
        const whole = tree!.path === "."
          ? found.path
          : `${tree!.path}/${found.path}`;
        const name = nameIn(folder, whole);
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
}

interface Base {
  seen: number;
  total: number;
  hidden: string[];
  hiddenSet: ReadonlySet<string>;
}

/** A hint as text: `sees 3 of 8 entries of ./ (hidden: fixture.txt, src, …)`. */
export function hintText(hint: ViewHint): string {
  const more = hint.total - hint.seen > hint.hidden.length ? ", …" : "";
  const folder = hint.folder === "." ? "./" : `${printable(hint.folder)}/`;
  return `sees ${hint.seen} of ${hint.total} entries of ${folder} (hidden: ${
    hint.hidden.map(printable).join(", ")
  }${more})`;
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
