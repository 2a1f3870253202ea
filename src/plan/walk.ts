/**
 * Walks declared paths of the workspace: which files, links and empty folders they hold.
 * Each folder is listed once, however many declared paths it lies under.
 *
 * @module
 */
import { basename } from "@std/path/basename";
import { dirname } from "@std/path/dirname";
import { resolve } from "@std/path/resolve";
import { WritError } from "../core/errors.ts";
import { holders, isBeneath, joinPath } from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import type { Disk, DiskStat } from "./disk.ts";
import { type IgnoreRules, ignores, parseIgnore } from "./ignore_rules.ts";

/** One file, link or empty folder. `path` is relative to the declared path, `.` is that itself. */
export type Found =
  | {
    path: string;
    kind: "file";
    at: string;
    size: number;
    executable: boolean;
  }
  | { path: string; kind: "link"; target: string }
  | { path: string; kind: "folder" };

/** What a declared path holds. */
export interface Walked {
  /** Sorted by path, in UTF-16 code unit order. */
  found: Found[];
  /** The same by path. */
  byPath: Map<string, Found>;
  /** Every folder that holds something, by path. */
  folders: Set<string>;
  /** What was left out without being asked by the step (ignored, or some step's product), and every folder above it. */
  gaps: Set<string>;
  /** What cannot be a material, and why: an error only for a step that does not leave it out. */
  unsupported: { path: string; what: string }[];
  /** Links that lead out of the workspace, and where to: right only into the system or a tool. */
  outward: { path: string; target: string }[];
}

/** One name of a folder. */
interface Listed {
  name: string;
  stat: DiskStat;
}

/** Bytes that a `.gitignore` may have. */
const IGNORE_LIMIT = 1024 * 1024;

/** Walks the workspace and remembers what it saw. */
export class Walker {
  readonly #disk: Disk;
  readonly #workspace: string;
  readonly #listings = new Map<string, Listed[]>();
  readonly #walks = new Map<string, Walked | null>();
  /** Absolute paths of products that are made anew: never part of a folder that contains them. */
  readonly #products: ReadonlySet<string>;

  /** `products` are relative to the workspace, whose real absolute path is given. */
  constructor(disk: Disk, workspace: string, products: Iterable<string>) {
    this.#disk = disk;
    this.#workspace = workspace;
    this.#products = new Set(
      Array.from(products, (path) => this.#realOrSame(path)),
    );
  }

  /** What a declared path holds; `null` when there is nothing of that name. */
  walk(path: string): Walked | null {
    let walked = this.#walks.get(path);
    if (walked === undefined) {
      walked = this.#walk(path);
      this.#walks.set(path, walked);
    }
    return walked;
  }

  /** The names in a folder of the workspace that a step might see, sorted; none when there is no such folder. */
  names(folder: string): string[] {
    const real = this.#disk.realPath(resolve(this.#workspace, folder));
    if (real === null || !isBeneath(real, this.#workspace)) return [];
    if (this.#disk.lstat(real)?.kind !== "folder") return [];
    return this.#list(real).map((entry) => entry.name).filter((name) =>
      name !== ".writ"
    );
  }

  #walk(path: string): Walked | null {
    const at = resolve(this.#workspace, path);
    const stat = this.#disk.lstat(at);
    if (stat === null) return null;
    const real = this.#disk.realPath(at);
    const walked = emptyWalk();
    if (real === null) {
      // Declared by name, so it is wanted; a link to nothing would be a read of nothing.
      walked.unsupported.push({
        path: ".",
        what: `it is a link to ${
          quoted(this.#disk.readLink(at))
        }, which leads nowhere`,
      });
    } else if (!isBeneath(real, this.#workspace)) {
      this.#leaving(at, stat, real, walked);
    } else {
      const inside = this.#disk.lstat(real);
      if (inside === null) return null;
      if (inside.kind === "folder") this.#folder(real, path === ".", walked);
      else add(this.#one(".", real, inside, walked), walked);
    }
    walked.found.sort((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
    return walked;
  }

  /** A declared path whose real place is elsewhere: a link into the system may stand for itself. */
  #leaving(at: string, stat: DiskStat, real: string, walked: Walked): void {
    const parent = this.#disk.realPath(dirname(at));
    if (
      stat.kind === "link" && parent !== null &&
      isBeneath(parent, this.#workspace)
    ) {
      add(this.#link(".", `${parent}/${basename(at)}`, walked), walked);
    } else {
      walked.unsupported.push({
        path: ".",
        what: `it lies at ${quoted(real)}, outside the workspace`,
      });
    }
  }

  #folder(root: string, chosen: boolean, walked: Walked): void {
    const open: { at: string; path: string; rules: Scope[] }[] = [
      { at: root, path: ".", rules: [] },
    ];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const listing = this.#list(next.at);
      if (listing.length === 0) {
        add({ path: next.path, kind: "folder" }, walked);
      }
      const rules = chosen
        ? this.#rulesOf(next.at, next.path, listing, next.rules)
        : next.rules;
      for (const { name, stat } of listing) {
        const at = `${next.at}/${name}`;
        const path = joinPath(next.path, name);
        if (
          this.#products.has(at) || chosen && leftOut(path, name, stat, rules)
        ) {
          for (const gap of holders(path)) walked.gaps.add(gap);
        } else if (stat.kind === "folder" && !isBroken(name)) {
          open.push({ at, path, rules });
        } else add(this.#one(path, at, stat, walked), walked);
      }
    }
    if (walked.found.length === 0) {
      walked.found.push({ path: ".", kind: "folder" });
      walked.byPath.set(".", walked.found[0]);
    }
  }

  /** A name that is not a folder, as it goes into the tree; `undefined` for what cannot. */
  #one(
    path: string,
    at: string,
    stat: DiskStat,
    walked: Walked,
  ): Found | undefined {
    if (isBroken(path)) {
      walked.unsupported.push({
        path,
        what: "its name is not valid UTF-8, or holds U+FFFD",
      });
      return undefined;
    }
    if (stat.kind === "link") return this.#link(path, at, walked);
    if (stat.kind === "file") {
      const { size, executable } = stat;
      return { path, kind: "file", at, size, executable };
    }
    walked.unsupported.push({
      path,
      what: "it is a FIFO, a socket or a device",
    });
    return undefined;
  }

  #link(path: string, at: string, walked: Walked): Found | undefined {
    const target = this.#disk.readLink(at);
    const named = resolve(dirname(at), target);
    const real = this.#disk.realPath(at);
    const absolute = target.startsWith("/");
    if (target.includes("\ufffd")) {
      walked.unsupported.push({
        path,
        what: "it is a link whose target is not valid UTF-8",
      });
    } else if (absolute && isBeneath(named, this.#workspace)) {
      walked.unsupported.push({
        path,
        what: `it is a link to ${
          quoted(target)
        }, which holds only where the workspace lies now; a relative link was expected`,
      });
    } else if (!absolute && !isBeneath(named, this.#workspace)) {
      walked.unsupported.push({
        path,
        what: `it is a link to ${quoted(target)}, outside the workspace`,
      });
    } else {
      if (absolute) walked.outward.push({ path, target: named });
      if (real !== null && !isBeneath(real, this.#workspace)) {
        walked.outward.push({ path, target: real });
      }
      return { path, kind: "link", target };
    }
    return undefined;
  }

  #list(folder: string): Listed[] {
    const known = this.#listings.get(folder);
    if (known !== undefined) return known;
    const listing: Listed[] = [];
    for (const name of this.#disk.list(folder).sort()) {
      const stat = this.#disk.lstat(`${folder}/${name}`);
      // A name that cannot be asked about again is not valid UTF-8.
      if (stat !== null) listing.push({ name, stat });
      else if (isBroken(name)) listing.push({ name, stat: UNKNOWN });
    }
    this.#listings.set(folder, listing);
    return listing;
  }

  #rulesOf(
    at: string,
    path: string,
    listing: Listed[],
    above: Scope[],
  ): Scope[] {
    const file = listing.find((entry) => entry.name === ".gitignore");
    if (file === undefined || file.stat.kind !== "file") return above;
    if (file.stat.size > IGNORE_LIMIT) {
      throw new WritError(
        "plan.material_unsupported",
        `Cannot read ${
          quoted(joinPath(path, ".gitignore"))
        }: it has ${file.stat.size} bytes, at most ${IGNORE_LIMIT} were expected`,
      );
    }
    const bytes = this.#disk.head(`${at}/.gitignore`, IGNORE_LIMIT);
    if (bytes === null) return above;
    const rules = parseIgnore(new TextDecoder().decode(bytes));
    return [...above, { base: path === "." ? 0 : path.length + 1, rules }];
  }

  #realOrSame(path: string): string {
    const at = resolve(this.#workspace, path);
    const parent = this.#disk.realPath(dirname(at));
    return parent === null ? at : `${parent}/${basename(at)}`;
  }
}

/** The rules of one `.gitignore`; `base` is the length of its folder's path with the slash. */
interface Scope {
  base: number;
  rules: IgnoreRules;
}

const UNKNOWN: DiskStat = {
  kind: "other",
  executable: false,
  size: 0,
  mtime: 0,
  ctime: 0,
  ino: 0,
  dev: 0,
};

function emptyWalk(): Walked {
  return {
    found: [],
    byPath: new Map(),
    folders: new Set(),
    gaps: new Set(),
    unsupported: [],
    outward: [],
  };
}

function add(found: Found | undefined, walked: Walked): void {
  if (found === undefined) return;
  walked.found.push(found);
  walked.byPath.set(found.path, found);
  let end = found.path.lastIndexOf("/");
  while (end > 0) {
    const folder = found.path.slice(0, end);
    if (walked.folders.has(folder)) break;
    walked.folders.add(folder);
    end = folder.lastIndexOf("/");
  }
}

/** What `read: ["."]` passes over: the repository, Writ's own folder, and what is ignored. */
function leftOut(
  path: string,
  name: string,
  stat: DiskStat,
  scopes: readonly Scope[],
): boolean {
  if (name === ".git" || path === ".writ") return true;
  for (let i = scopes.length - 1; i >= 0; i--) {
    const { base, rules } = scopes[i];
    const answer = ignores(rules, path.slice(base), stat.kind === "folder");
    if (answer !== undefined) return answer;
  }
  return false;
}

function isBroken(name: string): boolean {
  return name.includes("\ufffd") || !name.isWellFormed();
}
